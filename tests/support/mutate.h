/* SPDX-License-Identifier: MIT */
/* Random damage to bytes, the same for the same seed. */
#ifndef MUTATE_H
#define MUTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "support/bytes.h"

struct dice {
    uint64_t state;   /* any number is a seed */
    bool is_harmless; /* mutate changes nothing */
};

/* 0 .. n - 1; n is at least 1. */
size_t dice_below(struct dice *dice, size_t n);

/* Changes something: a bit, a byte, a number in bytes or in digits, or a piece that is cut off,
 * taken out, doubled, put in or copied over another. Never more than BYTES_MOST bytes. */
void mutate(struct dice *dice, struct bytes *bytes);

#endif
