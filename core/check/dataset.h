/* SPDX-License-Identifier: MIT */
/* The checks of data sets. */
#ifndef CHECK_DATASET_H
#define CHECK_DATASET_H

#include "check/subject.h"

extern const struct kind_checks dataset_checks;

#endif
