/* SPDX-License-Identifier: MIT */
/* synrl ls: the recorded runs as a table, newest last. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/process.h"
#include "base/table.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/output.h"
#include "runs/runs.h"

struct listing {
    const char *runs;
    struct index_query query;
    struct flag_integer limit;
    struct flag_list conditions; /* of --where; the list is freed by free, as is `where` */
    struct index_where *where;
    bool json;
};

static const struct flag flags[] = {
    {"--runs", FLAG_TEXT(struct listing, runs), "DIR", "list the runs in DIR (default: `runs`)"},
    {"--status", FLAG_TEXT(struct listing, query.status), "S", "list runs of this status",
     .choice = run_status_name},
    {"--name", FLAG_TEXT(struct listing, query.name), "GLOB",
     "list runs whose name fits a pattern such as `adaptive*`"},
    {"--where", FLAG_LIST(struct listing, conditions), "K=V",
     "list runs with this in their configuration, such as `rule.parameters.epsilon=0.1`; may be "
     "given more than once"},
    {"--sort", FLAG_TEXT(struct listing, query.sort), "COLUMN", "sort by one of these columns",
     .choice = index_column},
    {"--reverse", FLAG_SWITCH(struct listing, query.reverse), NULL,
     "list them the other way round"},
    {"--limit", FLAG_INTEGER(struct listing, limit), "N",
     "list only the newest N, or the first N of `--sort`", .min = 1, .max = INT64_MAX},
    {"--json", FLAG_SWITCH(struct listing, json), NULL,
     "print all columns and the configuration as JSON"},
};

/* The command line ----------------------------------------------------------------------------- */

static int split_conditions(struct listing *listing) {
    for (size_t i = 0; i < listing->conditions.n; i++) {
        char *condition = (char *)listing->conditions.values[i]; /* of argv */
        char *equals = strchr(condition, '=');
        if (equals == NULL || equals == condition) {
            return usage_error(
                "--where \"%s\": must be key=value, such as rule.parameters.epsilon=0.1",
                condition);
        }
        *equals = '\0';
        listing->where[i] = (struct index_where){.path = condition, .value = equals + 1};
    }
    listing->query.where = listing->where;
    listing->query.n_where = listing->conditions.n;
    return EXIT_DONE;
}

static int parse_ls(struct listing *listing, int argc, char **argv) {
    listing->conditions.values = calloc((size_t)argc, sizeof *listing->conditions.values);
    listing->where = calloc((size_t)argc, sizeof *listing->where);
    if (listing->conditions.values == NULL || listing->where == NULL) {
        fprintf(stderr, "synrl: not enough memory\n");
        return EXIT_ERROR;
    }
    const int code = arguments_parse_flags(&command_ls, listing, argc, argv);
    listing->query.limit = listing->limit.value;
    listing->query.with_config = listing->json;
    return code == EXIT_DONE ? split_conditions(listing) : code;
}

/* The table ------------------------------------------------------------------------------------ */

static void add_text(struct table *table, const json_t *value) {
    table_add(table, "%s", json_is_string(value) ? json_string_value(value) : "-");
}

static void add_percentage(struct table *table, const json_t *value) {
    if (json_is_number(value)) {
        table_add(table, "%.2f%%", 100 * json_number_value(value));
    } else {
        table_add(table, "-");
    }
}

/* Done and wanted: 10/40. */
static void add_iterations(struct table *table, const json_t *row) {
    const json_t *const values[2] = {json_object_get(row, "iterations_done"),
                                     json_object_get(row, "iterations")};
    char texts[2][32] = {"-", "-"};
    for (size_t i = 0; i < 2; i++) {
        if (json_is_integer(values[i])) {
            snprintf(texts[i], sizeof texts[i], "%" JSON_INTEGER_FORMAT,
                     json_integer_value(values[i]));
        }
    }
    table_add(table, "%s/%s", texts[0], texts[1]);
}

/* With the host, where that is another one. */
static void add_status(struct table *table, const json_t *row) {
    const char *status = json_string_value(json_object_get(row, "status"));
    const char *host = process_other_host(row);
    const bool is_open =
        status != NULL && (strcmp(status, "running") == 0 || strcmp(status, "unknown") == 0);
    if (is_open && host != NULL) {
        table_add(table, "%s on %s", status, host);
    } else {
        table_add(table, "%s", status != NULL ? status : "-");
    }
}

static void add_row(struct table *table, const json_t *row) {
    const json_t *loss = json_object_get(row, "loss"), *seconds = json_object_get(row, "seconds");
    add_text(table, json_object_get(row, "folder"));
    add_text(table, json_object_get(row, "name"));
    add_status(table, row);
    add_iterations(table, row);
    table_add(table, json_is_number(loss) ? "%.6g" : "-", json_number_value(loss));
    add_percentage(table, json_object_get(row, "accuracy"));
    add_percentage(table, json_object_get(row, "valid_accuracy"));
    table_add(table, json_is_number(seconds) ? "%.2f" : "-", json_number_value(seconds));
}

static synrl_status print_table(struct core *core, const json_t *rows) {
    static const char *const titles[] = {"folder", "name",     "status",         "iterations",
                                         "loss",   "accuracy", "valid accuracy", "seconds"};
    struct table table = {.alignments = "lllrrrrr"};
    for (size_t c = 0; c < COUNT_OF(titles); c++) {
        table_add(&table, "%s", titles[c]);
    }
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        add_row(&table, row);
    }
    const bool is_whole = table_print(&table, stdout, "");
    table_free(&table);
    return is_whole ? SYNRL_OK
                    : core_fail(core, SYNRL_NO_MEMORY, "not enough memory to list the runs");
}

/* The command ---------------------------------------------------------------------------------- */

static synrl_status list(struct core *core, void *request) {
    const struct listing *listing = request;
    struct index *index;
    struct index_report report;
    json_t *rows = NULL;
    SYNRL_TRY(open_index(core, listing->runs, false, &index, &report));
    synrl_status status = index_select(index, &listing->query, &rows);
    index_close(index);
    SYNRL_TRY(status);
    if (listing->json) {
        if (!output_json(stdout, rows)) {
            status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory to write JSON");
        }
    } else if (json_array_size(rows) > 0) {
        status = print_table(core, rows);
    } else {
        fprintf(stderr, "synrl: %s: %s\n", listing->runs,
                report.n_runs > 0 ? "no matching runs" : "no runs");
    }
    json_decref(rows);
    return status;
}

static int ls(const struct program *program, int argc, char **argv) {
    (void)program;
    struct listing listing = {.runs = "runs"};
    int code = parse_ls(&listing, argc, argv);
    if (code == EXIT_DONE) {
        code = run_with_core(list, &listing);
    }
    free(listing.conditions.values);
    free(listing.where);
    return code;
}

const struct command command_ls = {
    .name = "ls",
    .arguments = "[options]",
    .summary = "list the recorded runs, the newest last",
    .examples =
        "synrl ls --sort valid_accuracy --reverse --limit 10\n"
        "synrl ls --status done --where rule.parameters.epsilon=0.1\n",
    COMMAND_FLAGS(flags),
    .run = ls,
};
