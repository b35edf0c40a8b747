/* y = max(0, x); slope 1 where x > 0, else 0 (at 0 too). A NaN stays one: it must not pass for a
 * quiet unit. */
#include <synrl/activation.h>

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    (void)host;
    (void)config;
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] < 0.0F ? 0.0F : x[i];
    }
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    (void)host;
    (void)config;
    (void)y;
    for (size_t i = 0; i < n; i++) {
        slope[i] = x[i] > 0.0F ? 1.0F : 0.0F;
    }
}

static const synrl_activation_ops ops = {SYNRL_OPS_SIZE(synrl_activation_ops), .apply = apply,
                                         .derivative = derivative};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,   .kind = SYNRL_KIND_ACTIVATION,      .id = "relu",
    .version = "1.0.0", .summary = "rectified linear unit", .source = "y = max(0, x)",
    .ops = &ops,
};
