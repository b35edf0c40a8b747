/* A loss that does not say which targets it wants. */
#include <synrl/loss.h>

static void terms(const synrl_host *host, const void *config, size_t n_outputs,
                  const float *outputs, const synrl_targets *targets, float *values) {
    (void)host;
    (void)config;
    (void)n_outputs;
    (void)outputs;
    (void)targets;
    (void)values;
}

static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    (void)host;
    (void)config;
    (void)n_samples;
    (void)n_outputs;
    return sum;
}

static const synrl_loss_ops ops = {SYNRL_OPS_SIZE(synrl_loss_ops), .terms = terms,
                                   .finish = finish};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,   .kind = SYNRL_KIND_LOSS,        .id = "no_format",
    .version = "1.0.0", .summary = "broken on purpose", .source = "tests/bad",
    .ops = &ops,
};
