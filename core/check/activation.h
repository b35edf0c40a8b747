/* SPDX-License-Identifier: MIT */
/* The checks of activations. */
#ifndef CHECK_ACTIVATION_H
#define CHECK_ACTIVATION_H

#include "check/subject.h"

extern const struct kind_checks activation_checks;

#endif
