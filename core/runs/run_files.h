/* Reads the folder of a run: run.json, metrics.csv, rewards.bin. The files' contents are checked,
 * never trusted. */
#ifndef RUN_FILES_H
#define RUN_FILES_H

#include <jansson.h>

#include "train/trainer.h"

/* The columns of metrics.csv, with their places in a struct metrics. */
struct record_column {
    const char *name;
    size_t offset;
    bool is_count; /* uint64_t, else double */
};
enum { RECORD_N_COLUMNS = 10 };
extern const struct record_column record_columns[RECORD_N_COLUMNS];
/* The value of a column, counts as double. */
double record_value(const struct metrics *row, size_t column);

/* run.json; the caller's reference. */
synrl_status record_read(struct core *core, const char *folder, json_t **json);
/* The first line of metrics.csv. */
#define RECORD_METRICS_HEADING                                                       \
    "iteration,loss,accuracy,reward_rate,valid_loss,valid_accuracy,alpha_s,epsilon," \
    "sample_forwards,sample_backwards"

/* The rows of metrics.csv up to and including that iteration; freed by core_free. An incomplete
 * last line, left by a crashed process, is not a row. */
synrl_status record_metrics(struct core *core, const char *folder, uint64_t last,
                            struct metrics **rows, size_t *n);
/* bits[t] = 1 where iteration t was rewarded: the first n of rewards.bin; freed by core_free.
 * SYNRL_INVALID where there are fewer. */
synrl_status record_rewards(struct core *core, const char *folder, uint64_t n, uint8_t **bits);
/* losses[2 t], losses[2 t + 1]: what iteration t showed the rule: the first n of losses.bin; freed
 * by core_free. SYNRL_INVALID where there are fewer. */
synrl_status record_losses(struct core *core, const char *folder, uint64_t n, double **losses);

#endif
