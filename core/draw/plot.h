/* Curves that a script draws, by gnuplot. */
#ifndef PLOT_H
#define PLOT_H

#include "base/core.h"

struct plot_line {
    const char *name; /* in the key */
    size_t n;
    const double *x, *y; /* [n]; what is not finite is left out */
};

struct plot_panel {
    const char *title, *x_label, *y_label; /* "" for none */
    bool is_log;                           /* y */
    size_t n_lines;
    const struct plot_line *lines;
};

/* Panels side by side, `columns` a row, into one .svg or .png. SYNRL_UNSUPPORTED where gnuplot
 * cannot be found. */
synrl_status plot_draw(struct core *core, const char *path, size_t columns, size_t n_panels,
                       const struct plot_panel *panels);

#endif
