/* SPDX-License-Identifier: MIT */
/* A network at work on a batch.
 *
 * The forward pass runs block by block, each block from its inputs to its loss on one worker; what
 * the workers bring back are integers, so their number cannot change a bit of the loss. */
#include "train/network.h"

#include <math.h>

#include "base/ranks.h"
#include "engine/engine.h"
#include "engine/pool.h"
#include "plugin/host.h"
#include "train/network_private.h"
#include "train/network_trial.h"

static const char *plugin_id(const struct component *component) {
    return component_plugin(component)->entry->id;
}

/* Making --------------------------------------------------------------------------------------- */

/* Whether the data's targets suit the loss and the network's outputs. */
static synrl_status check_targets(struct network *network) {
    const synrl_data *data = dataset_data(network->data);
    const size_t n_outputs = network->model.layout.n_outputs;
    const char *data_id = dataset_id(network->data), *model_name = model_id(&network->model);
    if (network->loss_component != NULL && !dataset_is_labelled(network->data)) {
        return core_fail(network->core, SYNRL_INVALID,
                         "loss \"%s\": dataset \"%s\" has neither labels nor targets to learn or "
                         "to compare with; its parameters, or the labels of synrl.data, say which "
                         "they are",
                         plugin_id(network->loss_component), data_id);
    }
    if (network->loss_component != NULL &&
        loss_ops(network)->target_format == SYNRL_TARGET_LABELS && data->labels == NULL) {
        return core_fail(network->core, SYNRL_INVALID,
                         "loss \"%s\" needs labels, and dataset \"%s\" gives targets only; try "
                         "\"euclidean\" or \"mse\"",
                         plugin_id(network->loss_component), data_id);
    }
    if (data->labels != NULL && data->targets == NULL) {
        const bool is_sign = n_outputs == 1 && data->n_classes == 2;
        if (n_outputs != data->n_classes && !is_sign) {
            return core_fail(network->core, SYNRL_INVALID,
                             "model \"%s\" has %zu outputs, and dataset \"%s\" has %zu classes: "
                             "there must be one output per class",
                             model_name, n_outputs, data_id, data->n_classes);
        }
    } else if (data->targets != NULL && data->n_targets != n_outputs) {
        return core_fail(network->core, SYNRL_INVALID,
                         "model \"%s\" has %zu outputs, and dataset \"%s\" has %zu targets per "
                         "sample: the numbers must be equal",
                         model_name, n_outputs, data_id, data->n_targets);
    }
    if (network->loss_component != NULL &&
        loss_ops(network)->target_format == SYNRL_TARGET_LABELS && n_outputs < data->n_classes) {
        return core_fail(network->core, SYNRL_INVALID,
                         "loss \"%s\" needs one output per class: model \"%s\" has %zu, dataset "
                         "\"%s\" has %zu classes",
                         plugin_id(network->loss_component), model_name, n_outputs, data_id,
                         data->n_classes);
    }
    return SYNRL_OK;
}

static synrl_status allocate(struct network *network) {
    struct core *core = network->core;
    const synrl_data *data = dataset_data(network->data);
    const size_t n_blocks = network->n_blocks;
    const size_t n_outputs = network->model.layout.n_outputs, n_workers = pool_size(core->pool);
    const bool wants_labels =
        network->loss_component != NULL && loss_ops(network)->target_format == SYNRL_TARGET_LABELS;
    if (wants_labels) {
        network->target_labels = core_alloc(core, n_blocks, SYNRL_LANES * sizeof(int32_t));
    } else {
        network->target_vectors =
            core_alloc(core, n_blocks, n_outputs * SYNRL_LANES * sizeof(float));
    }
    if (data->n_classes > 0) {
        network->classes = core_alloc(core, n_blocks, SYNRL_LANES * sizeof(int32_t));
    }
    network->rows = core_alloc(core, network->n_samples, sizeof(uint32_t));
    network->outputs = core_alloc(core, n_workers, n_outputs * SYNRL_LANES * sizeof(float));
    network->tallies = core_alloc(core, n_workers, sizeof *network->tallies);
    network->alphas = core_alloc(core, network->model.layout.n_tensors, sizeof *network->alphas);
    if ((network->target_labels == NULL && network->target_vectors == NULL) ||
        (data->n_classes > 0 && network->classes == NULL) || network->rows == NULL ||
        network->outputs == NULL || network->tallies == NULL || network->alphas == NULL) {
        return SYNRL_NO_MEMORY;
    }
    return batch_create(&network->model.host.api, network->n_samples, data->n_inputs,
                        data->format == SYNRL_INPUT_BYTES, data->scale, &network->batch);
}

