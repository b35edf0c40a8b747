/* What the commands about recorded runs share: their flags, their core, and the index. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "cli/cli.h"
#include "plugin/host.h"

/* The command line ----------------------------------------------------------------------------- */

static int refuse(const char *word, size_t n, const struct flag *flags) {
    const char *names[16];
    for (size_t i = 0; i < n; i++) {
        names[i] = flags[i].name;
    }
    const char *nearest = suggest(word, n, names);
    return misused("unknown option %s%s%s%s", word, nearest != NULL ? ", did you mean " : "",
                   nearest != NULL ? nearest : "", nearest != NULL ? "?" : "; see `synrl help`");
}

static const struct flag *find_flag(const char *word, size_t n, const struct flag *flags) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(word, flags[i].name) == 0) {
            return &flags[i];
        }
    }
    return NULL;
}

int parse_flags(int argc, char **argv, size_t n_flags, const struct flag *flags, size_t *n_words) {
    bool ended = false;
    *n_words = 0;
    for (int i = 1; i < argc; i++) {
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[(*n_words)++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            ended = true;
            continue;
        }
        const struct flag *flag = find_flag(argv[i], n_flags, flags);
        if (flag == NULL) {
            return refuse(argv[i], n_flags, flags);
        }
        if (flag->is_set != NULL) {
            *flag->is_set = true;
            continue;
        }
        if (++i == argc) {
            return misused("%s needs a value", flag->name);
        }
        flag->values[flag->n_values != NULL ? (*flag->n_values)++ : 0] = argv[i];
    }
    return EXIT_DONE;
}

/* The index ------------------------------------------------------------------------------------ */

int told(const struct core *core, synrl_status status) {
    if (status == SYNRL_OK) {
        return EXIT_DONE;
    }
    fprintf(stderr, "synrl: %s\n", core->message);
    return EXIT_ERROR;
}

synrl_status open_index(struct core *core, const char *runs, bool anew, struct index **index,
                        struct index_report *report) {
    SYNRL_TRY(index_open(core, runs, anew, index));
    const synrl_status status = index_refresh(*index, report);
    if (status != SYNRL_OK) {
        index_close(*index);
        *index = NULL;
    }
    return status;
}

void refresh_index(struct core *core, const char *runs) {
    struct index *index;
    struct index_report report;
    if (access(runs, F_OK) != 0) {
        return;
    }
    if (open_index(core, runs, false, &index, &report) == SYNRL_OK) {
        index_close(index);
    } else {
        core_log(core, SYNRL_LOG_WARNING, "%s", core->message);
    }
}

void index_runs(const char *runs) {
    struct core *core = make_core();
    if (core != NULL) {
        refresh_index(core, runs);
        core_destroy(core);
    }
}

bool end_output(void) {
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return true;
    }
    fprintf(stderr, "synrl: cannot write the result: %s\n", strerror(errno));
    return false;
}
