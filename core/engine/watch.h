/* SPDX-License-Identifier: MIT */
/* What a pass does in addition to computing outputs: it perturbs the units with noise, correlates
 * the synapses' inputs with a signal, or sums the activity of the units.
 *
 * A watch begins, every block of the batch passes once with the watch as the `context` of its
 * synrl_pass, and the watch ends. Each worker has its own sums, which are integers. A pass whose
 * context is NULL is a plain one. */
#ifndef WATCH_H
#define WATCH_H

#include "engine/engine.h"
#include "engine/reduction.h"
#include "synrl/local.h"
#include "synrl/model.h"

struct watch;

/* Makes a watch for networks of this layout, which must outlive it. Its memory belongs to the host;
 * that for one kind of pass is allocated when the first such pass begins. */
synrl_status watch_create(const synrl_host *host, const synrl_layout *layout, struct watch **made);
/* From now on passes are of this process's blocks only, and what a watch ends with is of all;
 * reduction: NULL: no longer. */
void watch_share(struct watch *watch, const struct reduction *reduction);
void watch_destroy(struct watch *watch); /* before its host does; NULL is allowed */

/* Noise ---------------------------------------------------------------------------------------- */

enum { WATCH_DRAWS_MAX = 65536 };

/* The signs of one draw: lane l of unit u of block b is +1 where bit l of word b * n_units + u of
 * the stream {seed, 2^16 * iteration + draw, SYNRL_PURPOSE_NOISE} is set, else -1. */
struct noise {
    uint64_t seed, iteration;
    uint32_t draw; /* below WATCH_DRAWS_MAX */
};

/* Moves every unit's pre-activation by sigma * sign, also in padding lanes. SYNRL_INVALID where the
 * draw or sigma is out of range. Needs no end. */
synrl_status watch_begin_noise(struct watch *watch, const synrl_batch *batch,
                               const struct noise *noise, double sigma);
/* The same with a sigma for each tensor [n_tensors], that of the units it drives. */
synrl_status watch_begin_noise_by_tensor(struct watch *watch, const synrl_batch *batch,
                                         const struct noise *noise, const double *sigmas);
/* The signs of a draw in lanes (local.h), 0 after the last sample; computed in parallel. */
synrl_status watch_signs(struct watch *watch, const synrl_batch *batch, const struct noise *noise,
                         int8_t *signs);

/* A pass without noise that keeps pre-activations, and one with noise of the last sigmas that turns
 * them into changes: z with the noise less z without it, 0 after the last sample. Both in lanes;
 * need no end. */
void watch_begin_values(struct watch *watch, float *values);
synrl_status watch_begin_changes(struct watch *watch, const synrl_batch *batch,
                                 const struct noise *noise, float *values);

/* Stochastic units ----------------------------------------------------------------------------- */

/* Makes each output p a 1 where uniform element (b * n_units + u) * SYNRL_LANES + lane of the
 * stream {seed, 2^16 * iteration + draw, SYNRL_PURPOSE_FIRING}, from 0 to 1, is below p, else a 0;
 * also in padding lanes. */
synrl_status watch_begin_fire(struct watch *watch, const synrl_batch *batch,
                              const struct noise *noise);
/* SYNRL_UNSUPPORTED where a p was below 0 or above 1. */
synrl_status watch_end_fire(struct watch *watch);

/* Credit --------------------------------------------------------------------------------------- */

/* The signal must not change until the end. With SYNRL_WHERE_FIRED units fire as they last did,
 * and SYNRL_WHERE_MOVED means the sigmas of the last noise.
 * SYNRL_INVALID where it has neither or both of bytes and floats, or invalid flags. The weights are
 * those of the pass, bound. */
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
                 const synrl_source *sources, int bias, const synrl_activation *f, float *y);

#endif
