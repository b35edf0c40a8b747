/* SPDX-License-Identifier: MIT */
/* Counter-based random numbers. */
#ifndef RANDOM_H
#define RANDOM_H

#include "synrl/host.h"

extern const synrl_random_api random_api;

#endif