synrl_shape data_shape(const synrl_data *data) {
    return (synrl_shape){.size = sizeof(synrl_shape),
                         .n_samples = data->n_samples,
                         .n_inputs = data->n_inputs,
                         .n_targets = data->n_targets,
                         .n_classes = data->n_classes,
                         .height = data->height,
                         .width = data->width,
                         .n_channels = data->n_channels,
                         .n_steps = data->n_steps};
}

/* What the loss itself has to say of the data. */
static synrl_status check_loss(struct network *network, const synrl_shape *shape) {
    struct component *loss = network->loss_component;
    if (loss == NULL || !SYNRL_OFFERS(loss_ops(network), check)) {
        return SYNRL_OK;
    }
    struct host *host = component_host(loss);
    const struct operation before = host_enter(host, "check");
    return host_leave(host, before,
                      loss_ops(network)->check(&host->api, component_config(loss), shape,
                                               network->model.layout.n_outputs));
}

static synrl_status build(struct network *network, struct component *model) {
    const synrl_shape shape = data_shape(dataset_data(network->data));
    SYNRL_TRY(model_create(&network->model, network->core, model, &shape));
    SYNRL_TRY(check_targets(network));
    SYNRL_TRY(check_loss(network, &shape));
    SYNRL_TRY(model_initial(&network->model));
    return allocate(network);
}

synrl_status network_create(struct core *core, struct component *model, struct component *loss,
                            struct dataset *data, size_t n_samples, struct network **made) {
    *made = NULL;
    struct network *network = core_alloc(core, 1, sizeof *network);
    if (network == NULL) {
        return SYNRL_NO_MEMORY;
    }
    network->core = core;
    network->loss_component = loss != NULL ? component_retain(loss) : NULL;
    network->data = dataset_retain(data);
    network->n_samples = n_samples;
    network->n_blocks = (n_samples + SYNRL_LANES - 1) / SYNRL_LANES;
    network->is_in_script =
        component_in_script(model) != NULL || (loss != NULL && component_in_script(loss) != NULL);
    if (network->is_in_script) {
        pool_keep(core->pool, true);
    }
    const synrl_status status = build(network, model);
    if (status != SYNRL_OK) {
        network_destroy(network);
        return status;
    }
    *made = network;
    return SYNRL_OK;
}

void network_destroy(struct network *network) {
    if (network == NULL) {
        return;
    }
    struct core *core = network->core;
    if (network->is_in_script) {
        pool_keep(core->pool, false);
    }
    core_free(core, network->target_vectors);
    core_free(core, network->target_labels);
    core_free(core, network->classes);
    core_free(core, network->rows);
    core_free(core, network->outputs);
    core_free(core, network->tallies);
    core_free(core, network->slopes);
    core_free(core, network->terms);
    core_free(core, network->alphas);
    model_clear(&network->model);
    component_release(network->loss_component);
    dataset_release(network->data);
    core_free(core, network);
}

/* Binding -------------------------------------------------------------------------------------- */

/* The target of one sample for one output: as given, or one-hot of its label; a single output for
 * two classes gets -1 and +1. */
static float target_value(const synrl_data *data, size_t row, size_t output, size_t n_outputs) {
    if (data->targets != NULL) {
        return data->targets[row * n_outputs + output];
    }
    if (n_outputs == 1) {
        return data->labels[row] == 1 ? 1.0F : -1.0F;
    }
    return (size_t)data->labels[row] == output ? 1.0F : 0.0F;
}

static int32_t sample_class(const synrl_data *data, size_t row) {
    if (data->labels != NULL) {
        return data->labels[row];
    }
    return predicted_class(data->targets + row * data->n_targets, data->n_targets, 1);
}

synrl_status network_bind(struct network *network, const uint32_t *samples) {
    const synrl_data *data = dataset_data(network->data);
    const size_t n_outputs = network->model.layout.n_outputs, n = network->n_samples;
    const bool is_labelled = dataset_is_labelled(network->data);
    for (size_t i = 0; i < n; i++) {
        network->rows[i] = (uint32_t)dataset_row(network->data, samples != NULL ? samples[i] : i);
    }
    for (size_t i = 0; i < network->n_blocks * SYNRL_LANES; i++) { /* padding repeats the last */
        const size_t row = network->rows[i < n ? i : n - 1];
        const size_t block = i / SYNRL_LANES, lane = i % SYNRL_LANES;
        if (network->target_labels != NULL) {
            network->target_labels[i] = data->labels[row];
        } else {
            for (size_t o = 0; is_labelled && o < n_outputs; o++) {
                network->target_vectors[(block * n_outputs + o) * SYNRL_LANES + lane] =
                    target_value(data, row, o, n_outputs);
            }
        }
        if (network->classes != NULL) {
            network->classes[i] = sample_class(data, row);
        }
    }
    batch_fill(network->batch, data->inputs, network->rows);
    SYNRL_TRY(weights_bind(network->model.weights, network->batch));
    return network->is_tried ? SYNRL_OK : network_trial(network);
}

