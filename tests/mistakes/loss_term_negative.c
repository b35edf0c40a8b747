/* SPDX-License-Identifier: MIT */
/* A term below 0. */
#define TERM d
#include "loss.h"
