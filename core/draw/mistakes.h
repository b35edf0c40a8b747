/* SPDX-License-Identifier: MIT */
/* The errors of a classifier. */
#ifndef MISTAKES_H
#define MISTAKES_H

#include "train/trainer.h"

/* Writes confusion.csv into the run's folder, on the validation set or without one on the training
 * set: one row per actual class, one column per predicted one. Nothing for networks without
 * classes. */
synrl_status confusion_write(struct core *core, const struct trainer *trainer, const char *folder);

/* Draws the same as confusion.svg and .png and, where the samples are small images, mistakes.svg
 * and .png with the misclassified samples whose predicted class exceeds the actual one by most. */
synrl_status mistakes_draw(struct core *core, const struct trainer *trainer, const char *folder);

#endif