/* Forward -------------------------------------------------------------------------------------- */

/* The class a network answers: the first of the largest outputs, or the sign of a single one. */
int32_t predicted_class(const float *outputs, size_t n_outputs, size_t stride) {
    if (n_outputs == 1) {
        return outputs[0] > 0.0F ? 1 : 0;
    }
    size_t best = 0;
    for (size_t o = 1; o < n_outputs; o++) {
        best = outputs[o * stride] > outputs[best * stride] ? o : best;
    }
    return (int32_t)best;
}

struct pass_work {
    struct network *network;
    bool count_correct;
    float *outputs;
    int32_t *predicted;
    struct watch *watch;
    bool has_loss;
    size_t first, end; /* the blocks that pass */
};

/* Adds a block's loss terms and counts correct predictions. */
static void finish_block(const struct pass_work *work, size_t block, const float *outputs,
                         float *terms, struct tally *tally) {
    const struct network *network = work->network;
    const size_t n = block_samples(network, block), n_outputs = network->model.layout.n_outputs;
    if (work->has_loss) {
        take_terms(network, block, outputs, terms);
    }
    for (size_t s = 0; work->count_correct && s < n; s++) {
        const int32_t label = network->classes[block * SYNRL_LANES + s];
        tally->n_correct += predicted_class(outputs + s, n_outputs, SYNRL_LANES) == label;
    }
    for (size_t s = 0; work->predicted != NULL && s < n; s++) {
        work->predicted[block * SYNRL_LANES + s] =
            predicted_class(outputs + s, n_outputs, SYNRL_LANES);
    }
    for (size_t s = 0; work->outputs != NULL && s < n; s++) {
        for (size_t o = 0; o < n_outputs; o++) {
            work->outputs[(block * SYNRL_LANES + s) * n_outputs + o] = outputs[o * SYNRL_LANES + s];
        }
    }
}

static void pass_tile(const struct pass_work *work, size_t worker, size_t first, size_t n_blocks,
                      struct tally *tally) {
    struct network *network = work->network;
    float *outputs = network->outputs + worker * network->model.layout.n_outputs * SYNRL_LANES;
    float scratch[SYNRL_TILE_BLOCKS * SYNRL_LANES];
    float *terms = network->terms != NULL ? network->terms + first * SYNRL_LANES : scratch;
    synrl_pass pass = make_pass(network, work->watch, worker);
    for (size_t i = 0; i < n_blocks; i++) {
        const size_t at = batch_is_reversed(network->batch) ? n_blocks - 1 - i : i;
        pass.block = first + at;
        forward(network, &pass, outputs);
        finish_block(work, first + at, outputs, terms + at * SYNRL_LANES, tally);
    }
    if (work->has_loss) {
        const size_t left = network->n_samples - first * SYNRL_LANES;
        const size_t n = left < n_blocks * SYNRL_LANES ? left : n_blocks * SYNRL_LANES;
        tally->is_finite &= engine_tally(n, terms, TERM_LIMIT, TERM_UNIT, &tally->sum);
    }
}

static void pass_share(void *context, size_t worker, size_t n_workers) {
    const struct pass_work *work = context;
    struct network *network = work->network;
    struct tally tally = {.is_finite = true};
    size_t first, end;
    pool_share(work->end - work->first, SYNRL_TILE_BLOCKS, worker, n_workers, &first, &end);
    first += work->first;
    end += work->first;
    const size_t n_tiles = (end - first + SYNRL_TILE_BLOCKS - 1) / SYNRL_TILE_BLOCKS;
    for (size_t i = 0; i < n_tiles; i++) {
        const size_t tile = batch_is_reversed(network->batch) ? n_tiles - 1 - i : i;
        const size_t at = first + tile * SYNRL_TILE_BLOCKS, left = end - at;
        pass_tile(work, worker, at, left < SYNRL_TILE_BLOCKS ? left : SYNRL_TILE_BLOCKS, &tally);
    }
    network->tallies[worker] = tally;
}

static struct tally add_up(const struct network *network) {
    struct tally total = {.is_finite = true};
    for (size_t worker = 0; worker < pool_size(network->core->pool); worker++) {
        total.sum += network->tallies[worker].sum;
        total.n_correct += network->tallies[worker].n_correct;
        total.is_finite &= network->tallies[worker].is_finite;
    }
    return total;
}

