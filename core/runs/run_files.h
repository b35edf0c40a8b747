/* The folder of a run, read back: run.json, metrics.csv, rewards.bin. What stands in the files is
 * checked, never trusted. */
#ifndef RUN_FILES_H
#define RUN_FILES_H

#include <jansson.h>

#include "train/trainer.h"

/* The columns of metrics.csv: where each stands in a struct metrics. */
struct record_column {
    const char *name;
    size_t offset;
    bool is_count; /* uint64_t, else double */
};
enum { RECORD_N_COLUMNS = 10 };
extern const struct record_column record_columns[RECORD_N_COLUMNS];
/* The value of a column, a count as a double. */
double record_value(const struct metrics *row, size_t column);

/* run.json; the caller's reference. */
synrl_status record_read(struct core *core, const char *folder, json_t **json);
/* The first line of metrics.csv. */
#define RECORD_METRICS_HEADING                                                       \
    "iteration,loss,accuracy,reward_rate,valid_loss,valid_accuracy,alpha_s,epsilon," \
    "sample_forwards,sample_backwards"

/* The rows of metrics.csv up to and with that iteration; freed by core_free. What a process that
 * died left of a last line is not a row. */
synrl_status record_metrics(struct core *core, const char *folder, uint64_t last,
                            struct metrics **rows, size_t *n);
/* bits[t] = 1 where iteration t was rewarded: the first n of rewards.bin; freed by core_free.
 * SYNRL_INVALID where there are fewer. */
synrl_status record_rewards(struct core *core, const char *folder, uint64_t n, uint8_t **bits);
/* losses[2 t], losses[2 t + 1]: what iteration t showed the rule: the first n of losses.bin; freed by
 * core_free. SYNRL_INVALID where there are fewer. */
synrl_status record_losses(struct core *core, const char *folder, uint64_t n, double **losses);

#endif
