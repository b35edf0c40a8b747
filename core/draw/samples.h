/* SPDX-License-Identifier: MIT */
/* The first samples of a data set, to be looked at. */
#ifndef SAMPLES_DRAW_H
#define SAMPLES_DRAW_H

#include "train/dataset.h"

/* Draws up to forty, SVG or PNG by the path's ending: pictures with the names of their classes, or
 * of other data a row of grey per sample. SYNRL_UNSUPPORTED where gnuplot is not installed. */
synrl_status samples_draw(struct core *core, const struct dataset *dataset, const char *path);

/* The first pictures side by side in characters, at most `columns` wide; freed by core_free. NULL
 * where the data has no pictures, or none so narrow. */
synrl_status samples_text(struct core *core, const struct dataset *dataset, size_t columns,
                          char **text);

#endif
