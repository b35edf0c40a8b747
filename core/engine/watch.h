/* SPDX-License-Identifier: MIT */
/* What a pass does beside computing outputs: moves the units by noise, correlates what synapses see
 * with a signal, or sums up how active the units are.
 *
 * A watch begins, every block of the batch passes once with the watch as the `context` of its
 * synrl_pass, and the watch ends; each worker has sums of its own, which are integers. A pass whose
 * context is NULL is a plain one. */
#ifndef WATCH_H
#define WATCH_H

#include "engine/engine.h"
#include "synrl/local.h"
#include "synrl/model.h"

struct watch;

/* Watches networks of this layout, which outlives it. All of it is memory of the host; what a
 * kind of pass needs is made when the first of it begins. */
synrl_status watch_create(const synrl_host *host, const synrl_layout *layout, struct watch **made);
void watch_destroy(struct watch *watch); /* before its host does; NULL is allowed */

/* Noise ---------------------------------------------------------------------------------------- */

enum { WATCH_DRAWS_MAX = 65536 };

/* The signs of one draw: lane l of unit u of block b is +1 where bit l of word b * n_units + u of
 * the stream {seed, 2^16 * iteration + draw, SYNRL_PURPOSE_NOISE} is set, else -1. */
struct noise {
    uint64_t seed, iteration;
    uint32_t draw; /* below WATCH_DRAWS_MAX */
};

/* Every unit's pre-activation moves by sigma * sign, padding lanes too. SYNRL_INVALID where the
 * draw or sigma is out of range. Nothing to end. */
synrl_status watch_begin_noise(struct watch *watch, const synrl_batch *batch,
                               const struct noise *noise, double sigma);
/* The signs of a draw in lanes (local.h), 0 past the last sample; in parallel. */
synrl_status watch_signs(struct watch *watch, const synrl_batch *batch, const struct noise *noise,
                         int8_t *signs);

/* Credit --------------------------------------------------------------------------------------- */

/* The signal stays as it is until the end. SYNRL_INVALID where it is not one of bytes or floats, or
 * has flags that cannot be. The weights are those of the pass, bound. */
synrl_status watch_begin_credit(struct watch *watch, const synrl_weights *weights,
                                const synrl_batch *batch, const synrl_signal *signal);
/* credit [n_synapses]: see synrl_local_api.correlate. SYNRL_INVALID where a sum is not finite,
 * SYNRL_UNSUPPORTED where SYNRL_TIMES_SLOPE met an activation without a derivative. */
synrl_status watch_end_credit(struct watch *watch, double *credit);

/* Activity ------------------------------------------------------------------------------------- */

synrl_status watch_begin_activity(struct watch *watch, const synrl_batch *batch);
/* For each unit [n_units]; either may be NULL. SYNRL_INVALID where an output is not finite. */
synrl_status watch_end_activity(struct watch *watch, double *mean, double *mean_square);

/* For `units` ---------------------------------------------------------------------------------- */

/* Before the activation, z [n_rows of the first source][SYNRL_LANES]; after it, y. */
void watch_before(struct watch *watch, const synrl_pass *pass, const synrl_source *sources,
                  float *z);
void watch_after(struct watch *watch, const synrl_pass *pass, size_t n_sources,
                 const synrl_source *sources, int bias, const synrl_activation *f, const float *y);

#endif
