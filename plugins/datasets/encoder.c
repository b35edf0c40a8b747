/* SPDX-License-Identifier: MIT */
/* The encoder problem: n patterns, of which pattern i is 1 at input i and 0 elsewhere, each its own
 * target and a class of its own. A network n-m-n with few hidden units has to find a code.
 *
 * Ackley, Hinton and Sejnowski, "A learning algorithm for Boltzmann machines", 1985 (8-3-8). */
#include <synrl/dataset.h>

struct config {
    int64_t patterns;
};

static const synrl_param params[] = {
    SYNRL_INTEGER(patterns, "8", 2, 10000, "patterns, and inputs and targets of each"),
};

struct encoder {
    float *patterns; /* [patterns][patterns] */
    int32_t *labels; /* [patterns] */
};

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_data *data) {
    const size_t n = (size_t)((const struct config *)config)->patterns;
    struct encoder *encoder = self;
    SYNRL_TRY(SYNRL_NEW(host, encoder->patterns, n * n));
    SYNRL_TRY(SYNRL_NEW(host, encoder->labels, n));
    for (size_t i = 0; i < n; i++) {
        encoder->patterns[i * n + i] = 1.0F;
        encoder->labels[i] = (int32_t)i;
    }
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = n,
                         .n_inputs = n,
                         .format = SYNRL_INPUT_F32,
                         .inputs = encoder->patterns,
                         .labels = encoder->labels,
                         .targets = encoder->patterns,
                         .n_targets = n,
                         .n_classes = n};
    return SYNRL_OK;
}

SYNRL_DATASET(encoder, "1.0.0", "the encoder problem: n patterns that are their own targets",
              "Ackley, Hinton and Sejnowski 1985", SYNRL_PARAMS(params), struct encoder,
              .create = create);
