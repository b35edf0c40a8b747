/* SPDX-License-Identifier: MIT */
/* Fails in terms, which cannot return it. */
#define MORE_TERMS host->fail(host, SYNRL_INVALID, "these outputs do not please")
#include "loss.h"
