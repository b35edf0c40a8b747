/* y = sin x; slope cos x. */
#include <synrl/activation.h>

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    (void)config;
    host->math->sin(n, x, y);
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    (void)config;
    (void)y;
    host->math->cos(n, x, slope);
}

static const synrl_activation_ops ops = {SYNRL_OPS_SIZE(synrl_activation_ops), .apply = apply,
                                         .derivative = derivative};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,  .kind = SYNRL_KIND_ACTIVATION, .id = "sin", .version = "1.0.0",
    .summary = "sine", .source = "y = sin x",         .ops = &ops,
};
