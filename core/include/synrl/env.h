/* The environment, as a learning rule sees it: the network and its data are the environment, the
 * synapses are the agents, and the rule drives. */
#ifndef SYNRL_ENV_H
#define SYNRL_ENV_H

#include "host.h"
#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct synrl_outcome {
    double loss; /* on the batch, after the actions */
    int reward;  /* Eq. 4: +1 where the loss fell, else -1 (a tie and a NaN too) */
} synrl_outcome;

typedef struct synrl_env synrl_env;
struct synrl_env {
    uint32_t size;
    void *context;              /* the host's own */
    const synrl_layout *layout; /* the synapses, their layers, which are biases */
    uint64_t seed;              /* of the run; with `iteration`, what a synrl_stream is made of */
    uint64_t iteration;         /* the one being run; the first is 0 */

    /* Acts, evaluates on the batch, compares with the loss before: Algorithm 1 uses this alone.
     * actions [n_synapses] in {-1, 0, +1}; alpha > 0; a bias moves by bias_scale * alpha. Costs one
     * forward of the batch, and records the reward. At most once an iteration. */
    synrl_status (*step)(synrl_env *env, const int8_t *actions, double alpha, double bias_scale,
                         synrl_outcome *outcome);
    /* losses[j] = the loss at w + scale * directions[j], without moving; directions
     * [n_directions][n_synapses]. Costs n_directions forwards. */
    synrl_status (*probe)(synrl_env *env, size_t n_directions, const float *directions,
                          double scale, double *losses);
    /* The loss on the batch, at the weights as they are. Free where it is known already. */
    synrl_status (*loss)(synrl_env *env, double *loss);
    /* SYNRL_OK where `gradient` works; else SYNRL_UNSUPPORTED, with a message naming the model,
     * loss or activation that has no derivative. For a rule's create. */
    synrl_status (*differentiable)(synrl_env *env);
    /* gradient [n_synapses] of the loss on the batch, and the loss. Costs one forward and one
     * backward pass. */
    synrl_status (*gradient)(synrl_env *env, float *gradient, double *loss);
    /* w += delta [n_synapses]. */
    synrl_status (*shift)(synrl_env *env, const float *delta);
};

#ifdef __cplusplus
}
#endif
#endif
