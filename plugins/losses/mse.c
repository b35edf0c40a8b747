/* Mean squared error, over samples and outputs:
 *
 *     L = sum (yhat - y)^2 / (N n_outputs)
 *     dL/dyhat = 2 (yhat - y) / (N n_outputs) */
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
    return sum / ((double)n_samples * (double)n_outputs);
}

static void gradient(const synrl_host *host, const void *config, size_t n_outputs,
                     const float *outputs, const synrl_targets *targets, double sum,
                     size_t n_samples, float *slope) {
    (void)host;
    (void)config;
    (void)sum;
    const float scale = (float)(2.0 / ((double)n_samples * (double)n_outputs));
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
    .id = "mse",
    .version = "1.0.0",
    .summary = "mean squared error over samples and outputs",
    .source = "sum (yhat - y)^2 / (N n_outputs)",
    .ops = &ops,
};
