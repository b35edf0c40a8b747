/* A run's metrics for TensorBoard. */
#ifndef TFEVENTS_H
#define TFEVENTS_H

#include "train/trainer.h"

/* An event file: one scalar a column and row, but for empty cells. The rows did not keep their
 * times: they are spread evenly from `start`, in seconds since 1970, over so many seconds. Written
 * whole or not at all. */
synrl_status tfevents_write(struct core *core, const char *path, size_t n_rows,
                            const struct metrics *rows, double start, double seconds);

#endif
