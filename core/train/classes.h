/* SPDX-License-Identifier: MIT */
/* The classes that a network was trained on, by name. Its outputs are numbered as they are, and any
 * data that it is asked about has to be, too. */
#ifndef CLASSES_H
#define CLASSES_H

#include "train/dataset.h"

/* n = 0: they have no names, and any data is taken as it is. */
struct classes {
    size_t n;
    const char *const *names;
};

/* A copy, to be freed by classes_free. */
synrl_status classes_of(const struct dataset *data, struct classes *classes);
void classes_free(struct core *core, struct classes *classes);

/* The data with its labels numbered as `classes`: itself where they are already, or where there are
 * no names to compare. SYNRL_INVALID where it has a class that is not among them. *made is a
 * reference of the caller's. */
synrl_status classes_match(const struct classes *classes, struct dataset *data,
                           struct dataset **made);

#endif
