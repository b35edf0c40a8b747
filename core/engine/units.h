/* SPDX-License-Identifier: MIT */
/* The units of a layer: the engine's function for a model's forward. */
#ifndef UNITS_H
#define UNITS_H

#include "synrl/engine.h"

void units(const synrl_pass *pass, size_t n_sources, const synrl_source *sources, int bias,
           const synrl_activation *f, float *y);

#endif
