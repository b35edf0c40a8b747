/* Data sets: samples in memory, inputs as bytes with a scale or as floats. */
#ifndef SYNRL_DATASET_H
#define SYNRL_DATASET_H

#include "host.h"
#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum synrl_input_format {
    SYNRL_INPUT_F32 = 1, /* const float *; finite */
    SYNRL_INPUT_U8 = 2   /* const uint8_t *; the value is byte * scale */
} synrl_input_format;

/* What a data set holds. Everything belongs to the plugin's instance and lives as long as it.
 * Either labels or targets, or both, are given. */
typedef struct synrl_data {
    uint32_t size;
    size_t n_samples, n_inputs; /* both at least 1, below 2^31 */
    synrl_input_format format;
    float scale;           /* SYNRL_INPUT_U8: 1/255 for pixels */
    const void *inputs;    /* [n_samples][n_inputs] */
    const int32_t *labels; /* [n_samples], 0 .. n_classes - 1; or NULL */
    const float *targets;  /* [n_samples][n_targets]; finite; or NULL */
    size_t n_targets;
    size_t n_classes; /* 0: no classes (regression), accuracy is not reported. With targets alone,
                         2: the sign of the one target is the class */
    const char *const *class_names;   /* [n_classes], or NULL */
    size_t height, width, n_channels; /* of a picture; all 0: not pictures */
} synrl_data;

typedef struct synrl_dataset_ops {
    uint32_t size;
    /* Generates or reads the samples and fills *data. On failure nothing is left behind. */
    synrl_status (*create)(const synrl_host *host, const void *config, synrl_data *data,
                           void **self);
    void (*destroy)(void *self);
} synrl_dataset_ops;

#ifdef __cplusplus
}
#endif
#endif
