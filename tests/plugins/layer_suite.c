/* SPDX-License-Identifier: MIT */
/* Layers: by hand, what is random in them, and what the core refuses of one. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "support/chain.h"
#include "support/test.h"

static struct core *core;

static void setup(void) {
    core = test_core();
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("layer", .setup = setup, .teardown = teardown);

/* By hand -------------------------------------------------------------------------------------- */

/* A layer without weights, alone: y of x, and slope_x of slope_y, in all lanes; the shape that goes
 * out. */
static synrl_layer_shape alone(const char *id, const struct component *component,
                               synrl_layer_shape in, const synrl_pass *given, const float *x,
                               float *y, const float *slope_y, float *slope_x) {
    static float lanes[4][64 * SYNRL_LANES], scratch[64 * SYNRL_LANES];
    static max_align_t self[64];
    const synrl_layer *layer = component_layer(component);
    const synrl_host *host = &component_host((struct component *)component)->api;
    synrl_layer_builder builder = {.size = sizeof builder, .number = 1, .in = in, .out = in};
    synrl_pass pass = *given;
    ck_assert_str_eq(layer->id, id);
    ck_assert_int_eq(layer->ops->create(host, layer->config, self, &builder), SYNRL_OK);
    ck_assert_uint_le(builder.scratch, COUNT_OF(scratch));
    const size_t n_in = synrl_layer_size(&in), n_out = synrl_layer_size(&builder.out);
    pass.layer_scratch = scratch;
    for (size_t i = 0; i < 64 * SYNRL_LANES; i++) {
        lanes[0][i] = i / SYNRL_LANES < n_in ? x[i / SYNRL_LANES] : 0.0F;
        lanes[2][i] = i / SYNRL_LANES < n_out && slope_y != NULL ? slope_y[i / SYNRL_LANES] : 0.0F;
    }
    layer->ops->forward(host, layer->config, self, &pass, lanes[0], lanes[1]);
    for (size_t i = 0; i < n_out * SYNRL_LANES; i++) {
        ck_assert(given->is_training || lanes[1][i] == lanes[1][i / SYNRL_LANES * SYNRL_LANES]);
        y[given->is_training ? i : i / SYNRL_LANES] = lanes[1][i];
    }
    const synrl_layer_slopes slopes = {.size = sizeof slopes,
                                       .pass = &pass,
                                       .x = lanes[0],
                                       .y = lanes[1],
                                       .slope_y = lanes[2],
                                       .slope_x = lanes[3]};
    if (slope_y != NULL) {
        layer->ops->backward(host, layer->config, self, &slopes);
        for (size_t i = 0; i < n_in * SYNRL_LANES; i++) {
            slope_x[given->is_training ? i : i / SYNRL_LANES] = lanes[3][i];
        }
    }
    return builder.out;
}

static const synrl_pass evaluating = {.size = sizeof(synrl_pass)};

/* Two channels, interleaved; windows of 2 x 2 in a row of 3 x 2 pixels:
 *   first channel  1 5 3    second  0 -1 -2
 *                  4 5 2            -3 7 7
 * Their largest: 5, 5 and 7, 7; their means: 15 / 4, 15 / 4 and 3 / 4, 11 / 4. Slopes of the
 * largest go to the first 5 of both windows (row 0), and to the 7 in the middle. */
TEST(pooling_by_hand) {
    static const float x[] = {1, 0, 5, -1, 3, -2, 4, -3, 5, 7, 2, 7};
    static const float slopes[] = {1, 2, 4, 8};
    static const float at[] = {0, 0, 5, 0, 0, 0, 0, 0, 0, 10, 0, 0};
    static const float shared[] = {0.25F, 0.5F, 1.25F, 2.5F, 1, 2, 0.25F, 0.5F, 1.25F, 2.5F, 1, 2};
    const synrl_layer_shape in = {1, 2, 3, 2};
    float y[4], slope_x[12];
    struct component *largest = LAYER("maxpool", {"kernel", INTEGER(2)}, {"stride", INTEGER(1)});
    struct component *mean = LAYER("avgpool", {"kernel", INTEGER(2)}, {"stride", INTEGER(1)});
    const synrl_layer_shape out = alone("maxpool", largest, in, &evaluating, x, y, slopes, slope_x);
    ck_assert(out.height == 1 && out.width == 2 && out.n_channels == 2 && out.n_steps == 1);
    ck_assert_mem_eq(y, ((const float[]){5, 7, 5, 7}), sizeof y);
    ck_assert_mem_eq(slope_x, at, sizeof at);
    alone("avgpool", mean, in, &evaluating, x, y, slopes, slope_x);
    ck_assert_mem_eq(y, ((const float[]){3.75F, 0.75F, 3.75F, 2.75F}), sizeof y);
    ck_assert_mem_eq(slope_x, shared, sizeof shared);
    component_release(largest);
    component_release(mean);
}

