/* What a classifier gets wrong. */
#ifndef MISTAKES_H
#define MISTAKES_H

#include "train/trainer.h"

/* confusion.csv in the run's folder, on the validation set, or where there is none on the training
 * set: a row an actual class, a column an answered one. Nothing for networks without classes. */
synrl_status confusion_write(struct core *core, const struct trainer *trainer, const char *folder);

/* confusion.svg and .png of the same; and, where the samples are small pictures, mistakes.svg and
 * .png with the wrongly answered samples whose answer beats the truth by most. */
synrl_status mistakes_draw(struct core *core, const struct trainer *trainer, const char *folder);

#endif
