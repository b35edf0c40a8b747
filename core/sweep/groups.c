/* SPDX-License-Identifier: MIT */
/* Cells that differ only in their seed form a group: mean, standard deviation, confidence. */
#include "sweep/groups.h"

#include <math.h>
#include <stdio.h>
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

/* Adds each number in a result to the list of its dotted path. */
static void add_numbers(json_t *lists, const char *path, const json_t *value) {
    const char *key;
    json_t *child;
    if (json_is_number(value)) {
        json_t *list = json_object_get(lists, path);
        if (list == NULL) {
            list = json_array();
            json_object_set_new(lists, path, list);
        }
        json_array_append_new(list, json_real(json_number_value(value)));
        return;
    }
    if (!json_is_object(value)) {
        return;
    }
    json_object_foreach((json_t *)value, key, child) {
        char longer[512];
        snprintf(longer, sizeof longer, "%s%s%s", path, path[0] != '\0' ? "." : "", key);
        add_numbers(lists, longer, child);
    }
}

static void set_statistics(json_t *group, const char *metric, const json_t *list) {
    const size_t n = json_array_size(list);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += json_real_value(json_array_get(list, i));
    }
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double distance = json_real_value(json_array_get(list, i)) - mean;
        squares += distance * distance;
    }
    json_object_set_new(json_object_get(group, "mean"), metric, json_real(mean));
    if (n > 1) {
        const double stdev = sqrt(squares / (double)(n - 1));
        json_object_set_new(json_object_get(group, "stdev"), metric, json_real(stdev));
        json_object_set_new(json_object_get(group, "ci95"), metric,
                            json_real(student_95(n) * stdev / sqrt((double)n)));
    }
}

static void count(json_t *object, const char *key) {
    json_object_set_new(object, key,
                        json_integer(json_integer_value(json_object_get(object, key)) + 1));
}

/* The group of a cell's parameters, added if it is missing. */
static json_t *group_of(json_t *groups, const json_t *cell) {
    json_t *parameters = json_deep_copy(json_object_get(cell, "parameters"));
    json_object_del(parameters, "seed");
    for (size_t g = 0; g < json_array_size(groups); g++) {
        json_t *group = json_array_get(groups, g);
        if (json_equal(json_object_get(group, "parameters"), parameters) != 0) {
            json_decref(parameters);
            return group;
        }
    }
    json_t *group =
        json_pack("{s:o, s:i, s:i, s:i, s:{}, s:{}, s:{}, s:{}}", "parameters", parameters, "n", 0,
                  "failed", 0, "missing", 0, "mean", "stdev", "ci95", "lists");
    json_array_append_new(groups, group);
    return group;
}

json_t *sweep_summarise(json_t *cells) {
    const uint64_t lacks = json_lacks();
    json_t *groups = json_array();
    json_t *results = json_pack("{s:o, s:o, s:i, s:i}", "cells", cells, "groups", groups, "failed",
                                0, "missing", 0);
    for (size_t i = 0; results != NULL && i < json_array_size(cells); i++) {
        const json_t *cell = json_array_get(cells, i);
        const char *status = json_string_value(json_object_get(cell, "status"));
        json_t *group = group_of(groups, cell);
        if (strcmp(status, "done") == 0) {
            const json_t *result = json_object_get(cell, "result");
            count(group, "n");
            add_numbers(json_object_get(group, "lists"), json_is_number(result) ? "value" : "",
                        result);
        } else {
            count(group, status);
            count(results, status);
        }
    }
    for (size_t g = 0; g < json_array_size(groups); g++) {
        json_t *group = json_array_get(groups, g), *list;
        const char *metric;
        json_object_foreach(json_object_get(group, "lists"), metric, list) {
            set_statistics(group, metric, list);
        }
        json_object_del(group, "lists");
    }
    if (json_lacks() != lacks) { /* means over fewer cells than there are */
        json_decref(results);
        results = NULL;
    }
    return results;
}
