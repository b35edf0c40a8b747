/* SPDX-License-Identifier: MIT */
/* The way back: slopes of the loss by outputs, and gradients by synapses. */
#include "train/network.h"

#include <math.h>
#include <string.h>

#include "engine/pool.h"
#include "plugin/host.h"
#include "train/network_private.h"
#include "train/network_trial.h"

synrl_status network_differentiable(struct network *network) {
    struct core *core = network->core;
    if (!SYNRL_OFFERS(loss_ops(network), gradient)) {
        return core_fail(core, SYNRL_UNSUPPORTED, "loss \"%s\" has no derivative",
                         component_plugin(network->loss_component)->entry->id);
    }
    if (!SYNRL_OFFERS(network->model.ops, backward) ||
        !SYNRL_OFFERS(network->model.ops, prepare_backward)) {
        return core_fail(core, SYNRL_UNSUPPORTED, "model \"%s\" has no derivative",
                         model_id(&network->model));
    }
    const struct operation before = host_enter(&network->model.host, "prepare_backward");
    return host_leave(&network->model.host, before,
                      network->model.ops->prepare_backward(
                          &network->model.host.api, network->model.config, network->model.self));
}

struct slope_work {
    struct network *network;
    double sum;
};

static void slope_share(void *context, size_t worker, size_t n_workers) {
    const struct slope_work *work = context;
    struct network *network = work->network;
    const size_t n_outputs = network->model.layout.n_outputs, size = n_outputs * SYNRL_LANES;
    float *outputs = network->outputs + worker * size;
    size_t first, end;
    pool_share(network->n_blocks, SYNRL_TILE_BLOCKS, worker, n_workers, &first, &end);
    synrl_pass pass = make_pass(network, NULL, worker);
    for (size_t block = first; block < end; block++) {
        const synrl_loss_block of = loss_block(network, block, outputs);
        float *slope = network->slopes + block * size;
        pass.block = block;
        forward(network, &pass, outputs);
        loss_ops(network)->gradient(&component_host(network->loss_component)->api,
                                    component_config(network->loss_component), &of, work->sum,
                                    network->n_samples, slope);
        for (size_t s = block_samples(network, block); s < SYNRL_LANES; s++) {
            for (size_t o = 0; o < n_outputs; o++) {
                slope[o * SYNRL_LANES + s] = 0.0F;
            }
        }
    }
}

synrl_status network_slopes_of(struct network *network, double sum, const float **slopes) {
    if (network->slopes == NULL) {
        network->slopes = core_alloc(network->core, network->n_blocks,
                                     network->model.layout.n_outputs * SYNRL_LANES * sizeof(float));
        if (network->slopes == NULL) {
            return SYNRL_NO_MEMORY;
        }
    }
    struct slope_work work = {network, sum};
    pool_run(network->core->pool, slope_share, &work);
    *slopes = network->slopes;
    return SYNRL_OK;
}

synrl_status network_slopes(struct network *network, const float **slopes, struct pass *pass) {
    SYNRL_TRY(network_pass(network, &(struct pass_options){.watch = NULL}, pass));
    return network_slopes_of(network, pass->sum, slopes);
}

/* The bits of a NaN that no arithmetic makes: what backward does not set stays so. */
static const uint32_t unset_bits = 0xFFFDFDFD;

static synrl_status check_slopes(const struct network *network) {
    const size_t n_outputs = network->model.layout.n_outputs;
    for (size_t i = 0; i < network->n_blocks * n_outputs * SYNRL_LANES; i++) {
        if (!isfinite(network->slopes[i])) {
            const size_t row = i / SYNRL_LANES, lane = i % SYNRL_LANES;
            return core_fail(network->core, SYNRL_INVALID,
                             "%s: the slope of output %zu of sample %zu is %g: must be finite",
                             component_host(network->loss_component)->who, row % n_outputs + 1,
                             row / n_outputs * SYNRL_LANES + lane + 1, (double)network->slopes[i]);
        }
    }
    return SYNRL_OK;
}

/* Whose fault it is, where a gradient is not finite. */
static synrl_status check_gradient(const struct network *network, const float *gradient) {
    for (size_t i = 0; i < network->model.layout.n_synapses; i++) {
        if (isfinite(gradient[i])) {
            continue;
        }
        SYNRL_TRY(check_slopes(network));
        const char *who = network->model.host.who;
        return memcmp(&gradient[i], &unset_bits, sizeof unset_bits) == 0
                   ? core_fail(network->core, SYNRL_INVALID,
                               "%s: backward does not set the gradient of synapse %zu", who, i)
                   : core_fail(network->core, SYNRL_INVALID,
                               "%s: backward gives %g for the gradient of synapse %zu: must be "
                               "finite",
                               who, (double)gradient[i], i);
    }
    return SYNRL_OK;
}

static synrl_status backward(struct network *network, const float *feedback, const float *slopes,
                             float *gradient) {
    const struct model *model = &network->model;
    const synrl_host *host = &model->host.api;
    const synrl_pass pass = make_pass(network, NULL, 0);
    weights_set_pass(model->weights, &pass, model->scratch_size);
    return feedback == NULL
               ? model->ops->backward(host, model->config, model->self, model->weights,
                                      network->batch, slopes, gradient)
               : model->ops->backward_by(host, model->config, model->self, model->weights, feedback,
                                         network->batch, slopes, gradient);
}

synrl_status network_gradient(struct network *network, const float *feedback, float *gradient,
                              struct pass *pass) {
    const float *slopes;
    SYNRL_TRY(network_differentiable(network));
    if (feedback != NULL && !SYNRL_OFFERS(network->model.ops, backward_by)) {
        return core_fail(network->core, SYNRL_UNSUPPORTED,
                         "model \"%s\" has no backward pass by other weights than its own",
                         model_id(&network->model));
    }
    SYNRL_TRY(network_slopes(network, &slopes, pass));
    if (!network->has_tried_slopes) {
        network->has_tried_slopes = true;
        SYNRL_TRY(network_try_slopes(network, pass));
    }
    for (size_t i = 0; i < network->model.layout.n_synapses; i++) {
        memcpy(&gradient[i], &unset_bits, sizeof unset_bits);
    }
    const struct operation before = host_enter(&network->model.host, "backward");
    SYNRL_TRY(
        host_leave(&network->model.host, before, backward(network, feedback, slopes, gradient)));
    return check_gradient(network, gradient);
}
