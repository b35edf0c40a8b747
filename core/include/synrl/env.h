/* SPDX-License-Identifier: MIT */
/* The environment, as a learning rule sees it: the network and its data are the environment, the
 * synapses are the agents, and the rule drives. All calls are [main]; a call from a worker is
 * refused. What an entry costs is counted in sample-forwards, so that rules can be compared. */
#ifndef SYNRL_ENV_H
#define SYNRL_ENV_H

#include "host.h"
#include "local.h"
#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What came of a step. */
typedef struct synrl_outcome {
    uint32_t size;
    int reward; /* Eq. 4: +1 where the loss fell, else -1 (a tie and a NaN too) */
    /* On the batch, before and after the actions. Only for rules with the trait
     * SYNRL_RULE_READS_LOSS (or READS_MORE); NaN for others. */
    double old_loss, loss;
} synrl_outcome;

typedef struct synrl_env synrl_env;
struct synrl_env {
    uint32_t size;
    void *context;              /* the host's own */
    const synrl_layout *layout; /* the synapses, their layers, which are biases */
    uint64_t seed;              /* of the run; with `iteration`, what a synrl_stream is made of */
    uint64_t iteration;         /* the current one; the first is 0 */
    uint64_t batch;             /* number of the batch. A loss of another batch cannot be compared:
                                   ask `loss` before the step instead of remembering one */
    size_t n_samples;           /* of the batch */

    /* Acts, evaluates on the batch, and compares with the loss before: Algorithm 1 needs only this.
     * actions [n_synapses] in {-1, 0, +1}; alpha > 0; a bias moves by bias_scale * alpha. Costs one
     * forward of the batch, and records the reward. At most once per iteration. *outcome is the
     * host's and holds until the next step. After a `shift` or `set_weights` the loss before is
     * that of the weights as they are; it is evaluated if need be. READS_MORE: outcome may be NULL;
     * the step then only acts, and costs no forward. */
    synrl_status (*step)(synrl_env *env, const int8_t *actions, double alpha, double bias_scale,
                         const synrl_outcome **outcome);
    /* The same with a step size per tensor, alphas [n_tensors]; 0: that tensor stays. */
    synrl_status (*step_tensors)(synrl_env *env, const int8_t *actions, const double *alphas,
                                 const synrl_outcome **outcome);
    /* Takes the last step back, exactly: k <- k - action. Free; needs a step on this batch that
     * nothing has moved the weights after. */
    synrl_status (*undo)(synrl_env *env);

    /* READS_LOSS. The loss on the batch, at the weights as they are. Free where it is known. */
    synrl_status (*loss)(synrl_env *env, double *loss);

    /* READS_MORE, all below. losses[j] = the loss at w + scale * directions[j] (a negative scale is
     * the other way), without moving; directions [n_directions][n_synapses]. Costs n_directions
     * forwards; many calls with one direction cost as much as one call with many. */
    synrl_status (*probe)(synrl_env *env, size_t n_directions, const float *directions,
                          double scale, double *losses);
    /* The same at w + alpha * actions[j], as `step` would have it: exact, incremental, about the
     * time of a step each. */
    synrl_status (*probe_actions)(synrl_env *env, size_t n, const int8_t *actions, double alpha,
                                  double bias_scale, double *losses);
    synrl_status (*weights)(synrl_env *env, float *weights);           /* [n_synapses] */
    synrl_status (*set_weights)(synrl_env *env, const float *weights); /* finite */
    /* w += delta; finite. Tensors whose delta is all 0 cost nothing: a shift of biases alone does
     * not take the first layer's sums again. */
    synrl_status (*shift)(synrl_env *env, const float *delta);
    /* SYNRL_OK where `gradient` works; else SYNRL_UNSUPPORTED, with a message naming the model,
     * loss or activation that has no derivative. For a rule's create. */
    synrl_status (*differentiable)(synrl_env *env);
    /* gradient [n_synapses] of the loss on the batch, and the loss. Costs one forward and one
     * backward pass. SYNRL_INVALID where it is not finite. */
    synrl_status (*gradient)(synrl_env *env, float *gradient, double *loss);

    const synrl_local_api *local; /* READS_MORE. local.h */

    /* Since ABI 3.3. `step` by actions of rank one: the synapse in row i and column j of a tensor
     * acts u_i v_j, and a bias u_i. u [n_u] holds the rows of all tensors, one tensor after
     * another, v [n_v] the columns of all but biases (synrl_rank_one_sizes), all in {-1, 0, +1}.
     * Ends as `step` with these actions would, to the bit, but tensors that read the inputs cost
     * one dot product per sample, and n_u + n_v actions are checked and kept instead of all. */
    synrl_status (*step_rank_one)(synrl_env *env, const int8_t *u, const int8_t *v, double alpha,
                                  double bias_scale, const synrl_outcome **outcome);
    /* Since ABI 3.4, READS_MORE. The gradient as it would be if slopes went back from unit to unit
     * by `feedback` [n_synapses] in place of the weights (feedback alignment). Costs what a
     * gradient costs. SYNRL_UNSUPPORTED where the model has no `backward_by`. */
    synrl_status (*gradient_by)(synrl_env *env, const float *feedback, float *gradient,
                                double *loss);
};

/* The lengths of u and v of `step_rank_one`. */
static inline void synrl_rank_one_sizes(const synrl_layout *layout, size_t *n_u, size_t *n_v) {
    *n_u = *n_v = 0;
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = synrl_tensor_at(layout, t);
        *n_u += tensor->n_rows;
        *n_v += tensor->is_bias ? 0 : tensor->n_columns;
    }
}

/* The stream of this iteration's actions, for synrl_choose. */
static inline synrl_stream synrl_action_stream(const synrl_env *env) {
    synrl_stream stream = {env->seed, env->iteration, SYNRL_PURPOSE_ACTIONS};
    return stream;
}

/* Turns the sign of each synapse around with this probability, by that stream: signs [n_synapses],
 * -1 or +1; a 0 counts as -1. */
static inline void synrl_flip(const synrl_host *host, const synrl_env *env, double probability,
                              int8_t *signs) {
    const size_t n = env->layout->n_synapses;
    uint32_t words[256];
    for (size_t i = 0; i < n; i++) {
        if (i % 256 == 0) {
            host->random->words(synrl_action_stream(env), i, n - i < 256 ? n - i : 256, words);
        }
        const bool turns = words[i % 256] < probability * 4294967296.0;
        signs[i] = turns == (signs[i] > 0) ? -1 : 1;
    }
}

#ifdef __cplusplus
}
#endif
#endif
