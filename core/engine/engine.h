/* SPDX-License-Identifier: MIT */
/* What the engine offers to the rest of the core; models see synrl/engine.h. */
#ifndef ENGINE_H
#define ENGINE_H

#include "engine/batch.h"
#include "engine/choose.h"
#include "engine/isa.h"
#include "engine/math.h"
#include "engine/path.h"
#include "engine/projection.h"
#include "engine/random.h"
#include "synrl/engine.h"

extern const synrl_engine_api engine_api;

#endif
