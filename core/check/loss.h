/* SPDX-License-Identifier: MIT */
/* The checks of losses. */
#ifndef CHECK_LOSS_H
#define CHECK_LOSS_H

#include "check/subject.h"

extern const struct kind_checks loss_checks;

#endif
