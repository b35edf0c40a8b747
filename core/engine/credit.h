/* SPDX-License-Identifier: MIT */
/* Correlates the synapses' inputs with a signal at their units, over one pass: for watches. */
#ifndef CREDIT_H
#define CREDIT_H

#include "engine/reduction.h"
#include "synrl/local.h"
#include "synrl/model.h"

struct credit;

synrl_status credit_create(const synrl_host *host, const synrl_layout *layout,
                           struct credit **made);
void credit_destroy(struct credit *credit); /* NULL is allowed */

/* See watch.h. reach: of the noise, for SYNRL_WHERE_MOVED. */
synrl_status credit_begin(struct credit *credit, const synrl_weights *weights,
                          const synrl_batch *batch, const synrl_signal *signal, const float *reach);
/* reduction: where this process has seen its own blocks only; else NULL. */
synrl_status credit_end(struct credit *credit, const struct reduction *reduction, double *sums);

/* Before the activation of some units, z [n_rows][SYNRL_LANES], and after it; fired: y - p where
 * they fire, else NULL. */
void credit_before(struct credit *credit, const synrl_pass *pass, const synrl_source *sources,
                   const float *z);
void credit_after(struct credit *credit, const synrl_pass *pass, size_t n_sources,
                  const synrl_source *sources, int bias, const synrl_activation *f, const float *y,
                  const float *fired);

#endif
