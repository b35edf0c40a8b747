/* SPDX-License-Identifier: MIT */
/* The grid of a group are the iterations at which each of its runs has a row, unless it has ended
 * before. Of many, it keeps the first, the last, and in each stretch those with the smallest and
 * the largest mean loss. A run shows its rows on the grid, its first, its last, and the last in
 * which each metric is known. */
#include "report/curves.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/json_build.h"
#include "runs/metrics_csv.h"

/* Some two million rows: a page is made again and again while others wait for it. */
#define METRICS_SHOWN ((intmax_t)256 << 20)

/* An iteration of a group, and the runs that have a row there. */
struct point {
    uint64_t iteration;
    size_t n, n_begin, n_end; /* rows; of them, first and last ones of their runs */
    double sum;               /* of the losses */
};

struct grid {
    struct point *points;
    size_t n;
};

/* Grids ---------------------------------------------------------------------------------------- */

static double mean_loss(const struct point *point) {
    return point->sum / (double)point->n;
}

static void add_row(struct point *point, const struct metrics_table *table, size_t row) {
    point->iteration = table->rows[row].iteration;
    point->n++;
    point->n_begin += row == 0;
    point->n_end += row + 1 == table->n;
    point->sum += table->rows[row].loss;
}

/* Merges a run's rows into the points, both in the order of their iterations. */
static synrl_status merge(struct core *core, struct grid *grid, const struct metrics_table *table) {
    struct point *merged = core_alloc(core, grid->n + table->n + 1, sizeof *merged);
    size_t n = 0, row = 0;
    if (merged == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t p = 0; p < grid->n || row < table->n; n++) {
        const bool has_point = p < grid->n && (row == table->n || grid->points[p].iteration <=
                                                                      table->rows[row].iteration);
        if (has_point) {
            merged[n] = grid->points[p++];
        }
        if (row < table->n && (!has_point || merged[n].iteration == table->rows[row].iteration)) {
            add_row(&merged[n], table, row++);
        }
    }
    core_free(core, grid->points);
    *grid = (struct grid){merged, n};
    return SYNRL_OK;
}

/* Keeps the points at which none of the runs between their first and last row lacks one. */
static void keep_common(struct grid *grid) {
    size_t n_kept = 0, n_runs = 0;
    for (size_t i = 0; i < grid->n; i++) {
        const struct point point = grid->points[i];
        n_runs += point.n_begin;
        if (point.n == n_runs) {
            grid->points[n_kept++] = point;
        }
        n_runs -= point.n_end;
    }
    grid->n = n_kept;
}

static void keep_extremes(struct grid *grid, size_t max) {
    const struct point *points = grid->points;
    const size_t n = grid->n, n_stretches = max / 2 - 1;
    size_t n_kept = 1; /* the first; kept points never overtake those looked at */
    for (size_t s = 0; s < n_stretches; s++) {
        const size_t first = 1 + s * (n - 2) / n_stretches,
                     end = 1 + (s + 1) * (n - 2) / n_stretches;
        size_t least = first, greatest = first;
        for (size_t i = first; i < end; i++) {
            least = mean_loss(&points[i]) < mean_loss(&points[least]) ? i : least;
            greatest = mean_loss(&points[i]) > mean_loss(&points[greatest]) ? i : greatest;
        }
        if (first < end) {
            const struct point lower = points[least], upper = points[greatest];
            grid->points[n_kept++] = least < greatest ? lower : upper;
            if (least != greatest) {
                grid->points[n_kept++] = least < greatest ? upper : lower;
            }
        }
    }
    grid->points[n_kept++] = points[n - 1];
    grid->n = n_kept;
}

static synrl_status make_grid(struct core *core, size_t n, struct metrics_table *const *tables,
                              size_t max, struct grid *grid) {
    synrl_status status = SYNRL_OK;
    *grid = (struct grid){.n = 0};
    for (size_t i = 0; status == SYNRL_OK && i < n; i++) {
        status = tables[i] != NULL ? merge(core, grid, tables[i]) : SYNRL_OK;
    }
    if (status == SYNRL_OK && grid->n > max) {
        keep_common(grid);
    }
    if (status == SYNRL_OK && grid->n > max) {
        keep_extremes(grid, max);
    }
    return status;
}

static int compare_points(const void *a, const void *b) {
    const uint64_t left = ((const struct point *)a)->iteration,
                   right = ((const struct point *)b)->iteration;
    return (left > right) - (left < right);
}

/* Whether a metric is known in this row for the last time; last[c] is that row of each metric. */
static bool is_last_known(const size_t *last, size_t row) {
    size_t c = 0;
    while (c < METRICS_MAX && last[c] != row) {
        c++;
    }
    return c < METRICS_MAX;
}

