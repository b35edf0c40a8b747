/* SPDX-License-Identifier: MIT */
/* Pictures of a run, drawn by gnuplot where it is installed. */
#ifndef PICTURES_H
#define PICTURES_H

#include "train/trainer.h"

/* Draws loss, and where they exist boundary and policy, each as .svg and .png, into the run's
 * folder, whose metrics.csv is complete. Without gnuplot, logs a warning and draws nothing; a plot
 * that gnuplot cannot draw is a warning too. */
synrl_status pictures_draw(struct core *core, const struct trainer *trainer, const char *folder);
/* The loss curve as text; freed by core_free. */
synrl_status pictures_text(struct core *core, const char *folder, unsigned columns, char **text);

/* Draws a policy's greedy actions, SVG or PNG by the path's ending. SYNRL_UNSUPPORTED where gnuplot
 * is not installed. */
synrl_status policy_draw(struct core *core, const synrl_policy *policy, const char *path);

#endif