/* What forward cannot return: a violation of the model, of its activations, of the loss. */
synrl_status network_pass(struct network *network, const struct pass_options *options,
                          struct pass *pass) {
    struct pass_work work = {.network = network,
                             .count_correct = options->count_correct && network->classes != NULL,
                             .outputs = options->outputs,
                             .predicted = options->predicted,
                             .watch = options->watch,
                             .has_loss = network->loss_component != NULL && !options->without_loss};
    struct component *loss = work.has_loss ? network->loss_component : NULL;
    struct core *core = network->core;
    const bool is_shared = network->is_shared && ranks_several(core) && !options->is_whole &&
                           options->outputs == NULL && options->predicted == NULL;
    work.first = is_shared ? network->own_first : 0;
    work.end = is_shared ? network->own_end : network->n_blocks;
    const struct operation before = host_enter(&network->model.host, "forward");
    model_settled(&network->model, true); /* what forward takes it should give back */
    pool_run(network->core->pool, pass_share, &work);
    model_settled(&network->model, false);
    network->model.n_passes++;
    batch_reverse_order(network->batch);
    const synrl_status status =
        host_leave(&network->model.host, before, weights_check(network->model.weights));
    struct tally tally = add_up(network);
    SYNRL_TRY(is_shared ? network_tally_ranks(core, status, &tally) : status);
    *pass = (struct pass){.sum = tally.is_finite ? (double)tally.sum / TERM_UNIT : (double)INFINITY,
                          .loss = (double)NAN,
                          .n_correct = tally.n_correct};
    if (loss != NULL) {
        const struct operation outer = host_enter(component_host(loss), "finish");
        pass->loss = finish_loss(network, pass->sum);
        SYNRL_TRY(host_leave(component_host(loss), outer, SYNRL_OK));
    }
    return SYNRL_OK;
}

/* Measuring ------------------------------------------------------------------------------------ */

const synrl_layout *network_layout(const struct network *network) {
    return &network->model.layout;
}

size_t network_samples(const struct network *network) {
    return network->n_samples;
}

size_t network_blocks(const struct network *network) {
    return network->n_blocks;
}

bool network_has_classes(const struct network *network) {
    return network->classes != NULL;
}

int32_t network_class(const struct network *network, size_t sample) {
    return network->classes[sample];
}

bool network_loss_has_gradient(const struct network *network) {
    return SYNRL_OFFERS(loss_ops(network), gradient);
}

struct host *network_host(struct network *network) {
    return &network->model.host;
}

const synrl_weights *network_weights(const struct network *network) {
    return network->model.weights;
}

const synrl_batch *network_batch(const struct network *network) {
    return network->batch;
}

void network_set_time(struct network *network, uint64_t seed, uint64_t iteration) {
    network->seed = seed;
    network->iteration = iteration;
}

void network_set_training(struct network *network) {
    network->is_training = true;
}

bool network_is_random(const struct network *network) {
    return network->model.layers.is_random;
}

/* Moving --------------------------------------------------------------------------------------- */

void network_act(struct network *network, const int8_t *actions, float alpha, float bias_scale) {
    for (size_t t = 0; t < network->model.layout.n_tensors; t++) {
        network->alphas[t] = network->model.layout.tensors[t].is_bias ? bias_scale * alpha : alpha;
    }
    weights_act(network->model.weights, actions, network->alphas);
}

void network_act_tensors(struct network *network, const int8_t *actions, const float *alphas) {
    weights_act(network->model.weights, actions, alphas);
}

void network_undo(struct network *network, const int8_t *actions, const float *alphas) {
    weights_undo(network->model.weights, actions, alphas);
}

void network_act_rank_one(struct network *network, const int8_t *u, const int8_t *v,
                          const float *alphas) {
    weights_act_rank_one(network->model.weights, u, v, alphas);
}

void network_undo_rank_one(struct network *network, const int8_t *u, const int8_t *v,
                           const float *alphas) {
    weights_undo_rank_one(network->model.weights, u, v, alphas);
}

void network_last_actions(const struct network *network, int8_t *actions) {
    weights_last_actions(network->model.weights, actions);
}

void network_shift(struct network *network, const float *delta) {
    weights_shift(network->model.weights, delta);
}

void network_get_weights(const struct network *network, float *weights) {
    weights_get(network->model.weights, weights);
}

void network_set_weights(struct network *network, const float *weights) {
    weights_set(network->model.weights, weights);
}

/* State ---------------------------------------------------------------------------------------- */

size_t network_state_size(const struct network *network) {
    return model_state_size(&network->model);
}

synrl_status network_save(const struct network *network, void *state) {
    return model_save(&network->model, state);
}

synrl_status network_load(struct network *network, const void *state, size_t size) {
    return model_load(&network->model, state, size);
}
