/* SPDX-License-Identifier: MIT */
/* Example of a layer: units in pairs, of which the larger one counts (a maxout of two).
 *
 *     z = W x + b;  y_i = max(z_2i, z_2i+1)
 *
 * Build it, and use it from a script:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) my_layer.c -o my_layer.so
 *     model = synrl.model("sequential", { layers = { synrl.layer("my_layer", { units = 16 }),
 * "dense" } })
 *
 * Goodfellow et al., "Maxout networks", 2013. */
#include <synrl/layer.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    int64_t units;
};
static const synrl_param params[] = {SYNRL_INTEGER(units, "8", 1, 65536, "outputs")};

/* 2. The instance, zeros at first. The host frees it. */
struct layer {
    size_t n, weight, bias; /* outputs; numbers of the tensors */
};

/* 3. create: the tensors, what goes out, and room for z. The host draws the weights. */
static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    struct layer *l = self;
    const size_t n_in = synrl_layer_size(&layer->in);
    l->n = (size_t)((const struct config *)config)->units;
    layer->out = (synrl_layer_shape){1, 1, 1, l->n};
    layer->scratch = 2 * l->n * SYNRL_LANES;
    const synrl_tensor weight = {"weight", 2 * l->n, n_in, .reads_inputs = layer->may_read_inputs};
    SYNRL_TRY(layer->add(layer, &weight, &l->weight));
    return layer->add(layer, &(synrl_tensor){"bias", 2 * l->n, 1, .is_bias = true}, &l->bias);
}

/* 4. forward: one block of samples. x is NULL where the weights read the inputs. */
static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct layer *l = self;
    float *z = pass->layer_scratch;
    host->engine->units(pass, 1, &(synrl_source){l->weight, 0, x}, (int)l->bias, NULL, z);
    for (size_t i = 0; i < l->n * SYNRL_LANES; i++) {
        const size_t pair = i / SYNRL_LANES * 2 * SYNRL_LANES + i % SYNRL_LANES;
        y[i] = z[pair] > z[pair + SYNRL_LANES] ? z[pair] : z[pair + SYNRL_LANES];
    }
}

/* 5. The entry. */
SYNRL_LAYER(my_layer, "1.0.0", "maxout of pairs of units", "Goodfellow et al. 2013",
            SYNRL_PARAMS(params), struct layer, .create = create, .forward = forward);
