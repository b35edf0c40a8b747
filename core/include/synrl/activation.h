/* SPDX-License-Identifier: MIT */
/* Activation functions: y = f(x) for each float of an array. */
#ifndef SYNRL_ACTIVATION_H
#define SYNRL_ACTIVATION_H

#include "host.h"
#include "plugin.h"
#include "rows.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct synrl_activation_ops {
    uint32_t size;
    /* [worker] y[i] = f(x[i]); y may be x. For equal bits everywhere use + - * /, comparisons and
     * host->math only. */
    void (*apply)(const synrl_host *host, const void *config, size_t n, const float *x, float *y);
    /* Optional. [worker] slope[i] = f'(x[i]), given x and y = f(x); slope may be x or y. Without
     * it, rules that need gradients refuse by name. */
    void (*derivative)(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope);
} synrl_activation_ops;

/* An activation with its parameters, as a model gets it. */
typedef struct synrl_activation {
    uint32_t size;
    const char *id;
    const synrl_activation_ops *ops;
    const void *config;
    const synrl_host *host; /* the activation's own */
} synrl_activation;

typedef struct synrl_activations {
    size_t n;
    const synrl_activation *const *items;
} synrl_activations;

static inline void synrl_activation_apply(const synrl_activation *f, size_t n, const float *x,
                                          float *y) {
    f->ops->apply(f->host, f->config, n, x, y);
}

/* SYNRL_ACTIVATION(relu, "1.0.0", "max(0, x)", "source", SYNRL_NO_PARAMS, .apply = apply); */
#define SYNRL_ACTIVATION(id, version, summary, source, params_, ...)                     \
    static const synrl_activation_ops synrl_ops = {.size = sizeof(synrl_activation_ops), \
                                                   __VA_ARGS__};                         \
    const synrl_plugin synrl_plugin_entry = {                                            \
        SYNRL_ENTRY(SYNRL_KIND_ACTIVATION, id, version, summary, source), params_,       \
        .ops = &synrl_ops}

#ifdef __cplusplus
}
#endif
#endif
