/* SPDX-License-Identifier: MIT */
/* The checks of models. */
#ifndef CHECK_MODEL_H
#define CHECK_MODEL_H

#include "check/subject.h"

extern const struct kind_checks model_checks;

#endif
