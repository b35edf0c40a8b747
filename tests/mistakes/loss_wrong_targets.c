/* SPDX-License-Identifier: MIT */
/* Asks for labels and reads vectors. */
#define FORMAT SYNRL_TARGET_LABELS
#include "loss.h"
