/* SPDX-License-Identifier: MIT */
/* Curves for scripts. The colours are Okabe and Ito's, which are distinguishable for the
 * colour-blind. */
#include "draw/plot.h"

#include <math.h>

#include "base/count.h"
#include "draw/gnuplot.h"

enum { PANEL_WIDTH = 520, PANEL_HEIGHT = 380 };

static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                      "#e69f00", "#56b4e9", "#000000"};
enum { N_COLOURS = COUNT_OF(colours) };

static void write_points(FILE *script, size_t panel, size_t line, const struct plot_line *of) {
    fprintf(script, "$p%zu_%zu << END\n", panel, line);
    for (size_t i = 0; i < of->n; i++) {
        if (isfinite(of->x[i]) && isfinite(of->y[i])) {
            fprintf(script, "%.17g %.17g\n", of->x[i], of->y[i]);
        }
    }
    fputs("END\n", script);
}

static void set_text(FILE *script, const char *what, const char *text) {
    fprintf(script, "set %s ", what);
    gnuplot_quote(script, text);
    fputs(" noenhanced\n", script);
}

static void plot_panel(FILE *script, size_t number, const struct plot_panel *panel) {
    set_text(script, "title", panel->title);
    set_text(script, "xlabel", panel->x_label);
    set_text(script, "ylabel", panel->y_label);
    fputs(panel->is_log ? "set logscale y\n" : "unset logscale y\n", script);
    fputs("plot ", script);
    for (size_t i = 0; i < panel->n_lines; i++) {
        const struct plot_line *line = &panel->lines[i];
        fprintf(script, "%s$p%zu_%zu using 1:2 with %s lw 1.8 pt 7 ps 0.5 lc rgb '%s' title ",
                i > 0 ? ", " : "", number, i, line->n < 30 ? "linespoints" : "lines",
                colours[i % N_COLOURS]);
        gnuplot_quote(script, line->name);
    }
    fputc('\n', script);
}

static void write_script(FILE *script, size_t n_panels, const struct plot_panel *panels,
                         size_t columns, size_t rows) {
    for (size_t p = 0; p < n_panels; p++) {
        for (size_t i = 0; i < panels[p].n_lines; i++) {
            write_points(script, p, i, &panels[p].lines[i]);
        }
    }
    fprintf(script,
            "set border 3 lc rgb '#555555'\nset tics nomirror textcolor rgb '#333333'\n"
            "set grid lc rgb '#dddddd'\nset key noenhanced outside above right horizontal\nset "
            "multiplot layout %zu,%zu\n",
            rows, columns);
    for (size_t p = 0; p < n_panels; p++) {
        plot_panel(script, p, &panels[p]);
    }
    fputs("unset multiplot\nunset output\n", script);
}

synrl_status plot_draw(struct core *core, const char *path, size_t columns, size_t n_panels,
                       const struct plot_panel *panels) {
    const size_t rows = (n_panels + columns - 1) / columns;
    struct gnuplot gnuplot;
    SYNRL_TRY(gnuplot_begin(core, &gnuplot));
    const synrl_status status =
        gnuplot_file(&gnuplot, path, PANEL_WIDTH * (int)columns, PANEL_HEIGHT * (int)rows);
    if (status != SYNRL_OK) {
        gnuplot_abandon(&gnuplot);
        return status;
    }
    write_script(gnuplot.script, n_panels, panels, columns, rows);
    return gnuplot_run(&gnuplot, NULL);
}