/* The steps of a sequence are the rows of a picture one wide; what goes out is a sequence again. */
TEST(pooling_of_a_sequence) {
    float y[2];
    const struct value kernel[] = {INTEGER(2), INTEGER(1)};
    struct component *largest = LAYER("maxpool", {"kernel", LIST(kernel)});
    const synrl_layer_shape out = alone("maxpool", largest, (synrl_layer_shape){5, 1, 1, 1},
                                        &evaluating, (const float[]){3, 1, 2, 4, 9}, y, NULL, NULL);
    ck_assert(out.n_steps == 2 && out.height == 1 && out.width == 1 && out.n_channels == 1);
    ck_assert(y[0] == 3.0F && y[1] == 4.0F);
    component_release(largest);
}

/* 1, 3, 5, 7: mean 4, variance (9 + 1 + 1 + 9) / 4 = 5, and with epsilon 11 the deviation is 4. */
TEST(normalise_by_hand) {
    float y[4];
    struct component *layer = LAYER("normalise", {"epsilon", NUMBER(11)});
    alone("normalise", layer, (synrl_layer_shape){1, 2, 1, 2}, &evaluating,
          (const float[]){1, 3, 5, 7}, y, NULL, NULL);
    ck_assert_mem_eq(y, ((const float[]){-0.75F, -0.25F, 0.25F, 0.75F}), sizeof y);
    component_release(layer);
}

/* Dropout -------------------------------------------------------------------------------------- */

static synrl_pass training_at(uint64_t iteration, size_t block) {
    return (synrl_pass){.size = sizeof(synrl_pass),
                        .seed = 7,
                        .iteration = iteration,
                        .block = block,
                        .is_training = true};
}

TEST(dropout_drops_while_training_only) {
    enum { N = 64 * SYNRL_LANES };
    float x[64], slope[64], y[N], again[N], slope_x[N];
    struct component *layer = LAYER("dropout", {"rate", NUMBER(0.25)});
    const synrl_layer_shape in = {1, 8, 8, 1};
    size_t n_dropped = 0, n_others = 0;
    for (size_t i = 0; i < 64; i++) {
        x[i] = 3.0F;
        slope[i] = 6.0F;
    }
    alone("dropout", layer, in, &evaluating, x, y, slope, slope_x);
    ck_assert_mem_eq(x, y, sizeof x);
    ck_assert_mem_eq(slope, slope_x, sizeof slope);
    const synrl_pass pass = training_at(5, 2);
    alone("dropout", layer, in, &pass, x, y, slope, slope_x);
    for (size_t i = 0; i < N; i++) {
        ck_assert(y[i] == 0.0F || y[i] == 4.0F); /* 3 / (1 - 0.25) */
        ck_assert(slope_x[i] == 2.0F * y[i]);
        n_dropped += y[i] == 0.0F;
    }
    ck_assert(n_dropped > N / 5 && n_dropped < N * 3 / 10); /* 256 of 1024, deviation 14 */
    alone("dropout", layer, in, &pass, x, again, NULL, NULL);
    ck_assert_mem_eq(y, again, sizeof y);
    const synrl_pass others[] = {training_at(6, 2), training_at(5, 3)};
    for (size_t k = 0; k < COUNT_OF(others); k++) {
        alone("dropout", layer, in, &others[k], x, again, NULL, NULL);
        for (size_t i = n_others = 0; i < N; i++) {
            n_others += y[i] != again[i];
        }
        ck_assert(n_others > N * 3 / 10); /* 2 x 0.25 x 0.75 of them, 384 */
    }
    component_release(layer);
}

/* In evaluation a network with dropout is one without, to the bit; while it trains it is not. */
TEST(dropout_in_a_network) {
    struct chain_made with, without;
    float a[37 * 4], b[37 * 4], weights[30 * 6 + 6 + 6 * 4 + 4];
    struct component *const layers[] = {LAYER("dense", {"units", INTEGER(6)}),
                                        PLAIN_LAYER("dropout"), PLAIN_LAYER("dense")};
    ck_assert_msg(chain_try_make(&with, core, 3, layers) == SYNRL_OK, "%s", core->message);
    struct component *const others[] = {LAYER("dense", {"units", INTEGER(6)}),
                                        PLAIN_LAYER("dense")};
    ck_assert_int_eq(chain_try_make(&without, core, 2, others), SYNRL_OK);
    network_get_weights(with.network, weights);
    network_set_weights(without.network, weights);
    chain_run(&with, a);
    chain_run(&without, b);
    ck_assert_mem_eq(a, b, sizeof a);
    ck_assert(network_is_random(with.network) && !network_is_random(without.network));
    network_set_training(with.network);
    network_set_time(with.network, 1, 3);
    chain_run(&with, a);
    ck_assert(memcmp(a, b, sizeof a) != 0);
    chain_unmake(&with);
    chain_unmake(&without);
}

