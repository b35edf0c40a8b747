/* y = 1 where x > 0, else 0. It has no derivative, which is what it is here for. */
#include <synrl/activation.h>

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    (void)host;
    (void)config;
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] > 0.0F ? 1.0F : 0.0F;
    }
}

static const synrl_activation_ops ops = {SYNRL_OPS_SIZE(synrl_activation_ops), .apply = apply};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_ACTIVATION,
    .id = "step",
    .version = "1.0.0",
    .summary = "Heaviside step, without a derivative",
    .source = "y = [x > 0]",
    .ops = &ops,
};
