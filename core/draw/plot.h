/* SPDX-License-Identifier: MIT */
/* Curves for scripts, drawn by gnuplot. */
#ifndef PLOT_H
#define PLOT_H

#include "base/core.h"

struct plot_line {
    const char *name; /* in the key */
    size_t n;
    const double *x, *y; /* [n]; values that are not finite are left out */
};

struct plot_panel {
    const char *title, *x_label, *y_label; /* "" for none */
    bool is_log;                           /* y */
    size_t n_lines;
    const struct plot_line *lines;
};

/* Draws panels, `columns` per row, into one .svg or .png. SYNRL_UNSUPPORTED where gnuplot is not
 * installed. */
synrl_status plot_draw(struct core *core, const char *path, size_t columns, size_t n_panels,
                       const struct plot_panel *panels);

#endif
