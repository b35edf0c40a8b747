/* SPDX-License-Identifier: MIT */
/* Files that are damaged at random: each loads and makes sense, or is refused with a message that
 * names it; nothing is left in memory or open, little is taken, and it ends.
 *
 * A case is (SYNRL_FUZZ_SEED, format, number) and always the same damage; number 0 is none. It runs
 * in a child of the test, so that one that dies can be told, and does not end the others.
 *   SYNRL_FUZZ_CASES=N       so many of each format
 *   SYNRL_FUZZ_CASE=npz:123  that one alone; npz: those of that format */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "support/test.h"

SUITE("fuzz", .has_no_timeout = true); /* each case has one of its own */

enum { SECONDS_MOST = 20, FAILURES_MOST = 8 };

/* What the child tells; its parent sees it even when the child dies. */
struct report {
    uint64_t number;
    char folder[256], problem[1200];
};

/* One case ------------------------------------------------------------------------------------- */

static struct dice roll(const struct format *format, uint64_t number) {
    const char *seed = getenv("SYNRL_FUZZ_SEED");
    struct dice dice = {seed != NULL ? strtoull(seed, NULL, 10) : 1, number == 0};
    for (const char *c = format->name; *c != '\0'; c++) {
        dice.state = dice.state * 31 + (unsigned char)*c;
    }
    for (int round = 0; round < 2; round++) { /* numbers that are near give states that are not */
        dice.state = dice_below(&dice, SIZE_MAX) ^ number;
    }
    return dice;
}

/* Mostly once, at times more. */
static void damage(struct dice *dice, size_t n, struct bytes *bytes) {
    for (size_t times = 1 + dice_below(dice, 1 + dice_below(dice, 6)); times > 0; times--) {
        mutate(dice, &bytes[dice_below(dice, n)]);
    }
}

/* Damages the parts or, where they are packed, one time in three the files. */
static void write_files(struct fuzz *fuzz, const struct format *format, const struct bytes *sound,
                        struct dice *dice) {
    static struct bytes parts[FUZZ_PARTS], files[FUZZ_PARTS];
    const bool is_outside = format->pack != NULL && dice_below(dice, 3) == 0;
    memcpy(parts, sound, sizeof parts);
    if (!is_outside) {
        damage(dice, format->n_parts, parts);
    }
    for (size_t f = 0; f < format->n_files; f++) {
        if (format->pack != NULL) {
            format->pack(dice, parts, f, &files[f]);
        } else {
            files[f] = parts[f];
        }
    }
    if (is_outside) {
        damage(dice, format->n_files, files);
    }
    for (size_t f = 0; f < format->n_files; f++) {
        char name[64];
        snprintf(name, sizeof name, "case/%s", format->files[f]);
        char *slash = strrchr(name, '/');
        *slash = '\0';
        mkdir(scratch_path(&fuzz->loader.scratch, name), 0777);
        *slash = '/';
        loader_file(&fuzz->loader, name, files[f].at, files[f].n);
    }
}

static void clear_folder(struct fuzz *fuzz) {
    scratch_remove(&fuzz->folder);
    ck_assert_int_eq(mkdir(fuzz->folder.folder, 0777), 0);
}

static int next_descriptor(void) {
    const int descriptor = dup(STDERR_FILENO);
    close(descriptor);
    return descriptor;
}

/* Leaves what is wrong in the fuzz's problem; answers how many pieces of memory were left. */
static size_t run_case(struct fuzz *fuzz, const struct format *format, const struct bytes *sound,
                       uint64_t number) {
    struct loader *loader = &fuzz->loader;
    struct dice dice = roll(format, number);
    clear_folder(fuzz);
    write_files(fuzz, format, sound, &dice);
    const size_t n_live = loader->n_live;
    const int descriptor = next_descriptor();
    loader->core->message[0] = '\0';
    loader->most = loader->n_bytes + ((size_t)format->most << 20);
    alarm(SECONDS_MOST);
    const synrl_status status = format->load(fuzz);
    alarm(0);
    loader->most = SIZE_MAX;
    const char *message = loader->core->message;
    if (fuzz->problem[0] != '\0') {
        return 0;
    }
    if (status != SYNRL_OK && number == 0) {
        FUZZ_PROBLEM(fuzz, "sound, and refused: %s", message);
    } else if (status == SYNRL_NO_MEMORY) {
        FUZZ_PROBLEM(fuzz, "wants more than %u MiB: %s", format->most, message);
    } else if (status != SYNRL_OK && strstr(message, fuzz->folder.folder) == NULL) {
        FUZZ_PROBLEM(fuzz, "status %d, and no file is named: \"%s\"", (int)status, message);
    } else if (number > 0 && next_descriptor() != descriptor) { /* workers, plugins */
        FUZZ_PROBLEM(fuzz, "a file is left open");
    }
    return loader->n_live - n_live;
}

