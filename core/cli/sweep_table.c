/* SPDX-License-Identifier: MIT */
/* A row per group: parameters, counts of cells, statistics of the metrics. */
#include "cli/sweep_table.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/names.h"
#include "base/suggest.h"
#include "base/table.h"
#include "cli/command.h"
#include "cli/common.h"
#include "sweep/groups.h"

enum { SHOWN_MAX = 16 };

/* The columns of counts; "diverged" only where there is one. */
static const char *const counts[] = {"n", "diverged", "failed", "missing"};

struct sweep_table {
    const json_t *grid, *groups;
    bool has_diverged;
    size_t n_known, n;
    const char **known, **metrics; /* all of them, sorted; those shown */
    struct table table;
};

static int no_memory(void) {
    fprintf(stderr, "synrl: not enough memory to print the results\n");
    return EXIT_ERROR;
}

/* Metrics -------------------------------------------------------------------------------------- */

/* Sets `known` to the metrics of all groups. */
static int find_metrics(struct sweep_table *sweep) {
    json_t *all = json_object();
    const char *metric;
    json_t *value;
    bool is_whole = all != NULL;
    for (size_t g = 0; g < json_array_size(sweep->groups); g++) {
        const json_t *group = json_array_get(sweep->groups, g);
        json_object_foreach(json_object_get(group, "count"), metric, value) {
            is_whole = is_whole && json_object_set(all, metric, value) == 0;
        }
    }
    sweep->known = calloc(json_object_size(all) + 1, sizeof *sweep->known);
    sweep->metrics = calloc(json_object_size(all) + 1, sizeof *sweep->metrics);
    is_whole = is_whole && sweep->known != NULL && sweep->metrics != NULL;
    /* The names are those of the first group that has them. */
    for (size_t g = 0; is_whole && g < json_array_size(sweep->groups); g++) {
        const json_t *group = json_array_get(sweep->groups, g);
        json_object_foreach(json_object_get(group, "count"), metric, value) {
            if (json_object_get(all, metric) != NULL) {
                sweep->known[sweep->n_known++] = metric;
                json_object_del(all, metric);
            }
        }
    }
    json_decref(all);
    names_sort(sweep->n_known, sweep->known);
    return is_whole ? EXIT_DONE : no_memory();
}

