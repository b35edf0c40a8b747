/* SPDX-License-Identifier: MIT */
/* Classes by name: two data sets of the same classes may number them differently, by the classes
 * that each happens to have. */
#include "train/classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

synrl_status classes_of(const struct dataset *data, struct classes *classes) {
    const synrl_data *given = dataset_data(data);
    *classes = (struct classes){.n = 0};
    if (given->labels == NULL || given->class_names == NULL) {
        return SYNRL_OK;
    }
    SYNRL_TRY(class_names_copy(dataset_core(data), given->n_classes, given->class_names,
                               &classes->names));
    classes->n = given->n_classes;
    return SYNRL_OK;
}

void classes_free(struct core *core, struct classes *classes) {
    core_free(core, (void *)classes->names);
    *classes = (struct classes){.n = 0};
}

static bool are_equal(const struct classes *classes, const synrl_data *data) {
    bool are = classes->n == data->n_classes;
    for (size_t c = 0; are && c < classes->n; c++) {
        are = strcmp(classes->names[c], data->class_names[c]) == 0;
    }
    return are;
}

/* Into `classes`, by their names. */
static int by_name(const void *left, const void *right, void *context) {
    const struct classes *classes = context;
    return strcmp(classes->names[*(const size_t *)left], classes->names[*(const size_t *)right]);
}

/* The place of a name in `order`, or n where it has none. */
static size_t find(const struct classes *classes, const size_t *order, const char *name) {
    size_t low = 0, high = classes->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(classes->names[order[middle]], name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < classes->n && strcmp(classes->names[order[low]], name) == 0 ? low : classes->n;
}

/* The first names, for a message. */
static void list_names(const struct classes *classes, char *text, size_t size) {
    enum { NAMED = 10 };
    size_t n = 0;
    text[0] = '\0';
    for (size_t c = 0; c < classes->n && c <= NAMED && n < size; c++) {
        n += (size_t)snprintf(text + n, size - n, "%s%.30s", c > 0 ? ", " : "",
                              c < NAMED ? classes->names[c] : "...");
    }
}

static synrl_status refuse(const struct classes *classes, const struct dataset *data,
                           const char *name, const char *why) {
    char names[400];
    list_names(classes, names, sizeof names);
    return core_fail(dataset_core(data), SYNRL_INVALID,
                     "dataset \"%s\" has the class \"%.80s\", which the training data %s: %s",
                     dataset_id(data), name, why, names);
}

/* map[c]: the number among `classes` of the data's class c. */
static synrl_status map_classes(const struct classes *classes, const struct dataset *data,
                                const size_t *order, int32_t *map) {
    const synrl_data *given = dataset_data(data);
    for (size_t c = 0; c < given->n_classes; c++) {
        const char *name = given->class_names[c];
        const size_t at = find(classes, order, name);
        if (at == classes->n) {
            return refuse(classes, data, name, "lacks");
        }
        if (at + 1 < classes->n && strcmp(classes->names[order[at + 1]], name) == 0) {
            return refuse(classes, data, name, "has twice");
        }
        map[c] = (int32_t)order[at];
    }
    return SYNRL_OK;
}

synrl_status classes_match(const struct classes *classes, struct dataset *data,
                           struct dataset **made) {
    const synrl_data *given = dataset_data(data);
    struct core *core = dataset_core(data);
    *made = NULL;
    if (classes->n == 0 || given->labels == NULL || given->class_names == NULL ||
        are_equal(classes, given)) {
        *made = dataset_retain(data);
        return SYNRL_OK;
    }
    size_t *order = core_alloc(core, classes->n, sizeof *order);
    int32_t *map = core_alloc(core, given->n_classes, sizeof *map);
    synrl_status status = order != NULL && map != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    for (size_t c = 0; status == SYNRL_OK && c < classes->n; c++) {
        order[c] = c;
    }
    if (status == SYNRL_OK) {
        qsort_r(order, classes->n, sizeof *order, by_name, (void *)(uintptr_t)classes);
        status = map_classes(classes, data, order, map);
    }
    if (status == SYNRL_OK) {
        status = dataset_relabel(data, map, classes->n, classes->names, made);
    }
    core_free(core, order);
    core_free(core, map);
    return status;
}
