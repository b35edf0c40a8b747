/* SPDX-License-Identifier: MIT */
/* gnuplot as a child process that runs a script, without a shell. */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include <stdio.h>

#include "base/core.h"

/* A script being written; freed by gnuplot_run, even after a failure, or gnuplot_abandon. */
struct gnuplot {
    struct core *core;
    FILE *script;
};
synrl_status gnuplot_begin(struct core *core, struct gnuplot *gnuplot);
/* Runs the script. SYNRL_UNSUPPORTED where gnuplot is not installed. text, unless NULL, gets its
 * output, to be freed by core_free. */
synrl_status gnuplot_run(struct gnuplot *gnuplot, char **text);

void gnuplot_abandon(struct gnuplot *gnuplot);
/* Writes a string in gnuplot's single quotes. */
void gnuplot_quote(FILE *script, const char *text);
/* Writes the commands that open one file, SVG or PNG by its ending. SYNRL_INVALID for any other. */
synrl_status gnuplot_file(struct gnuplot *gnuplot, const char *path, int width, int height);
/* The pictures of a run. Each is drawn in two formats, into NAME.svg and NAME.png in its folder:
 * all commands between gnuplot_formats and gnuplot_formats_end are carried out twice. */
enum picture {
    PICTURE_LOSS,
    PICTURE_BOUNDARY,
    PICTURE_POLICY,
    PICTURE_CONFUSION,
    PICTURE_MISTAKES,
    N_PICTURES
};
const char *picture_name(enum picture picture); /* "loss" */
void gnuplot_formats(FILE *script, const char *folder, enum picture picture, int width, int height);
void gnuplot_formats_end(FILE *script);

#endif