/* What is compared most; a result may hold them under a name: adaptive.accuracy. */
static bool is_usual(const char *metric) {
    static const char *const usual[] = {"accuracy", "valid_accuracy", "loss", "valid_loss",
                                        "value"};
    const char *dot = strrchr(metric, '.'), *last = dot != NULL ? dot + 1 : metric;
    for (size_t i = 0; i < COUNT_OF(usual); i++) {
        if (strcmp(last, usual[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The usual metrics or, where there is none of them, all. */
static void choose_usual(struct sweep_table *sweep) {
    for (size_t i = 0; i < sweep->n_known; i++) {
        if (is_usual(sweep->known[i])) {
            sweep->metrics[sweep->n++] = sweep->known[i];
        }
    }
    if (sweep->n == 0) {
        memcpy(sweep->metrics, sweep->known, sweep->n_known * sizeof *sweep->known);
        sweep->n = sweep->n_known;
    }
}

static bool is_shown(const struct sweep_table *sweep, const char *metric) {
    for (size_t i = 0; i < sweep->n; i++) {
        if (strcmp(sweep->metrics[i], metric) == 0) {
            return true;
        }
    }
    return false;
}

static int choose_one(struct sweep_table *sweep, const char *name) {
    char suggestion[SUGGESTION_SIZE];
    for (size_t i = 0; i < sweep->n_known; i++) {
        if (strcmp(sweep->known[i], name) == 0) {
            if (!is_shown(sweep, name)) {
                sweep->metrics[sweep->n++] = sweep->known[i];
            }
            return EXIT_DONE;
        }
    }
    return usage_error("--metric %s: no result has it%s", name,
                       suggest_text(name, sweep->n_known, sweep->known, suggestion));
}

static int choose_named(struct sweep_table *sweep, const char *metrics) {
    int code = EXIT_DONE;
    for (const char *at = metrics; code == EXIT_DONE; at++) {
        const size_t length = strcspn(at, ",");
        char *name = strndup(at, length);
        code = name != NULL ? choose_one(sweep, name) : no_memory();
        free(name);
        at += length;
        if (*at == '\0') {
            break;
        }
    }
    return code;
}

static int choose_metrics(struct sweep_table *sweep, const char *metrics) {
    const int code = find_metrics(sweep);
    if (code != EXIT_DONE) {
        return code;
    }
    if (metrics != NULL && sweep->n_known > 0) {
        return choose_named(sweep, metrics);
    }
    choose_usual(sweep);
    if (sweep->n > SHOWN_MAX) {
        fprintf(stderr, "synrl: %zu metrics are not shown: --metric chooses, --json prints all\n",
                sweep->n - SHOWN_MAX);
        sweep->n = SHOWN_MAX;
    }
    return EXIT_DONE;
}

/* Rows ----------------------------------------------------------------------------------------- */

static void add_value(struct table *table, const json_t *value) {
    if (json_is_string(value)) {
        table_add(table, "%s", json_string_value(value));
    } else if (json_is_integer(value)) {
        table_add(table, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_number(value)) {
        table_add(table, "%.6g", json_number_value(value));
    } else {
        table_add(table, "%s", value == NULL ? "" : json_is_true(value) ? "true" : "false");
    }
}

/* "0.5 +- 0.1 (0.02)", and ", 3 of 5" where not all results have the metric. */
static void add_statistics(struct table *table, const json_t *group, const char *metric) {
    const json_t *mean = json_object_get(json_object_get(group, "mean"), metric);
    const json_t *stdev = json_object_get(json_object_get(group, "stdev"), metric);
    const json_t *ci95 = json_object_get(json_object_get(group, "ci95"), metric);
    const json_int_t n = json_integer_value(json_object_get(group, "n")),
                     known = json_integer_value(
                         json_object_get(json_object_get(group, "count"), metric));
    char share[64] = "";
    if (known < n) {
        snprintf(share, sizeof share, ", %lld of %lld", (long long)known, (long long)n);
    }
    if (json_is_number(stdev)) {
        table_add(table, "%.5g +- %.2g (%.2g)%s", json_number_value(mean), json_number_value(ci95),
                  json_number_value(stdev), share);
    } else if (json_is_number(mean)) {
        table_add(table, "%.5g%s", json_number_value(mean), share);
    } else {
        table_add(table, "-%s", share);
    }
}

static bool has_count(const struct sweep_table *sweep, size_t i) {
    return sweep->has_diverged || strcmp(counts[i], "diverged") != 0;
}

static void add_group(struct sweep_table *sweep, const json_t *group) {
    const char *key;
    json_t *values;
    json_object_foreach((json_t *)sweep->grid, key, values) {
        if (strcmp(key, "seed") != 0) {
            add_value(&sweep->table, json_object_get(json_object_get(group, "parameters"), key));
        }
    }
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (has_count(sweep, i)) {
            table_add(&sweep->table, "%" JSON_INTEGER_FORMAT,
                      json_integer_value(json_object_get(group, counts[i])));
        }
    }
    for (size_t i = 0; i < sweep->n; i++) {
        add_statistics(&sweep->table, group, sweep->metrics[i]);
    }
}

/* The parameters except for the seed, the counts, the metrics. */
static void add_titles(struct sweep_table *sweep) {
    const char *key;
    json_t *values;
    json_object_foreach((json_t *)sweep->grid, key, values) {
        if (strcmp(key, "seed") != 0) {
            table_add(&sweep->table, "%s", key);
        }
    }
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (has_count(sweep, i)) {
            table_add(&sweep->table, "%s", counts[i]);
        }
    }
    for (size_t i = 0; i < sweep->n; i++) {
        table_add(&sweep->table, "%s", sweep->metrics[i]);
    }
}

/* "lll rrr lll", as the titles. Freed by free(). */
static char *alignments_of(const struct sweep_table *sweep) {
    const size_t n = json_object_size(sweep->grid) - (json_object_get(sweep->grid, "seed") != NULL),
                 n_counts = COUNT_OF(counts) - !sweep->has_diverged;
    char *alignments = malloc(n + n_counts + sweep->n + 1);
    if (alignments != NULL) {
        memset(alignments, 'l', n + n_counts + sweep->n);
        memset(alignments + n, 'r', n_counts);
        alignments[n + n_counts + sweep->n] = '\0';
    }
    return alignments;
}

static int print_rows(struct sweep_table *sweep) {
    char *alignments = alignments_of(sweep);
    if (alignments == NULL) {
        return no_memory();
    }
    sweep->table = (struct table){.alignments = alignments};
    add_titles(sweep);
    for (size_t g = 0; g < json_array_size(sweep->groups); g++) {
        add_group(sweep, json_array_get(sweep->groups, g));
    }
    int code = EXIT_DONE;
    if (table_print(&sweep->table, stdout, "")) {
        printf("mean +- half of the 95%% confidence interval over seeds (standard deviation)\n");
    } else {
        code = no_memory();
    }
    table_free(&sweep->table);
    free(alignments);
    return code;
}

static void warn_of(struct core *core, const struct sweep_table *sweep, const char *name) {
    char suggestion[SUGGESTION_SIZE];
    for (size_t i = 0; i < sweep->n_known; i++) {
        if (strcmp(sweep->known[i], name) == 0) {
            return;
        }
    }
    core_log(core, SYNRL_LOG_WARNING, "--metric %s: the first result does not have it%s", name,
             suggest_text(name, sweep->n_known, sweep->known, suggestion));
}

void sweep_table_check(struct core *core, const json_t *result, const char *metrics) {
    json_t *results = sweep_summarise(
        json_pack("[{s:{}, s:s, s:O}]", "parameters", "status", "done", "result", result));
    struct sweep_table sweep = {.groups = json_object_get(results, "groups")};
    if (results != NULL && metrics != NULL && find_metrics(&sweep) == EXIT_DONE) {
        for (const char *at = metrics;; at++) {
            const size_t length = strcspn(at, ",");
            char *name = strndup(at, length);
            if (name != NULL) {
                warn_of(core, &sweep, name);
            }
            free(name);
            at += length;
            if (*at == '\0') {
                break;
            }
        }
    }
    free(sweep.known);
    free(sweep.metrics);
    json_decref(results);
}

int sweep_table_print(const json_t *grid, const json_t *results, const char *metrics) {
    struct sweep_table sweep = {.grid = grid,
                                .groups = json_object_get(results, "groups"),
                                .has_diverged =
                                    json_integer_value(json_object_get(results, "diverged")) > 0};
    int code = choose_metrics(&sweep, metrics);
    if (code == EXIT_DONE) {
        code = print_rows(&sweep);
    }
    free(sweep.known);
    free(sweep.metrics);
    return code;
}
