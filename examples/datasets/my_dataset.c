/* SPDX-License-Identifier: MIT */
/* Example of a data set: the parity of N bits, all 2^N patterns. XOR is N = 2.
 *
 *     x in {0, 1}^N;  y = +1 where the number of ones is odd, else -1
 *
 * A sample is also a sequence, of N steps of one bit. Build it, and use it from a script:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) \
 *         my_dataset.c -o my_dataset.so
 *     data = synrl.dataset("my_dataset", { bits = 3 })
 *
 * Random numbers, where a data set needs them, come from host->random, by a seed that is a
 * parameter. Minsky and Papert, "Perceptrons", 1969. */
#include <synrl/dataset.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    int64_t bits;
};
static const synrl_param params[] = {SYNRL_INTEGER(bits, "2", 1, 20, "N: inputs per sample")};

/* 2. The instance, zeros at first. The host frees it, and all that it allocates. */
struct dataset {
    uint8_t *inputs; /* [2^bits][bits] */
    float *targets;  /* [2^bits] */
};

/* 3. create: makes or reads the samples, and says where they are. */
static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_data *data) {
    struct dataset *d = self;
    const size_t bits = (size_t)((const struct config *)config)->bits, n = (size_t)1 << bits;
    SYNRL_TRY(SYNRL_NEW(host, d->inputs, n * bits));
    SYNRL_TRY(SYNRL_NEW(host, d->targets, n));
    for (size_t s = 0; s < n; s++) {
        d->targets[s] = -1.0F;
        for (size_t b = 0; b < bits; b++) {
            d->inputs[s * bits + b] = (uint8_t)(s >> b & 1);
            d->targets[s] *= (s >> b & 1) != 0 ? -1.0F : 1.0F;
        }
    }
    *data = (synrl_data){.size = sizeof *data, .n_samples = n, .n_inputs = bits};
    data->format = SYNRL_INPUT_BYTES; /* on which the engine is fastest; each counts as scale */
    data->scale = 1.0F;
    data->inputs = d->inputs;
    data->targets = d->targets;
    data->n_targets = 1;
    data->n_classes = 2; /* the sign of the target */
    data->n_steps = bits;
    return SYNRL_OK;
}

/* 4. The entry. A data set that keeps files or libraries open has .destroy too. */
SYNRL_DATASET(my_dataset, "1.0.0", "parity of N bits", "Minsky and Papert 1969",
              SYNRL_PARAMS(params), struct dataset, .create = create);
