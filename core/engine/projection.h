/* Projections: see synrl_engine_api. */
#ifndef PROJECTION_H
#define PROJECTION_H

#include "synrl/engine.h"

/* The path that projections take: the value of SYNRL_PATH, which is "auto" (the default), "dense"
 * or "sparse"; NULL for any other value. All give the same bits. */
const char *engine_path(void);

synrl_status projection_create(const synrl_host *host, size_t n_outputs, size_t n_inputs,
                               synrl_projection **made);
void projection_destroy(synrl_projection *projection);
synrl_status projection_bind(synrl_projection *projection, const synrl_batch *batch);
void projection_set(synrl_projection *projection, const float *weights);
void projection_get(const synrl_projection *projection, float *weights);
void projection_shift(synrl_projection *projection, const float *delta);
void projection_act(synrl_projection *projection, const int8_t *actions, float alpha);
void projection_values(synrl_projection *projection, size_t block, const float *bias, float *z);
size_t projection_state_size(const synrl_projection *projection);
void projection_save(const synrl_projection *projection, void *state);
synrl_status projection_load(synrl_projection *projection, const void *state, size_t size);

#endif
