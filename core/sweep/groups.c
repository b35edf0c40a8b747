/* SPDX-License-Identifier: MIT */
/* Cells that differ only in their seed form a group: mean, standard deviation, confidence. */
#include "sweep/groups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/json.h"

double student_95(size_t n) {
    /* The 97.5% points of Student's t with 1 .. 30 degrees of freedom. */
    static const double points[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                    2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                    2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                    2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
    enum { N_POINTS = COUNT_OF(points) };
    if (n < 2) {
        return (double)NAN;
    }
    const size_t degrees = n - 1;
    if (degrees <= N_POINTS) {
        return points[degrees - 1];
    }
    /* The first terms of the expansion in 1/degrees, accurate to 0.001 from here on. */
    const double z = 1.959964, inverse = 1.0 / (double)degrees;
    return z + (z * z * z + z) / 4 * inverse +
           (5 * pow(z, 5) + 16 * z * z * z + 3 * z) / 96 * inverse * inverse;
}

/* What is made of a list of cells. */
struct tally {
    json_t *groups;  /* the list */
    json_t *index;   /* {parameters without seed, as text: group} */
    bool has_failed; /* for lack of memory */
};

static void set(struct tally *tally, json_t *object, const char *key, json_t *value) {
    tally->has_failed |= json_object_set_new(object, key, value) != 0;
}

static void count(struct tally *tally, json_t *object, const char *key) {
    set(tally, object, key, json_integer(json_integer_value(json_object_get(object, key)) + 1));
}

/* Metrics -------------------------------------------------------------------------------------- */

/* Adds a number to the list of its dotted path. Null is a number that is not finite: it makes a
 * list too, so that the metric is known to have been there. */
static void add_number(struct tally *tally, json_t *lists, const char *path, const json_t *value) {
    if (json_object_get(lists, path) == NULL) {
        set(tally, lists, path, json_array());
    }
    if (json_is_number(value)) {
        json_t *number = json_real(json_number_value(value));
        tally->has_failed |= json_array_append_new(json_object_get(lists, path), number) != 0;
    }
}

static void add_numbers(struct tally *tally, json_t *lists, const char *path, const json_t *value) {
    const char *key;
    json_t *child;
    if (json_is_number(value) || json_is_null(value)) {
        add_number(tally, lists, path, value);
        return;
    }
    json_object_foreach((json_t *)value, key, child) {
        char *longer = NULL;
        if (asprintf(&longer, "%s%s%s", path, path[0] != '\0' ? "." : "", key) < 0) {
            tally->has_failed = true;
            return;
        }
        add_numbers(tally, lists, longer, child);
        free(longer);
    }
}

bool sweep_has_diverged(const json_t *result) {
    const char *key;
    json_t *child;
    if (json_is_true(json_object_get(result, "diverged"))) {
        return true;
    }
    json_object_foreach((json_t *)result, key, child) {
        if (json_is_object(child) && sweep_has_diverged(child)) {
            return true;
        }
    }
    return false;
}

static void set_statistics(struct tally *tally, json_t *group, const char *metric,
                           const json_t *list) {
    const size_t n = json_array_size(list);
    double sum = 0, squares = 0;
    set(tally, json_object_get(group, "count"), metric, json_integer((json_int_t)n));
    if (n == 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        sum += json_real_value(json_array_get(list, i));
    }
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double distance = json_real_value(json_array_get(list, i)) - mean;
        squares += distance * distance;
    }
    set(tally, json_object_get(group, "mean"), metric, json_number_or_null(mean));
    if (n > 1) {
        const double stdev = sqrt(squares / (double)(n - 1));
        set(tally, json_object_get(group, "stdev"), metric, json_number_or_null(stdev));
        set(tally, json_object_get(group, "ci95"), metric,
            json_number_or_null(student_95(n) * stdev / sqrt((double)n)));
    }
}

/* Groups --------------------------------------------------------------------------------------- */

/* The group of a cell's parameters, added if it is missing; NULL: no memory. */
static json_t *group_of(struct tally *tally, const json_t *cell) {
    json_t *parameters = json_deep_copy(json_object_get(cell, "parameters"));
    json_object_del(parameters, "seed");
    char *key = json_dump_whole(parameters, JSON_SORT_KEYS | JSON_COMPACT);
    json_t *group = key != NULL ? json_object_get(tally->index, key) : NULL;
    if (key != NULL && group == NULL) {
        group = json_pack("{s:O, s:i, s:i, s:i, s:i, s:{}, s:{}, s:{}, s:{}, s:{}}", "parameters",
                          parameters, "n", 0, "diverged", 0, "failed", 0, "missing", 0, "count",
                          "mean", "stdev", "ci95", "lists");
        tally->has_failed |= json_array_append(tally->groups, group) != 0;
        set(tally, tally->index, key, group);
    }
    tally->has_failed |= group == NULL;
    json_decref(parameters);
    free(key);
    return group;
}

static void add_cell(struct tally *tally, json_t *results, const json_t *cell) {
    const char *status = json_string_value(json_object_get(cell, "status"));
    const json_t *result = json_object_get(cell, "result");
    json_t *group = group_of(tally, cell);
    if (group == NULL) {
        return;
    }
    if (result == NULL) {
        count(tally, group, status);
        count(tally, results, status);
        return;
    }
    count(tally, group, "n");
    if (strcmp(status, "diverged") == 0) {
        count(tally, group, status);
        count(tally, results, status);
    }
    add_numbers(tally, json_object_get(group, "lists"), json_is_object(result) ? "" : "value",
                result);
}

json_t *sweep_summarise(json_t *cells) {
    struct tally tally = {.groups = json_array(), .index = json_object()};
    json_t *results = json_pack("{s:o, s:O, s:i, s:i, s:i}", "cells", cells, "groups", tally.groups,
                                "diverged", 0, "failed", 0, "missing", 0);
    for (size_t i = 0; results != NULL && i < json_array_size(cells); i++) {
        add_cell(&tally, results, json_array_get(cells, i));
    }
    for (size_t g = 0; g < json_array_size(tally.groups); g++) {
        json_t *group = json_array_get(tally.groups, g), *list;
        const char *metric;
        json_object_foreach(json_object_get(group, "lists"), metric, list) {
            set_statistics(&tally, group, metric, list);
        }
        json_object_del(group, "lists");
    }
    json_decref(tally.index);
    json_decref(tally.groups);
    if (tally.has_failed) {
        json_decref(results);
        return NULL;
    }
    return results;
}
