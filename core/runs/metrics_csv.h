/* SPDX-License-Identifier: MIT */
/* Writing and reading metrics.csv: the heading names the metrics, each row has their values. */
#ifndef METRICS_CSV_H
#define METRICS_CSV_H

#include <stdio.h>

#include "base/core.h"
#include "train/metrics.h"

void metrics_csv_write_heading(FILE *stream, const struct metric_names *own);
void metrics_csv_write_row(FILE *stream, const struct metric_names *own,
                           const struct metrics *metrics);

struct metrics_table {
    size_t n;
    struct metrics *rows;
    struct metric_names own; /* the names in the heading that are not fixed metrics */
    char texts[METRICS_OWN_MAX][METRIC_NAME_SIZE];
    bool is_as_written; /* the heading is that of metrics_csv_write_heading: rows may follow */
};
/* Reads FOLDER/metrics.csv up to and including the row of an iteration. Metrics that the heading
 * lacks are NaN, or 0 where they are counts. An incomplete last line, left by a crash, is not a
 * row. Freed by metrics_table_free. */
synrl_status metrics_csv_read(struct core *core, const char *folder, uint64_t last,
                              struct metrics_table **made);
/* The last row of FOLDER/metrics.csv, with the last validation before it; its metrics of a rule are
 * not read. The file may be long, and be written at the moment. */
synrl_status metrics_csv_read_last(struct core *core, const char *folder, struct metrics *last);
void metrics_table_free(struct core *core, struct metrics_table *table); /* NULL is allowed */

#endif
