/* SPDX-License-Identifier: MIT */
/* Data sets: samples in memory, inputs as bytes with a scale or as floats. */
#ifndef SYNRL_DATASET_H
#define SYNRL_DATASET_H

#include "activation.h"
#include "host.h"
#include "plugin.h"
#include "rows.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum synrl_input_format {
    SYNRL_INPUT_F32 = 1,  /* const float *; finite */
    SYNRL_INPUT_BYTES = 2 /* const uint8_t *; the value is byte * scale */
} synrl_input_format;

/* The contents of a data set. Everything belongs to the plugin's instance and lives as long as it.
 * With labels or targets, or both, it can be learned; with neither, a network can
 * answer it. */
typedef struct synrl_data {
    uint32_t size;              /* sizeof(synrl_data) */
    size_t n_samples, n_inputs; /* both at least 1, below 2^31 */
    synrl_input_format format;
    float scale;           /* SYNRL_INPUT_BYTES: 1/255 for pixels */
    const void *inputs;    /* [n_samples][n_inputs] */
    const int32_t *labels; /* [n_samples], 0 .. n_classes - 1; or NULL */
    const float *targets;  /* [n_samples][n_targets]; finite; or NULL */
    size_t n_targets;
    size_t n_classes; /* 0: no classes (regression), accuracy is not reported. With targets only,
                         2: the sign of the one target is the class */
    const char *const *class_names;   /* [n_classes], or NULL */
    size_t height, width, n_channels; /* of a picture; all 0: not pictures */
    size_t n_steps; /* of a sequence, whose inputs are [n_steps][n_inputs / n_steps]; 0: none */
    /* Since ABI 3.6, all optional. */
    const char *const *input_names;  /* [n_inputs] */
    const char *const *sample_names; /* [n_samples]: where each is from, such as a file */
    const uint32_t *sample_numbers;  /* the same as numbers from 1, such as lines of a file */
} synrl_data;

typedef struct synrl_dataset_ops {
    uint32_t size, self_size; /* of the instance, which the host allocates, zeroed, and frees */
    /* [main] Generates or reads the samples and fills in *data. */
    synrl_status (*create)(const synrl_host *host, const void *config, void *self,
                           synrl_data *data);
    /* Optional. [main] Releases what is not memory of the host: files, handles. Called after a
     * failed create too. */
    void (*destroy)(const synrl_host *host, const void *config, void *self);
} synrl_dataset_ops;

/* self_type: the instance's struct. */
#define SYNRL_DATASET(id, version, summary, source, params_, self_type, ...)             \
    static const synrl_dataset_ops synrl_ops = {                                         \
        .size = sizeof(synrl_dataset_ops), .self_size = sizeof(self_type), __VA_ARGS__}; \
    const synrl_plugin synrl_plugin_entry = {                                            \
        SYNRL_ENTRY(SYNRL_KIND_DATASET, id, version, summary, source), params_, .ops = &synrl_ops}

#ifdef __cplusplus
}
#endif
#endif
