/* SPDX-License-Identifier: MIT */
/* synrl export: a run's metrics for other programs. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/npz.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "runs/metrics_csv.h"
#include "runs/runs.h"
#include "runs/tfevents.h"

struct export_request {
    const char *runs, *run, *output, *tensorboard;
    bool csv, npz;
};

static const struct flag flags[] = {
    {"--csv", FLAG_SWITCH(struct export_request, csv), NULL,
     "write them as they were recorded, to standard output or FILE"},
    {"--npz", FLAG_SWITCH(struct export_request, npz), NULL,
     "write them for NumPy, one array per column, to FILE (default: RUN.npz)"},
    {"--tensorboard", FLAG_TEXT(struct export_request, tensorboard), "DIR",
     "write them for TensorBoard, to a folder in DIR that has the run's name"},
    {"-o", FLAG_TEXT(struct export_request, output), "FILE", "write to FILE"},
    {"--runs", FLAG_TEXT(struct export_request, runs), "DIR",
     "look for the run by name in DIR (default: `runs`)"},
};

/* CSV ------------------------------------------------------------------------------------------ */

static synrl_status copy(struct core *core, FILE *from, const char *path, FILE *to,
                         const char *output) {
    char bytes[1 << 16];
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, from)) > 0;) {
        if (fwrite(bytes, 1, n, to) != n) {
            return file_fail(core, output, "write");
        }
    }
    return ferror(from) ? file_fail(core, path, "read") : SYNRL_OK;
}

static synrl_status export_csv(struct core *core, const char *path, const char *output) {
    struct draft *draft = NULL;
    FILE *from;
    SYNRL_TRY(file_open_no_link(core, path, &from));
    synrl_status status = output != NULL ? draft_begin_output(core, output, &draft) : SYNRL_OK;
    if (status == SYNRL_OK) {
        status = copy(core, from, path, draft != NULL ? draft_stream(draft) : stdout,
                      output != NULL ? output : "stdout");
    }
    fclose(from);
    if (draft != NULL && status != SYNRL_OK) {
        draft_abandon(draft);
    } else if (draft != NULL) {
        status = draft_commit(draft);
    }
    return status;
}

/* NumPy ---------------------------------------------------------------------------------------- */

/* A vector of doubles per column, counts too. */
static synrl_status export_npz(struct core *core, const struct metrics_table *table,
                               const char *output) {
    const size_t n_columns = metric_count(&table->own), n = table->n;
    struct npz_array arrays[METRICS_MAX];
    double *values = core_alloc(core, n + 1, n_columns * sizeof *values);
    if (values == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t c = 0; c < n_columns; c++) {
        for (size_t i = 0; i < n; i++) {
            values[c * n + i] = metric_value(&table->rows[i], c);
        }
        arrays[c] = (struct npz_array){
            .name = metric_name(&table->own, c), .doubles = values + c * n, .n_rows = n};
    }
    const synrl_status status = npz_output(core, output, n_columns, arrays);
    core_free(core, values);
    return status;
}

/* TensorBoard ---------------------------------------------------------------------------------- */

/* When the run started, in seconds since 1970: what run.json says, else the age of run.json. */
static double start_time(const json_t *run, const char *folder) {
    const char *started = json_string_value(json_object_get(run, "started"));
    struct tm parts = {.tm_mday = 0};
    struct stat status;
    if (started != NULL && strptime(started, "%Y-%m-%dT%H:%M:%SZ", &parts) != NULL) {
        return (double)timegm(&parts);
    }
    return run_exists(folder, &status) ? (double)status.st_mtim.tv_sec : 0;
}

/* DIR/RUN/events.out.tfevents.START.synrl: TensorBoard takes each folder in DIR for a run. */
static synrl_status export_tensorboard(struct core *core, const struct metrics_table *table,
                                       const char *folder, const char *directory) {
    json_t *run;
    SYNRL_TRY(run_read(core, folder, &run));
    const double start = start_time(run, folder);
    const double seconds =
        json_number_value(json_object_get(json_object_get(run, "summary"), "seconds"));
    json_decref(run);
    char *parent = core_printf(core, "%s/%s", directory, run_base(folder));
    char *path = parent != NULL
                     ? core_printf(core, "%s/events.out.tfevents.%010.0f.synrl", parent, start)
                     : NULL;
    synrl_status status = path != NULL ? folder_create(core, parent) : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = tfevents_write(core, path, table, start, seconds);
    }
    core_free(core, path);
    core_free(core, parent);
    return status;
}

/* The command ---------------------------------------------------------------------------------- */

static synrl_status export_rows(struct core *core, const struct export_request *request,
                                const char *folder) {
    struct metrics_table *table;
    SYNRL_TRY(metrics_csv_read(core, folder, UINT64_MAX, &table));
    char *output = request->output != NULL ? core_strdup(core, request->output)
                                           : core_printf(core, "%s.npz", run_base(folder));
    synrl_status status = output != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK && request->npz) {
        status = export_npz(core, table, output);
    } else if (status == SYNRL_OK) {
        status = export_tensorboard(core, table, folder, request->tensorboard);
    }
    core_free(core, output);
    metrics_table_free(core, table);
    return status;
}

static synrl_status export_run(struct core *core, void *context) {
    const struct export_request *request = context;
    char *folder;
    refresh_index(core, request->runs);
    SYNRL_TRY(run_find(core, request->runs, request->run, &folder));
    char *path = core_printf(core, "%s/metrics.csv", folder);
    synrl_status status = SYNRL_NO_MEMORY;
    if (path != NULL) {
        status = request->csv ? export_csv(core, path, request->output)
                              : export_rows(core, request, folder);
    }
    core_free(core, path);
    core_free(core, folder);
    return status;
}

static int parse_export(struct export_request *request, int argc, char **argv) {
    size_t n_words;
    const int code = arguments_parse(&command_export, request, argc, argv, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words != 1) {
        return usage_error("which run? write synrl export RUN --csv; `synrl ls` lists them");
    }
    request->run = argv[0];
    if (request->csv + request->npz + (request->tensorboard != NULL) != 1) {
        return usage_error("export takes one of --csv, --npz and --tensorboard DIR");
    }
    if (request->tensorboard != NULL && request->output != NULL) {
        return usage_error("--tensorboard names the folder itself: leave out -o");
    }
    return EXIT_DONE;
}

static int export_command(const struct program *program, int argc, char **argv) {
    (void)program;
    struct export_request request = {.runs = "runs"};
    const int code = parse_export(&request, argc, argv);
    return code == EXIT_DONE ? run_with_core(export_run, &request) : code;
}

const struct command command_export = {
    .name = "export",
    .arguments = "RUN --csv [-o FILE]\nRUN --npz [-o FILE]\nRUN --tensorboard DIR",
    .summary = "write a run's metrics in another form",
    .examples = "synrl export --csv -o metrics.csv RUN\nsynrl export --tensorboard logs RUN\n",
    COMMAND_FLAGS(flags),
    .run = export_command,
};