/* The rows of a run to show. */
static size_t choose_rows(const struct grid *grid, const struct metrics_table *table,
                          size_t *chosen) {
    size_t n_chosen = 0, last[METRICS_MAX] = {0};
    for (size_t i = 0; i < table->n; i++) {
        for (size_t c = 0; c < METRICS_MAX; c++) {
            last[c] = isfinite(metric_value(&table->rows[i], c)) ? i : last[c];
        }
    }
    for (size_t i = 0; i < table->n; i++) {
        const struct point wanted = {.iteration = table->rows[i].iteration};
        if (i == 0 || i + 1 == table->n || is_last_known(last, i) ||
            bsearch(&wanted, grid->points, grid->n, sizeof wanted, compare_points) != NULL) {
            chosen[n_chosen++] = i;
        }
    }
    return n_chosen;
}

/* JSON ----------------------------------------------------------------------------------------- */

/* A list of values; one number where all are equal; NULL where there are none. */
static json_t *column_json(const struct metrics *rows, size_t n, const size_t *chosen, size_t c) {
    bool has_some = false, are_same = true;
    double first = (double)NAN;
    json_t *column = json_array();
    for (size_t i = 0; i < n; i++) {
        const double value = metric_value(&rows[chosen[i]], c);
        has_some = has_some || isfinite(value);
        first = i == 0 ? value : first;
        are_same = are_same && value <= first && value >= first;
        json_put_item(column, json_number_or_null(value));
    }
    if (!has_some || are_same) {
        json_decref(column);
        return has_some ? json_real(first) : NULL;
    }
    return column;
}

/* The index of this run's iterations among the shared lists. */
static json_int_t share_iterations(struct curves *curves, json_t *list) {
    for (size_t i = 0; i < json_array_size(curves->iterations); i++) {
        if (json_equal(json_array_get(curves->iterations, i), list) != 0) {
            json_decref(list);
            return (json_int_t)i;
        }
    }
    json_put_item(curves->iterations, list);
    return (json_int_t)json_array_size(curves->iterations) - 1;
}

static synrl_status add_table(struct curves *curves, json_t *run, const struct grid *grid,
                              const struct metrics_table *table) {
    const struct metrics *rows = table->rows;
    size_t *chosen = core_alloc(curves->core, table->n + 1, sizeof *chosen);
    if (chosen == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const size_t n_chosen = choose_rows(grid, table, chosen);
    json_t *iterations = json_array(), *object = json_object();
    for (size_t i = 0; i < n_chosen; i++) {
        json_put_item(iterations, json_integer((json_int_t)rows[chosen[i]].iteration));
    }
    for (size_t c = 0; c < metric_count(&table->own); c++) {
        json_t *column = metric_at(c)->is_count ? NULL : column_json(rows, n_chosen, chosen, c);
        if (column != NULL) {
            json_put(object, metric_name(&table->own, c), column);
        }
    }
    json_put(run, "columns", object);
    json_put(run, "iterations", json_integer(share_iterations(curves, iterations)));
    core_free(curves->core, chosen);
    return SYNRL_OK;
}

/* Groups --------------------------------------------------------------------------------------- */

static synrl_status read_table(struct core *core, const char *folder,
                               struct metrics_table **table) {
    struct stat found;
    char *path = core_printf(core, "%s/metrics.csv", folder);
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = SYNRL_OK;
    if (stat(path, &found) == 0 && found.st_size > METRICS_SHOWN) {
        status = core_fail(core, SYNRL_INVALID, "%s: has %jd bytes: at most %jd are shown", path,
                           (intmax_t)found.st_size, METRICS_SHOWN);
    }
    core_free(core, path);
    return status == SYNRL_OK ? metrics_csv_read(core, folder, UINT64_MAX, table) : status;
}

static synrl_status read_tables(struct curves *curves, size_t n, json_t *const *runs,
                                const char *const *folders, struct metrics_table **tables) {
    struct core *core = curves->core;
    for (size_t i = 0; i < n; i++) {
        if (json_object_get(runs[i], "problem") != NULL) {
            continue;
        }
        const synrl_status status = read_table(core, folders[i], &tables[i]);
        if (status == SYNRL_NO_MEMORY) {
            return status;
        }
        if (status != SYNRL_OK) {
            json_put(runs[i], "problem", json_text_bytes(core->message));
        }
    }
    return SYNRL_OK;
}

synrl_status curves_add(struct curves *curves, size_t n_runs, json_t *const *runs,
                        const char *const *folders) {
    struct core *core = curves->core;
    struct grid grid = {.n = 0};
    struct metrics_table **tables = core_alloc(core, n_runs, sizeof(struct metrics_table *));
    synrl_status status =
        tables != NULL ? read_tables(curves, n_runs, runs, folders, tables) : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = make_grid(core, n_runs, tables, curves->n_points, &grid);
    }
    for (size_t i = 0; tables != NULL && i < n_runs; i++) {
        if (status == SYNRL_OK && tables[i] != NULL) {
            status = add_table(curves, runs[i], &grid, tables[i]);
        }
        metrics_table_free(core, tables[i]);
    }
    core_free(core, tables);
    core_free(core, grid.points);
    return status;
}
