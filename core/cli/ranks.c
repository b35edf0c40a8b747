/* SPDX-License-Identifier: MIT */
/* Standard streams and exit codes of several ranks. */
#include "cli/ranks.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/count.h"
#include "base/number.h"
#include "cli/command.h"
#include "plugin/comm.h"

/* How long a rank that has failed waits for the others to fail too. */
enum { PATIENCE_SECONDS = 3 };

static bool read_count(const char *name, size_t *count) {
    const char *text = name != NULL ? getenv(name) : NULL;
    uint64_t value;
    if (text == NULL || !integer_read(text, strlen(text), 0, INT32_MAX, &value)) {
        return false;
    }
    *count = (size_t)value;
    return true;
}

static const struct {
    const char *launcher, *rank, *n;
} known[] = {
    {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"srun", "PMIX_RANK", "SLURM_STEP_NUM_TASKS"},
    {"srun", "PMI_RANK", "PMI_SIZE"},
};

void launch_forget(void) {
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        unsetenv(known[i].rank);
    }
}

struct launch launch_find(void) {
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct launch launch = {.launcher = known[i].launcher, .loud = -1, .kept = -1};
        if (read_count(known[i].rank, &launch.rank)) {
            read_count(known[i].n, &launch.n);
            return launch;
        }
    }
    return (struct launch){.loud = -1, .kept = -1};
}

void ranks_hush(struct launch *launch) {
    if (launch->rank == 0) {
        return;
    }
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const int memory = memfd_create("stderr", MFD_CLOEXEC);
    const int loud = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (nowhere < 0 || memory < 0 || loud < 0) {
        return; /* louder than need be, no worse */
    }
    fflush(stdout);
    fflush(stderr);
    dup2(nowhere, STDOUT_FILENO);
    dup2(memory, STDERR_FILENO);
    close(nowhere);
    launch->loud = loud;
    launch->kept = memory;
}

/* Prints what this rank had to say, each line with its number. */
static void speak(const struct launch *launch) {
    if (launch->kept < 0) {
        return;
    }
    fflush(stderr);
    FILE *from = fdopen(dup(launch->kept), "r");
    FILE *to = fdopen(dup(launch->loud), "w");
    char *line = NULL;
    size_t size = 0;
    if (from != NULL && to != NULL) {
        rewind(from);
        while (getline(&line, &size, from) >= 0) {
            fprintf(to, "rank %zu: %s", launch->rank, line);
        }
    }
    free(line);
    if (from != NULL) {
        fclose(from);
    }
    if (to != NULL) {
        fclose(to);
    }
}

/* One that was interrupted was so for all; else the first that failed. */
static int code_of_all(const struct launch *launch, size_t n, const int *codes) {
    size_t first = n;
    for (size_t rank = n; rank-- > 0;) {
        if (codes[rank] == EXIT_INTERRUPTED) {
            return EXIT_INTERRUPTED;
        }
        first = codes[rank] != EXIT_DONE ? rank : first;
    }
    if (first == n) {
        return EXIT_DONE;
    }
    if (first == launch->rank && first > 0) {
        speak(launch);
    }
    return codes[first];
}

int ranks_end(struct core *core, const struct launch *launch, int code) {
    if (core == NULL || core->ranks.n <= 1) {
        if (code != EXIT_DONE && code != EXIT_USAGE) { /* which rank 0 says too */
            speak(launch);
        }
        return code;
    }
    int *codes = calloc(core->ranks.n, sizeof *codes);
    const double seconds = code == EXIT_DONE ? 1e9 : PATIENCE_SECONDS;
    if (codes == NULL || !comm_meet(core, seconds, code, codes)) {
        speak(launch);
        fflush(stdout);
        fflush(stderr);
        comm_abort(core, code != EXIT_DONE ? code : EXIT_ERROR);
    }
    const int all = code_of_all(launch, core->ranks.n, codes);
    free(codes);
    return all;
}
