/* Euclidean loss over the whole batch, as the authors' code has it ("mean Euclidean loss"):
 *
 *     L = || yhat - y ||_2 / N,  the norm over all samples and outputs
 *     dL/dyhat = (yhat - y) / (N || yhat - y ||_2),  0 where the norm is 0 */
#include <math.h>
#include <synrl/loss.h>

static void terms(const synrl_host *host, const void *config, size_t n_outputs,
                  const float *outputs, const synrl_targets *targets, float *term) {
    (void)host;
    (void)config;
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        term[s] = 0.0F;
    }
    for (size_t o = 0; o < n_outputs; o++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            const size_t i = o * SYNRL_LANES + s;
            const float error = outputs[i] - targets->vectors[i];
            term[s] += error * error;
        }
    }
}

static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    (void)host;
    (void)config;
    (void)n_outputs;
    return sqrt(sum) / (double)n_samples;
}

static void gradient(const synrl_host *host, const void *config, size_t n_outputs,
                     const float *outputs, const synrl_targets *targets, double sum,
                     size_t n_samples, float *slope) {
    (void)host;
    (void)config;
    const float scale = sum > 0.0 ? (float)(1.0 / (sqrt(sum) * (double)n_samples)) : 0.0F;
    for (size_t i = 0; i < n_outputs * SYNRL_LANES; i++) {
        slope[i] = (outputs[i] - targets->vectors[i]) * scale;
    }
}

static const synrl_loss_ops ops = {
    SYNRL_OPS_SIZE(synrl_loss_ops), SYNRL_TARGET_VECTORS, terms, finish, gradient,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_LOSS,
    .id = "euclidean",
    .version = "1.0.0",
    .summary = "norm of all errors over the number of samples, the paper's loss on boundaries",
    .source = "||yhat - y||_2 / N; Bhargava et al. 2021, Fig. 1, as in the authors' code",
    .ops = &ops,
};