/* Plugins that a case is the first to open stay open: only what it leaves twice is lost. */
static void try_case(struct fuzz *fuzz, const struct format *format, const struct bytes *sound,
                     uint64_t number) {
    if (run_case(fuzz, format, sound, number) == 0 || fuzz->problem[0] != '\0') {
        return;
    }
    const size_t n_left = run_case(fuzz, format, sound, number);
    if (n_left != 0 && fuzz->problem[0] == '\0') {
        FUZZ_PROBLEM(fuzz, "%zu pieces of memory are left", n_left);
    }
}

/* Many ----------------------------------------------------------------------------------------- */

/* In the child: number 0, and those from `first` on. Ends with 0 where nothing is wrong. */
static void run_cases(const struct format *format, uint64_t first, uint64_t end,
                      struct report *report) {
    static struct bytes sound[FUZZ_PARTS];
    struct fuzz fuzz = {.problem = ""};
    loader_open(&fuzz.loader);
#if !defined(HAS_ADDRESS_SANITIZER) && !defined(HAS_THREAD_SANITIZER)
    setrlimit(RLIMIT_AS, &(struct rlimit){(rlim_t)2 << 30, RLIM_INFINITY}); /* of libraries too */
    fuzz.loader.has_guards = true;
#endif
    fuzz.folder.n_paths = 0;
    memcpy(fuzz.folder.folder, scratch_path(&fuzz.loader.scratch, "case"),
           sizeof fuzz.folder.folder);
    memcpy(report->folder, fuzz.folder.folder, sizeof report->folder);
    ck_assert_int_eq(mkdir(fuzz.folder.folder, 0777), 0);
    format->make(&fuzz, sound);
    for (uint64_t number = 0; number < end; number = number == 0 ? first : number + 1) {
        report->number = number;
        try_case(&fuzz, format, sound, number);
        if (fuzz.problem[0] != '\0') {
            snprintf(report->problem, sizeof report->problem, "%s", fuzz.problem);
            _exit(EXIT_FAILURE); /* the files stay */
        }
    }
    loader_close(&fuzz.loader);
    exit(EXIT_SUCCESS);
}

/* Whether all is well; else says what is not. */
static bool run_child(const struct format *format, uint64_t first, uint64_t end,
                      struct report *report) {
    int status;
    *report = (struct report){.number = 0};
    fflush(NULL);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        run_cases(format, first, end, report);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
        return true;
    }
    if (report->problem[0] == '\0') {
        snprintf(report->problem, sizeof report->problem,
                 WIFSIGNALED(status) ? "signal %d" : "exit code %d",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    fprintf(stderr, "SYNRL_FUZZ_CASE=%s:%llu: %s; the files are in %s\n", format->name,
            (unsigned long long)report->number, report->problem, report->folder);
    return false;
}

/* The numbers to run: [*first, *end). */
static void choose_cases(const struct format *format, uint64_t *first, uint64_t *end) {
    const char *one = getenv("SYNRL_FUZZ_CASE"), *many = getenv("SYNRL_FUZZ_CASES");
    const size_t length = strlen(format->name);
    *first = 1;
    *end = 1 + (many != NULL ? strtoull(many, NULL, 10)
                             : (uint64_t)PACED(format->cases, format->cases / 10));
    if (one != NULL &&
        (strncmp(one, format->name, length) != 0 || strchr(":", one[length]) == NULL)) {
        *end = 0; /* it is another's; strchr finds the end of a text too */
    } else if (one != NULL && one[length] == ':') {
        *first = strtoull(one + length + 1, NULL, 10);
        *end = *first + 1;
    }
}

TEST_EACH(damaged_files_are_read_or_refused, N_DATA_FORMATS + N_RUN_FORMATS) {
    const struct format *format =
        _i < N_DATA_FORMATS ? &data_formats[_i] : &run_formats[_i - N_DATA_FORMATS];
    struct report *report =
        mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t first, end;
    int n_failures = 0;
    ck_assert(report != MAP_FAILED);
    choose_cases(format, &first, &end);
    while (first < end && n_failures < FAILURES_MOST && !run_child(format, first, end, report)) {
        n_failures++;
        first = report->number > 0 ? report->number + 1 : end;
    }
    munmap(report, sizeof *report);
    ck_assert_msg(n_failures == 0, "%s: see above", format->name);
}