/* What the core refuses ------------------------------------------------------------------------ */

static const struct {
    const char *fault, *message;
} faults[] = {
    {"gives nothing",
     "layer 2 (wrong_layer): gives 1 steps of 1 x 0 x 3 values: each must be at least 1, and all "
     "fewer than 2^31"},
    {"gives too much", "layer 2 (wrong_layer): gives 4096 steps of 4096 x 4096 x 4096 values"},
    {"too much scratch",
     "model \"sequential\": asks for 9223372036854775807 floats of scratch memory"},
    {"long name",
     "layer 2 (wrong_layer): a tensor is called "
     "\"a_name_of_more_letters_than_there_is_room_for_with_a_"
     "prefix\": must have a name of at most 50 letters"},
    {"no name",
     "layer 2 (wrong_layer): a tensor is called \"\": must have a name of at most 50 letters"},
    {"odd name",
     "layer 2 (wrong_layer): tensor \"layer2.Weight\" must be named by 1 to 63 lower-case letters"},
    {"reads inputs",
     "layer 2 (wrong_layer): tensor \"weight\" reads the inputs: the values of another layer come "
     "in"},
    {"no message", "layer 2 (wrong_layer): create failed (status 1) without a message"},
    {"twice", "layer 2 (wrong_layer): tensor \"layer2.weight\" is added twice"},
    {"another tensor",
     "model \"sequential\": units of tensor 9 (not in the layout): there is no such tensor"},
    {"fails", "layer 2 (wrong_layer): failed: on purpose (in forward of model \"sequential\")"},
};

TEST_EACH(names_what_a_layer_gets_wrong, COUNT_OF(faults)) {
    struct chain_made made;
    struct component *const layers[] = {LAYER("dense", {"units", INTEGER(3)}),
                                        LAYER("wrong_layer", {"fault", STRING(faults[_i].fault)}),
                                        PLAIN_LAYER("dense")};
    const synrl_status status = chain_try_make(&made, core, 3, layers);
    test_failure(core,
                 strstr(faults[_i].fault, "scratch") != NULL ? SYNRL_NO_MEMORY : SYNRL_INVALID,
                 status, faults[_i].message);
    chain_unmake(&made);
}

TEST(a_layer_that_is_right_is_made) {
    struct chain_made made;
    struct component *const layers[] = {PLAIN_LAYER("wrong_layer"), PLAIN_LAYER("wrong_layer"),
                                        PLAIN_LAYER("dense")};
    ck_assert_msg(chain_try_make(&made, core, 3, layers) == SYNRL_OK, "%s", core->message);
    ck_assert_uint_eq(network_layout(made.network)->n_synapses, 30 + 1 + 4 + 4);
    ck_assert_str_eq(network_layout(made.network)->tensors[1].name, "layer2.weight");
    ck_assert_uint_eq(network_layout(made.network)->tensors[1].layer, 2);
    chain_unmake(&made);
}

static synrl_status make_one(struct core *scarce) {
    struct component *model, *pixels, *loss = NULL;
    struct dataset *data = NULL;
    struct network *network = NULL;
    SYNRL_TRY(component_create(scarce, SYNRL_KIND_MODEL, "sequential", &model));
    synrl_status status = component_set_text(model, "layers", "{dense, flatten, dense}");
    status = status == SYNRL_OK ? component_finish(model) : status;
    if (status == SYNRL_OK && (status = component_create_default(scarce, SYNRL_KIND_DATASET,
                                                                 "pixels", &pixels)) == SYNRL_OK) {
        status = dataset_create(scarce, pixels, &data);
        component_release(pixels);
    }
    status = status == SYNRL_OK ? component_create_default(scarce, SYNRL_KIND_LOSS, "mse", &loss)
                                : status;
    status = status == SYNRL_OK ? network_create(scarce, model, loss, data, 20, &network) : status;
    network_destroy(network);
    dataset_release(data);
    component_release(loss);
    component_release(model);
    return status;
}

TEST(every_allocation_may_fail) {
    test_short_memory(make_one);
}
