/* Cross-entropy of softmax(outputs) with the label, from the outputs themselves (logits):
 *
 *     term = log sum_o e^(z_o - m) - (z_label - m),  m = max_o z_o;  L = mean of the terms
 *     dL/dz_o = (softmax(z)_o - [o = label]) / N
 *
 * The shift by m keeps every power within 0 .. 1, so nothing overflows. */
#include <synrl/loss.h>

/* Outputs are worked on in pieces of this many values, to live on the stack. */
enum { PIECE = 64 * SYNRL_LANES };

static void largest(size_t n_outputs, const float *outputs, float *max) {
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        max[s] = outputs[s];
    }
    for (size_t o = 1; o < n_outputs; o++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            const float z = outputs[o * SYNRL_LANES + s];
            max[s] = z > max[s] ? z : max[s];
        }
    }
}

/* powers = e^(z - max), and sum[s] their sum over ascending outputs. */
static void sum_powers(const synrl_host *host, size_t n_outputs, const float *outputs,
                       const float *max, float *sum, float *powers) {
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        sum[s] = 0.0F;
    }
    for (size_t first = 0; first < n_outputs * SYNRL_LANES; first += PIECE) {
        const size_t left = n_outputs * SYNRL_LANES - first;
        const size_t n = left < PIECE ? left : PIECE;
        float *piece = powers + first;
        for (size_t i = 0; i < n; i += SYNRL_LANES) {
            for (size_t s = 0; s < SYNRL_LANES; s++) {
                piece[i + s] = outputs[first + i + s] - max[s];
            }
        }
        host->math->exp(n, piece, piece);
        for (size_t i = 0; i < n; i += SYNRL_LANES) {
            for (size_t s = 0; s < SYNRL_LANES; s++) {
                sum[s] += piece[i + s];
            }
        }
    }
}

static void terms(const synrl_host *host, const void *config, size_t n_outputs,
                  const float *outputs, const synrl_targets *targets, float *term) {
    (void)config;
    float max[SYNRL_LANES], log_sum[SYNRL_LANES];
    host->math->log_sum_exp(n_outputs, outputs, max, log_sum);
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        term[s] = log_sum[s] - (outputs[(size_t)targets->labels[s] * SYNRL_LANES + s] - max[s]);
    }
}

static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    (void)host;
    (void)config;
    (void)n_outputs;
    return sum / (double)n_samples;
}

static void gradient(const synrl_host *host, const void *config, size_t n_outputs,
                     const float *outputs, const synrl_targets *targets, double total,
                     size_t n_samples, float *slope) {
    (void)config;
    (void)total;
    float max[SYNRL_LANES], sum[SYNRL_LANES];
    largest(n_outputs, outputs, max);
    sum_powers(host, n_outputs, outputs, max, sum, slope);
    for (size_t o = 0; o < n_outputs; o++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            const float hit = (size_t)targets->labels[s] == o ? 1.0F : 0.0F;
            float *of = &slope[o * SYNRL_LANES + s];
            *of = (*of / sum[s] - hit) / (float)n_samples;
        }
    }
}

static const synrl_loss_ops ops = {
    SYNRL_OPS_SIZE(synrl_loss_ops), SYNRL_TARGET_LABELS, terms, finish, gradient,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_LOSS,
    .id = "cross_entropy",
    .version = "1.0.0",
    .summary = "mean of -log softmax(outputs)[label]",
    .source = "log-sum-exp form; Bhargava et al. 2021, section 3",
    .ops = &ops,
};
