/* SPDX-License-Identifier: MIT */
/* Local information: what single samples, units and synapses saw of the batch.
 *
 * The paper's synapse is paid one bit per batch. Here each sample can report what a random wobble
 * of the units did to its own loss, and each synapse can correlate that with what it saw: a third
 * factor per sample (node perturbation with ternary actions).
 *
 * Values of units come in lanes: that of unit u for sample s is at
 * [(s / SYNRL_LANES * n_units + u) * SYNRL_LANES + s % SYNRL_LANES], an array of
 * [n_blocks][n_units][SYNRL_LANES] with zeros past the last sample. Values of samples are plain
 * arrays [n_samples]. All sums are exact integers, so no number of workers or ranks, and no SIMD
 * width, changes a bit. */
#ifndef SYNRL_LOCAL_H
#define SYNRL_LOCAL_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct synrl_env synrl_env;

/* The unit of a sample's loss: term = value * 2^-32. */
#define SYNRL_TERM_UNIT (1.0 / 4294967296.0)

/* What each unit of each sample is said to have earned. One of the two arrays, in lanes. */
typedef struct synrl_signal {
    uint32_t size; /* sizeof(synrl_signal) */
    uint32_t flags;
    const int8_t *bytes;
    const float *floats;
} synrl_signal;

enum {
    SYNRL_WHERE_ACTIVE = 1, /* only samples in which the unit's output is not 0 (relu: is on) */
    SYNRL_TIMES_SLOPE = 2,  /* times f'(z), the derivative of the unit's activation; floats only */
    SYNRL_CENTRED = 4,      /* presynaptic values less their mean over the batch; only tensors that
                               read the inputs, others are as without */
    SYNRL_WHERE_FIRED = 8,  /* since ABI 3.4: in the pass of the last `fire`, and times y - p, the
                               unit's output less its probability there; floats only */
    SYNRL_WHERE_MOVED = 16  /* since ABI 3.5: only samples in which +sigma at the unit makes another
                               output than -sigma, sigma that of the last perturb (step: where z is
                               near 0); not with the other flags but SYNRL_CENTRED */
};

typedef struct synrl_local_api {
    uint32_t size;
    /* How many units and blocks there are, and the array in lanes that they make up. */
    size_t (*n_blocks)(const synrl_env *env);
    size_t (*n_units)(const synrl_env *env);

    /* A pass with noise: every unit's pre-activation is moved by sigma * xi, xi = -1 or +1 from one
     * random bit per sample and unit, a function of (seed, iteration, draw). draw 0, 1, ... are
     * independent. Costs one forward of the batch; the first layer's sums are not taken again. */
    synrl_status (*perturb)(synrl_env *env, uint32_t draw, double sigma, double *loss);
    /* The xi of that pass, in lanes. */
    synrl_status (*noise)(synrl_env *env, uint32_t draw, int8_t *signs);
    /* The terms of the last pass: of the step or loss, or of the last perturb or fire; in units of
     * 2^-32. Where the loss is not known yet, costs one forward. INT64_MAX: not finite. */
    synrl_status (*sample_losses)(synrl_env *env, int64_t *terms);
    /* After perturb: what each sample is paid, +1 where the noise lowered the loss of its group, -1
     * where it raised it, 0 for a tie. Groups are those of synrl.train's `reward`: the batch,
     * { group = G } samples that follow one another, or each sample. */
    synrl_status (*rewards)(synrl_env *env, int8_t *rewards);
    /* credit[i] = sum over samples of presynaptic activity * signal of the postsynaptic unit, for
     * each synapse (a bias sees 1), at the weights as they are, without noise. Exact where inputs
     * are bytes and the signal is bytes; else float sums per block, added in units of 2^-24. A
     * tensor of several positions adds them up. */
    synrl_status (*correlate)(synrl_env *env, const synrl_signal *signal, double *credit);
    /* Over the batch, for each unit [n_units], without noise. Either may be NULL. */
    synrl_status (*activity)(synrl_env *env, double *mean, double *mean_square);
    /* d loss / d output for each sample, carried to all units by fixed random weights drawn from
     * (seed, number): signal in lanes. The units of the outputs, the last n_outputs, get the error
     * itself; unit u gets sum over outputs of B[u][o] * error[o], B ~ U(-1, 1) / sqrt(n_outputs)
     * (direct feedback alignment, Nokland 2016). SYNRL_UNSUPPORTED where the loss has no
     * gradient. */
    synrl_status (*feedback)(synrl_env *env, uint32_t number, float *signal);
    /* Since ABI 3.1. What `rewards` is the sign of: by how much the noise lowered the loss of each
     * sample's group, summed, in units of 2^-32; +-INT64_MAX where only one of the two losses is
     * finite, or where the sum would not fit. */
    synrl_status (*falls)(synrl_env *env, int64_t *falls);
    /* Since ABI 3.4. By how much each unit's pre-activation in the last perturb was another than
     * without noise, in lanes: sigma * xi, and what the noise of units before it came to. */
    synrl_status (*changes)(synrl_env *env, float *changes);
    /* Since ABI 3.4. A pass of stochastic units: each output p becomes 1 with probability p, else
     * 0, by a random word per sample and unit, a function of (seed, iteration, draw). Costs one
     * forward. sample_losses, rewards and falls then are those of this pass; where the loss without
     * it is not known, the last two cost one more. SYNRL_UNSUPPORTED where a p is not within 0 ..
     * 1. loss may be NULL. */
    synrl_status (*fire)(synrl_env *env, uint32_t draw, double *loss);
    /* Since ABI 3.7. `perturb` with a sigma for each tensor [n_tensors], that of the units it
     * drives; what later calls take from the last perturb, they take from this. */
    synrl_status (*perturb_tensors)(synrl_env *env, uint32_t draw, const double *sigmas,
                                    double *loss);
} synrl_local_api;

#ifdef __cplusplus
}
#endif
#endif
