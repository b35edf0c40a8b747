/* SPDX-License-Identifier: MIT */
/* Curves for scripts, drawn by plot.gp. */
#include "draw/plot.h"

#include <math.h>

#include "base/count.h"
#include "base/number.h"
#include "draw/gnuplot.h"

/* Returns how many points there are to draw. */
static size_t write_line(FILE *script, size_t number, const struct plot_line *line, bool is_log) {
    size_t n = 0;
    fprintf(script, "$line%zu << END\n", number);
    for (size_t i = 0; i < line->n; i++) {
        if (isfinite(line->x[i]) && isfinite(line->y[i]) && (!is_log || line->y[i] > 0)) {
            fprintf(script, "%.17g %.17g\n", line->x[i], line->y[i]);
            n++;
        }
    }
    fprintf(script, "END\nn_points[%zu] = %zu\n", number, n);
    gnuplot_entry(script, "names", number, line->name);
    return n;
}

static void write_panel(FILE *script, size_t number, const struct plot_panel *panel, size_t first) {
    gnuplot_entry(script, "titles", number, panel->title);
    gnuplot_entry(script, "x_labels", number, panel->x_label);
    gnuplot_entry(script, "y_labels", number, panel->y_label);
    fprintf(script, "is_log[%zu] = %d\nfirst[%zu] = %zu\nlast[%zu] = %zu\n", number, panel->is_log,
            number, first, number, first + panel->n_lines - 1);
    size_t n = 0;
    for (size_t i = 0; i < panel->n_lines; i++) {
        n += write_line(script, first + i, &panel->lines[i], panel->is_log);
    }
    fprintf(script, "is_empty[%zu] = %d\n", number, n == 0);
}

static synrl_status draw(struct core *core, const char *path, size_t columns, size_t n_panels,
                         const struct plot_panel *panels) {
    static const char *const of_panels[] = {"titles", "x_labels", "y_labels", "is_log",
                                            "first",  "last",     "is_empty"};
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

synrl_status plot_draw(struct core *core, const char *path, size_t columns, size_t n_panels,
                       const struct plot_panel *panels) {
    const locale_t before = number_enter();
    const synrl_status status = draw(core, path, columns, n_panels, panels);
    number_leave(before);
    return status;
}
