/* SPDX-License-Identifier: MIT */
/* Cross-entropy of softmax(outputs) with the label, from the outputs themselves (logits):
 *
 *     term = log sum_o e^(z_o - m) - (z_label - m),  m = max_o z_o;  L = mean of the terms
 *     dL/dz_o = (softmax(z)_o - [o = label]) / N
 *
 * The shift by m keeps every power within 0 .. 1, so nothing overflows. */
#include <synrl/loss.h>

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
    for (size_t o = 0; o < n_outputs; o++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            powers[o * SYNRL_LANES + s] = outputs[o * SYNRL_LANES + s] - max[s];
        }
    }
    host->math->exp(n_outputs * SYNRL_LANES, powers, powers);
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        sum[s] = 0.0F;
    }
    for (size_t o = 0; o < n_outputs; o++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            sum[s] += powers[o * SYNRL_LANES + s];
        }
    }
}

static void terms(const synrl_host *host, const void *config, const synrl_loss_block *block,
                  float *terms) {
    float max[SYNRL_LANES], log_sum[SYNRL_LANES];
    host->math->log_sum_exp(block->n_outputs, block->outputs, max, log_sum);
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        const float z = block->outputs[(size_t)block->labels[s] * SYNRL_LANES + s];
        terms[s] = log_sum[s] - (z - max[s]);
    }
}

static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    return sum / (double)n_samples;
}

static void gradient(const synrl_host *host, const void *config, const synrl_loss_block *block,
                     double total, size_t n_samples, float *slope) {
    float max[SYNRL_LANES], sum[SYNRL_LANES];
    largest(block->n_outputs, block->outputs, max);
    sum_powers(host, block->n_outputs, block->outputs, max, sum, slope);
    for (size_t o = 0; o < block->n_outputs; o++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            const float hit = (size_t)block->labels[s] == o ? 1.0F : 0.0F;
            float *of = &slope[o * SYNRL_LANES + s];
            *of = (*of / sum[s] - hit) / (float)n_samples;
        }
    }
}

SYNRL_LOSS(cross_entropy, "1.0.0", "mean of -log softmax(outputs)[label]",
           "log-sum-exp form; Bhargava et al. 2021, section 3", SYNRL_NO_PARAMS,
           .target_format = SYNRL_TARGET_LABELS, .traits = SYNRL_LOSS_LOGITS, .terms = terms,
           .finish = finish, .gradient = gradient);
