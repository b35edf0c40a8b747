/* SPDX-License-Identifier: MIT */
/* What a network answers on a data set, apart from any training, and the hash of its weights. */
#include <math.h>
#include <string.h>
#include <xxhash.h>

#include "train/evaluate.h"
#include "train/named_weights.h"
#include "train/network.h"
#include "train/trainer.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "hashes are of little-endian floats");

uint64_t weights_hash(const float *weights, size_t n) {
    return XXH3_64bits(weights, n * sizeof *weights);
}

static synrl_status set_weights(struct core *core, struct network *network,
                                const struct tensors *given) {
    const synrl_layout *layout = network_layout(network);
    if (given == NULL) {
        return SYNRL_OK;
    }
    float *weights = core_alloc(core, layout->n_synapses, sizeof *weights);
    if (weights == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = tensors_fit(core, given, layout, weights);
    if (status == SYNRL_OK) {
        network_set_weights(network, weights);
    }
    core_free(core, weights);
    return status;
}

static synrl_status allocate(struct core *core, const struct network *network, bool outputs,
                             struct evaluation *result) {
    const size_t n_classes = result->n_classes;
    if (outputs) {
        result->outputs = core_alloc(core, result->n_samples, result->n_outputs * sizeof(float));
    }
    if (network_has_classes(network) || !result->is_labelled) {
        result->predicted = core_alloc(core, result->n_samples, sizeof(int32_t));
    }
    if (network_has_classes(network) && n_classes <= CONFUSION_CLASSES_MAX) {
        result->confusion = core_alloc(core, n_classes * n_classes, sizeof(uint64_t));
    }
    const bool has_all =
        (!outputs || result->outputs != NULL) &&
        ((!network_has_classes(network) && result->is_labelled) || result->predicted != NULL) &&
        (!network_has_classes(network) || n_classes > CONFUSION_CLASSES_MAX ||
         result->confusion != NULL);
    return has_all ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static synrl_status answer(struct core *core, struct network *network, bool outputs,
                           struct evaluation *result) {
    result->n_outputs = network_layout(network)->n_outputs;
    if (network_has_classes(network)) {
        /* A network may have more outputs than the data has classes. */
        const size_t n = result->n_outputs == 1 ? 2 : result->n_outputs;
        result->n_classes = n > result->n_classes ? n : result->n_classes;
    }
    SYNRL_TRY(allocate(core, network, outputs, result));
    struct pass pass;
    SYNRL_TRY(network_pass(network,
                           &(struct pass_options){.count_correct = true,
                                                  .outputs = result->outputs,
                                                  .predicted = result->predicted},
                           &pass));
    result->loss = pass.loss;
    result->accuracy = (double)NAN;
    if (network_has_classes(network)) {
        result->accuracy = (double)pass.n_correct / (double)result->n_samples;
    }
    for (size_t s = 0; result->confusion != NULL && s < result->n_samples; s++) {
        result->confusion[(size_t)network_class(network, s) * result->n_classes +
                          (size_t)result->predicted[s]]++;
    }
    return SYNRL_OK;
}

synrl_status evaluate(struct core *core, struct component *model, const struct tensors *weights,
                      struct component *loss, struct dataset *data, bool outputs,
                      struct evaluation *result) {
    struct network *network = NULL;
    *result = (struct evaluation){.n_samples = dataset_data(data)->n_samples,
                                  .n_classes = dataset_data(data)->n_classes,
                                  .is_labelled = dataset_is_labelled(data)};
    synrl_status status = network_create(core, model, result->is_labelled ? loss : NULL, data,
                                         dataset_data(data)->n_samples, &network);
    if (status == SYNRL_OK) {
        status = set_weights(core, network, weights);
    }
    if (status == SYNRL_OK) {
        status = network_bind(network, NULL);
    }
    if (status == SYNRL_OK) {
        status = answer(core, network, outputs, result);
    }
    network_destroy(network);
    if (status != SYNRL_OK) {
        evaluation_free(core, result);
    }
    return status;
}

static double ratio(uint64_t part, uint64_t whole) {
    return whole > 0 ? (double)part / (double)whole : (double)NAN;
}

struct class_scores evaluation_class(const struct evaluation *evaluation, size_t class) {
    const size_t n = evaluation->n_classes;
    struct class_scores scores = {.n_both = evaluation->confusion[class * n + class]};
    for (size_t other = 0; other < n; other++) {
        scores.n_samples += evaluation->confusion[class * n + other];
        scores.n_predicted += evaluation->confusion[other * n + class];
    }
    scores.recall = ratio(scores.n_both, scores.n_samples);
    scores.precision = ratio(scores.n_both, scores.n_predicted);
    scores.f1 = ratio(2 * scores.n_both, scores.n_samples + scores.n_predicted);
    return scores;
}

bool evaluation_has_classes(const struct evaluation *evaluation, const struct classes *classes) {
    return evaluation->predicted != NULL && (evaluation->is_labelled || classes->n > 0);
}

bool evaluation_has_probabilities(const struct component *loss) {
    const synrl_loss_ops *ops = loss != NULL ? component_plugin(loss)->entry->ops : NULL;
    return ops != NULL && SYNRL_REACHES(ops, traits) && (ops->traits & SYNRL_LOSS_LOGITS) != 0;
}

void evaluation_probabilities(const struct evaluation *evaluation, size_t sample, double *shares) {
    const size_t n = evaluation->n_outputs;
    const float *outputs = evaluation->outputs + sample * n;
    double most = (double)outputs[0], sum = 0;
    for (size_t o = 1; o < n; o++) {
        most = (double)outputs[o] > most ? (double)outputs[o] : most;
    }
    for (size_t o = 0; o < n; o++) {
        shares[o] = exp((double)outputs[o] - most);
        sum += shares[o];
    }
    for (size_t o = 0; o < n; o++) {
        shares[o] /= sum;
    }
}

void evaluation_free(struct core *core, struct evaluation *result) {
    core_free(core, result->outputs);
    core_free(core, result->predicted);
    core_free(core, result->confusion);
    *result = (struct evaluation){.n_samples = 0};
}
