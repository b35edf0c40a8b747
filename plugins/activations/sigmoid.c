/* y = 1 / (1 + e^-x), taken as e^x / (1 + e^x) where x < 0 so that nothing overflows; slope y (1 -
 * y). */
#include <synrl/activation.h>

enum { CHUNK = 256 };

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    (void)config;
    float power[CHUNK]; /* e^-|x| */
    for (size_t first = 0; first < n; first += CHUNK) {
        const size_t size = n - first < CHUNK ? n - first : CHUNK;
        for (size_t i = 0; i < size; i++) {
            power[i] = x[first + i] < 0.0F ? x[first + i] : -x[first + i];
        }
        host->math->exp(size, power, power);
        for (size_t i = 0; i < size; i++) {
            y[first + i] = (x[first + i] < 0.0F ? power[i] : 1.0F) / (1.0F + power[i]);
        }
    }
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    (void)host;
    (void)config;
    (void)x;
    for (size_t i = 0; i < n; i++) {
        slope[i] = y[i] * (1.0F - y[i]);
    }
}

static const synrl_activation_ops ops = {SYNRL_OPS_SIZE(synrl_activation_ops), .apply = apply,
                                         .derivative = derivative};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,   .kind = SYNRL_KIND_ACTIVATION,  .id = "sigmoid",
    .version = "1.0.0", .summary = "logistic function", .source = "y = 1 / (1 + e^-x)",
    .ops = &ops,
};
