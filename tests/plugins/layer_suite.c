/* SPDX-License-Identifier: MIT */
/* Layers in the model "sequential": what the core refuses of one. */
#include <math.h>
#include <string.h>

#include "support/support.h"
#include "support/test.h"
#include "train/dataset.h"
#include "train/network.h"

static struct core *core;

static void setup(void) {
    core = test_core();
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("layer", .setup = setup, .teardown = teardown);

/* A network at work on all samples of a data set. */
struct made {
    struct component *model, *loss;
    struct dataset *data;
    struct network *network;
};

/* 37 pictures of 6 x 5 bytes, of four classes. */
static struct dataset *pictures(void) {
    struct component *component =
        test_component(core, SYNRL_KIND_DATASET, "pixels",
                       GIVEN({"samples", INTEGER(37)}, {"inputs", INTEGER(30)},
                             {"width", INTEGER(5)}, {"classes", INTEGER(4)}));
    struct dataset *data;
    ck_assert_msg(dataset_create(core, component, &data) == SYNRL_OK, "%s", core->message);
    component_release(component);
    return data;
}

/* Takes the layers. */
static synrl_status try_make(struct made *made, size_t n, struct component *const *layers) {
    struct value items[8];
    *made = (struct made){.data = pictures()};
    for (size_t i = 0; i < n; i++) {
        items[i] = (struct value)COMPONENT(layers[i]);
    }
    made->model =
        test_component(core, SYNRL_KIND_MODEL, "sequential", GIVEN({"layers", LIST_OF(n, items)}));
    made->loss = test_component(core, SYNRL_KIND_LOSS, "cross_entropy", 0, NULL);
    for (size_t i = 0; i < n; i++) {
        component_release(layers[i]);
    }
    const synrl_status status =
        network_create(core, made->model, made->loss, made->data, 37, &made->network);
    return status == SYNRL_OK ? network_bind(made->network, NULL) : status;
}

static void unmake(struct made *made) {
    network_destroy(made->network);
    dataset_release(made->data);
    component_release(made->model);
    component_release(made->loss);
}

#define LAYER(id, ...) test_component(core, SYNRL_KIND_LAYER, id, GIVEN(__VA_ARGS__))
#define PLAIN_LAYER(id) test_component(core, SYNRL_KIND_LAYER, id, 0, NULL)

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
    struct made made;
    struct component *const layers[] = {LAYER("dense", {"units", INTEGER(3)}),
                                        LAYER("wrong_layer", {"fault", STRING(faults[_i].fault)}),
                                        PLAIN_LAYER("dense")};
    const synrl_status status = try_make(&made, 3, layers);
    test_failure(core,
                 strstr(faults[_i].fault, "scratch") != NULL ? SYNRL_NO_MEMORY : SYNRL_INVALID,
                 status, faults[_i].message);
    unmake(&made);
}

TEST(a_layer_that_is_right_is_made) {
    struct made made;
    struct component *const layers[] = {PLAIN_LAYER("wrong_layer"), PLAIN_LAYER("wrong_layer"),
                                        PLAIN_LAYER("dense")};
    ck_assert_msg(try_make(&made, 3, layers) == SYNRL_OK, "%s", core->message);
    ck_assert_uint_eq(network_layout(made.network)->n_synapses, 30 + 1 + 4 + 4);
    ck_assert_str_eq(network_layout(made.network)->tensors[1].name, "layer2.weight");
    ck_assert_uint_eq(network_layout(made.network)->tensors[1].layer, 2);
    unmake(&made);
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
