/* gnuplot as a child process, fed with a script; no shell. */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include <stdio.h>

#include "base/core.h"

/* A script being written; gnuplot_run frees it in any case, and so does gnuplot_abandon. */
struct gnuplot {
    struct core *core;
    FILE *script;
};
synrl_status gnuplot_begin(struct core *core, struct gnuplot *gnuplot);
/* Runs the script. SYNRL_UNSUPPORTED where gnuplot cannot be found. text, unless NULL, gets what it
 * prints, to be freed by core_free. */
synrl_status gnuplot_run(struct gnuplot *gnuplot, char **text);

void gnuplot_abandon(struct gnuplot *gnuplot);
/* A string as gnuplot reads it, in single quotes. */
void gnuplot_quote(FILE *script, const char *text);
/* The commands that open one file, SVG or PNG by its ending. SYNRL_INVALID for any other. */
synrl_status gnuplot_file(struct gnuplot *gnuplot, const char *path, int width, int height);
/* The commands that open each of the two formats: everything between them and gnuplot_formats_end
 * is drawn twice, into NAME.svg and NAME.png of the folder. */
void gnuplot_formats(FILE *script, const char *folder, const char *name, int width, int height);
void gnuplot_formats_end(FILE *script);

#endif
