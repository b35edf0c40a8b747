/* SPDX-License-Identifier: MIT */
/* A slow, plain trainer to compare the real one with: Algorithm 1 for a fully connected network,
 * written from the paper and the arithmetic of docs/design.md with one loop for each sum. It shares
 * no code with the core: its random words come from Random123, its tanh from SLEEF's plain C. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REFERENCE_LAYERS_MAX = 4, REFERENCE_MEMORY_MAX = 5 };

typedef enum reference_activation {
    REFERENCE_IDENTITY,
    REFERENCE_RELU,
    REFERENCE_TANH
} reference_activation;

struct reference_options {
    size_t n_samples;
    const uint8_t *bytes;  /* [n_samples][sizes[0]], or NULL */
    float scale;           /* of the bytes */
    const float *floats;   /* [n_samples][sizes[0]], or NULL */
    const int32_t *labels; /* cross-entropy; or NULL */
    const float *targets;  /* Euclidean loss; or NULL */
    size_t n_sizes;        /* layers and one more */
    size_t sizes[REFERENCE_LAYERS_MAX + 1];
    reference_activation hidden, output;
    const float *weights; /* at the start; layer by layer, [to][from] and then [to] biases */
    uint32_t n_actions, n_rewards;
    const double *q; /* [3^n_rewards][3^n_actions][3] at the start; NULL: zeros */
    bool learns;     /* sequential sweep */
    double alpha_q, gamma;
    double epsilon;
    float alpha_s, bias_scale;
    uint64_t halved_every; /* iterations: alpha_s; 0: never */
    uint64_t seed;
    uint64_t iterations;
};

struct reference_result {
    size_t n_synapses;
    float *weights;  /* [n_synapses] */
    int8_t *actions; /* [iterations][n_synapses] */
    int *rewards;    /* [iterations] */
    double *losses;  /* [iterations + 1]; the first before any step */
    double *q;       /* [3^n_rewards][3^n_actions][3] */
};

/* Aborts the test where there is no memory. */
struct reference_result reference_train(const struct reference_options *options);
void reference_free(struct reference_result *result);

#endif
