/* Pictures of a run, drawn by gnuplot where it is installed. */
#ifndef PICTURES_H
#define PICTURES_H

#include "train/trainer.h"

/* loss, and where they can be had boundary and policy, each as .svg and .png into the run's folder,
 * whose metrics.csv is complete. Without gnuplot it says so in the log and draws nothing; a picture
 * that gnuplot fails at is a warning. */
synrl_status pictures_draw(struct core *core, const struct trainer *trainer, const char *folder);
/* The loss curve in characters; freed by core_free. */
synrl_status pictures_text(struct core *core, const char *folder, unsigned columns, char **text);

/* A picture of a policy's greedy actions, SVG or PNG by the path's ending. SYNRL_UNSUPPORTED where
 * gnuplot cannot be found. */
synrl_status policy_draw(struct core *core, const synrl_policy *policy, const char *path);

#endif
