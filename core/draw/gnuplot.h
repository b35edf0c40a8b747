/* SPDX-License-Identifier: MIT */
/* gnuplot as a child process that runs a script, without a shell. The program writes data and lines
 * of "name = value"; what is drawn from them, and how, is in the room's .gp files. */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include <stdio.h>

#include "base/core.h"

/* Opens a script for data and names. */
synrl_status gnuplot_begin(struct core *core, FILE **script);
/* Writes the line: name = 'value' */
void gnuplot_string(FILE *script, const char *name, const char *value);
/* Writes the line: array[entry] = 'value'. Entries count from 1. */
void gnuplot_entry(FILE *script, const char *array, size_t entry, const char *value);

/* The functions below append a .gp file to the script, run it, and close it, even after a failure.
 * SYNRL_UNSUPPORTED where gnuplot is not installed. */

/* The pictures of a run. NAME.gp draws NAME.svg and NAME.png in the run's folder. */
enum picture {
    PICTURE_LOSS,
    PICTURE_BOUNDARY,
    PICTURE_POLICY,
    PICTURE_CONFUSION,
    PICTURE_MISTAKES,
    N_PICTURES
};
const char *picture_name(enum picture picture); /* "loss" */
synrl_status gnuplot_picture(struct core *core, FILE *script, enum picture picture,
                             const char *folder);

/* Text of the .gp files that draw other things too. */
extern const char draw_plot_gp[], draw_policy_gp[], draw_samples_gp[], draw_text_gp[];
/* Draws one file, SVG or PNG by its ending. SYNRL_INVALID for any other. */
synrl_status gnuplot_file(struct core *core, FILE *script, const char *drawing, const char *path);
/* Draws in characters; *text is freed by core_free. */
synrl_status gnuplot_text(struct core *core, FILE *script, const char *drawing, char **text);

#endif
