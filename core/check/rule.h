/* SPDX-License-Identifier: MIT */
/* The checks of learning rules. */
#ifndef CHECK_RULE_H
#define CHECK_RULE_H

#include "check/subject.h"

extern const struct kind_checks rule_checks;

#endif
