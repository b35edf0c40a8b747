/* synrl ls: the recorded runs as a table, newest last. */
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/cli.h"
#include "plugin/host.h"
#include "runs/runs.h"

struct listing {
    const char *runs, *limit;
    struct index_query query;
    const char **conditions; /* of --where, n of them; freed by free, as is `where` */
    size_t n_conditions;
    struct index_where *where;
    bool json;
};

/* The command line ----------------------------------------------------------------------------- */

static int check_word(const char *flag, const char *word, size_t n, const char *const *words) {
    for (size_t i = 0; word != NULL && i < n; i++) {
        if (strcmp(word, words[i]) == 0) {
            return EXIT_DONE;
        }
    }
    if (word == NULL) {
        return EXIT_DONE;
    }
    char all[512] = "";
    for (size_t i = 0; i < n; i++) {
        const size_t length = strlen(all);
        snprintf(all + length, sizeof all - length, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    const char *nearest = suggest(word, n, words);
    return misused("%s \"%s\"%s%s%s must be one of %s", flag, word,
                   nearest != NULL ? ", did you mean \"" : ":", nearest != NULL ? nearest : "",
                   nearest != NULL ? "\"? It" : "", all);
}

static int split_conditions(struct listing *listing) {
    for (size_t i = 0; i < listing->n_conditions; i++) {
        char *condition = (char *)listing->conditions[i]; /* of argv */
        char *equals = strchr(condition, '=');
        if (equals == NULL || equals == condition) {
            return misused("--where \"%s\": must be key=value, such as rule.parameters.epsilon=0.1",
                           condition);
        }
        *equals = '\0';
        listing->where[i] = (struct index_where){.path = condition, .value = equals + 1};
    }
    listing->query.where = listing->where;
    listing->query.n_where = listing->n_conditions;
    return EXIT_DONE;
}

static int check(struct listing *listing) {
    struct index_query *query = &listing->query;
    int code = check_word("--status", query->status, N_RUN_STATUSES, run_statuses);
    if (code == EXIT_DONE) {
        code = check_word("--sort", query->sort, N_INDEX_COLUMNS, index_columns());
    }
    if (code == EXIT_DONE && listing->limit != NULL) {
        const size_t length = strlen(listing->limit);
        query->limit = strtoull(listing->limit, NULL, 10);
        if (length == 0 || length > 18 || strspn(listing->limit, "0123456789") != length ||
            query->limit == 0) {
            return misused("--limit must be an integer from 1, not \"%s\"", listing->limit);
        }
    }
    return code == EXIT_DONE ? split_conditions(listing) : code;
}

static int parse(struct listing *listing, int argc, char **argv) {
    struct index_query *query = &listing->query;
    const struct flag flags[] = {
        {"--runs", NULL, &listing->runs, NULL},
        {"--status", NULL, &query->status, NULL},
        {"--name", NULL, &query->name, NULL},
        {"--where", NULL, listing->conditions, &listing->n_conditions},
        {"--sort", NULL, &query->sort, NULL},
        {"--limit", NULL, &listing->limit, NULL},
        {"--reverse", &query->reverse, NULL, NULL},
        {"--json", &listing->json, NULL, NULL},
    };
    size_t n_words;
    const int code = parse_flags(argc, argv, sizeof flags / sizeof flags[0], flags, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    return n_words > 0 ? misused("ls takes no arguments, such as \"%s\"", argv[0]) : check(listing);
}

/* The table ------------------------------------------------------------------------------------ */

enum { N_SHOWN = 8, CELL_SIZE = 128 };
static const char *const titles[N_SHOWN] = {"folder", "name",     "status",         "iterations",
                                            "loss",   "accuracy", "valid accuracy", "seconds"};
enum { FIRST_NUMBER = 3 };

static void write_text(char cell[CELL_SIZE], const json_t *value) {
    const char *text = json_is_string(value) ? json_string_value(value) : "-";
    snprintf(cell, CELL_SIZE, "%s", text);
    for (char *c = cell; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == '\x7f') {
            *c = '?'; /* nothing that a terminal would obey */
        }
    }
}

static void write_number(char cell[CELL_SIZE], const char *format, const json_t *value,
                         double scale) {
    if (json_is_number(value)) {
        char number[64];
        snprintf(number, sizeof number, "%.6g", json_number_value(value));
        if (strcmp(format, "%") == 0) {
            snprintf(cell, CELL_SIZE, "%.2f%%", scale * json_number_value(value));
        } else if (strcmp(format, "s") == 0) {
            snprintf(cell, CELL_SIZE, "%.2f", scale * json_number_value(value));
        } else {
            snprintf(cell, CELL_SIZE, "%s", number);
        }
    } else {
        snprintf(cell, CELL_SIZE, "-");
    }
}

static void write_iterations(char cell[CELL_SIZE], const json_t *row) {
    const json_t *done = json_object_get(row, "iterations_done");
    const json_t *wanted = json_object_get(row, "iterations");
    char texts[2][32] = {"-", "-"};
    const json_t *const values[2] = {done, wanted};
    for (size_t i = 0; i < 2; i++) {
        if (json_is_integer(values[i])) {
            snprintf(texts[i], sizeof texts[i], "%" JSON_INTEGER_FORMAT,
                     json_integer_value(values[i]));
        }
    }
    snprintf(cell, CELL_SIZE, "%s/%s", texts[0], texts[1]);
}

static void write_row(char cells[N_SHOWN][CELL_SIZE], const json_t *row) {
    write_text(cells[0], json_object_get(row, "folder"));
    write_text(cells[1], json_object_get(row, "name"));
    write_text(cells[2], json_object_get(row, "status"));
    write_iterations(cells[3], row);
    write_number(cells[4], "g", json_object_get(row, "loss"), 1);
    write_number(cells[5], "%", json_object_get(row, "accuracy"), 100);
    write_number(cells[6], "%", json_object_get(row, "valid_accuracy"), 100);
    write_number(cells[7], "s", json_object_get(row, "seconds"), 1);
}

/* Characters, not bytes. */
static int width_of(const char *text) {
    int width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void print_cells(char cells[N_SHOWN][CELL_SIZE], const int widths[N_SHOWN]) {
    for (int c = 0; c < N_SHOWN; c++) {
        const int gap = widths[c] - width_of(cells[c]);
        printf("%s%*s%s", c > 0 ? "  " : "", c >= FIRST_NUMBER ? gap : 0, "", cells[c]);
        printf("%*s", c < FIRST_NUMBER ? gap : 0, "");
    }
    printf("\n");
}

static void print_table(const json_t *rows) {
    char cells[N_SHOWN][CELL_SIZE];
    int widths[N_SHOWN];
    for (size_t c = 0; c < N_SHOWN; c++) {
        widths[c] = width_of(titles[c]);
    }
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        write_row(cells, row);
        for (size_t c = 0; c < N_SHOWN; c++) {
            const int width = width_of(cells[c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    for (size_t c = 0; c < N_SHOWN; c++) {
        snprintf(cells[c], CELL_SIZE, "%s", titles[c]);
    }
    print_cells(cells, widths);
    json_array_foreach(rows, i, row) {
        write_row(cells, row);
        print_cells(cells, widths);
    }
}

/* The command ---------------------------------------------------------------------------------- */

static synrl_status list(struct core *core, const struct listing *listing) {
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
        print_table(rows);
    } else {
        fprintf(stderr, "synrl: %s: %s\n", listing->runs,
                report.n_runs > 0 ? "no run is like that" : "no runs");
    }
    json_decref(rows);
    return status;
}

int command_ls(int argc, char **argv) {
    struct listing listing = {.runs = "runs"};
    listing.conditions = calloc((size_t)argc, sizeof *listing.conditions);
    listing.where = calloc((size_t)argc, sizeof *listing.where);
    int code = EXIT_ERROR;
    if (listing.conditions != NULL && listing.where != NULL) {
        code = parse(&listing, argc, argv);
    } else {
        fprintf(stderr, "synrl: not enough memory\n");
    }
    listing.query.with_config = listing.json;
    struct core *core = code == EXIT_DONE ? make_core() : NULL;
    if (core != NULL) {
        code = told(core, list(core, &listing));
        core_destroy(core);
    } else if (code == EXIT_DONE) {
        code = EXIT_ERROR;
    }
    free(listing.conditions);
    free(listing.where);
    return code == EXIT_DONE && !end_output() ? EXIT_ERROR : code;
}
