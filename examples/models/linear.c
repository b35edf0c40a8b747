/* SPDX-License-Identifier: MIT */
/* Example of a model: one layer of weights, and nothing else.
 *
 *     yhat = W x + b
 *
 * Build it, and use it from a script:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) linear.c -o linear.so
 *     model = synrl.model("linear", { seed = 2 })
 *
 * The host makes the weights that create describes, moves them, saves and loads them. */
#include <synrl/model.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    int64_t seed;
};
static const synrl_param params[] = {SYNRL_INTEGER(seed, "1", 0, 9e15, "of the weights")};

/* 2. The instance, zeros at first. The host frees it, and all that it allocates. */
struct model {
    size_t weight, bias; /* numbers of the tensors */
};

/* 3. create: the tensors: weights [to][from], then biases [to]. */
static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    struct model *m = self;
    const size_t n = layout->n_outputs;
    const synrl_tensor weight = {"weight", n, shape->n_inputs, 1, .reads_inputs = true};
    SYNRL_TRY(layout->add(layout, &weight, &m->weight));
    return layout->add(layout, &(synrl_tensor){"bias", n, 1, 1, .is_bias = true}, &m->bias);
}

/* 4. initial: weights from a stream of random numbers; biases stay 0. */
static synrl_status initial(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, float *weights) {
    const synrl_tensor *w = synrl_tensor_at(layout, ((struct model *)self)->weight);
    const int64_t seed = ((const struct config *)config)->seed;
    const synrl_stream stream = {(uint64_t)seed, 0, SYNRL_PURPOSE_WEIGHTS};
    host->random->uniform(stream, 0, w->n_rows * w->n_columns, -1, 1, weights + w->first);
    return SYNRL_OK;
}

/* 5. forward: one block of samples. The source has no x, so it reads the inputs. */
static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
    const synrl_source inputs = {.tensor = ((struct model *)self)->weight};
    host->engine->units(pass, 1, &inputs, (int)((struct model *)self)->bias, NULL, outputs);
}

/* 6. The entry. */
SYNRL_MODEL(linear, "1.0.0", "one layer of weights", "yhat = W x + b", SYNRL_PARAMS(params),
            struct model, .create = create, .initial = initial, .forward = forward);
