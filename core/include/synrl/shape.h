/* SPDX-License-Identifier: MIT */
/* The shape of the data that a network works on, as models and losses see it. */
#ifndef SYNRL_SHAPE_H
#define SYNRL_SHAPE_H

#include <stddef.h>
#include <stdint.h>

typedef struct synrl_shape {
    uint32_t size;
    size_t n_samples, n_inputs;
    size_t n_targets, n_classes;      /* 0: none */
    size_t height, width, n_channels; /* of a picture; all 0: not pictures */
    size_t n_steps;                   /* of a sequence; 0: not sequences */
} synrl_shape;

#endif
