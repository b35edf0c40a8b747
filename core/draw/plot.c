/* SPDX-License-Identifier: MIT */
/* Curves for scripts, drawn by plot.gp. */
#include "draw/plot.h"

#include <math.h>

#include "base/count.h"
#include "draw/gnuplot.h"

static void write_line(FILE *script, size_t number, const struct plot_line *line) {
    fprintf(script, "$line%zu << END\n", number);
    for (size_t i = 0; i < line->n; i++) {
        if (isfinite(line->x[i]) && isfinite(line->y[i])) {
            fprintf(script, "%.17g %.17g\n", line->x[i], line->y[i]);
        }
    }
    fprintf(script, "END\nn_points[%zu] = %zu\n", number, line->n);
    gnuplot_entry(script, "names", number, line->name);
}

static void write_panel(FILE *script, size_t number, const struct plot_panel *panel, size_t first) {
    gnuplot_entry(script, "titles", number, panel->title);
    gnuplot_entry(script, "x_labels", number, panel->x_label);
    gnuplot_entry(script, "y_labels", number, panel->y_label);
    fprintf(script, "is_log[%zu] = %d\nfirst[%zu] = %zu\nlast[%zu] = %zu\n", number, panel->is_log,
            number, first, number, first + panel->n_lines - 1);
    for (size_t i = 0; i < panel->n_lines; i++) {
        write_line(script, first + i, &panel->lines[i]);
    }
}

synrl_status plot_draw(struct core *core, const char *path, size_t columns, size_t n_panels,
                       const struct plot_panel *panels) {
    static const char *const of_panels[] = {"titles", "x_labels", "y_labels",
                                            "is_log", "first",    "last"};
    size_t n_lines = 0;
    FILE *script;
    SYNRL_TRY(gnuplot_begin(core, &script));
    for (size_t p = 0; p < n_panels; p++) {
        n_lines += panels[p].n_lines;
    }
    fprintf(script, "n_panels = %zu\nn_columns = %zu\narray names[%zu]\narray n_points[%zu]\n",
            n_panels, columns, n_lines, n_lines);
    for (size_t i = 0; i < COUNT_OF(of_panels); i++) {
        fprintf(script, "array %s[%zu]\n", of_panels[i], n_panels);
    }
    for (size_t p = 0, first = 1; p < n_panels; first += panels[p++].n_lines) {
        write_panel(script, p + 1, &panels[p], first);
    }
    return gnuplot_file(core, script, draw_plot_gp, path);
}
