/* SPDX-License-Identifier: MIT */
#include "check/slopes.h"

#include <math.h>

/* Of a difference, in units of the scale: the rounding of floats is below it, a wrong formula
 * above. */
static const double width = 1.0 / 64, tolerance = 0.01;

static double difference(slope_function function, void *context, double h) {
    return (function(context, h) - function(context, -h)) / (2 * h);
}

void slopes_compare(struct slopes *slopes, slope_function function, void *context, double slope,
                    double scale, size_t number) {
    const double wide = difference(function, context, width);
    const double narrow = difference(function, context, width / 2);
    const double allowed = tolerance * (scale + fabs(narrow));
    if (!(fabs(wide - narrow) <= allowed / 2)) {
        return;
    }
    const double exact = (4 * narrow - wide) / 3;
    slopes->n_smooth++;
    if (fabs(slope - exact) <= allowed) {
        return;
    }
    if (slopes->n_wrong++ == 0 ||
        fabs(slope - exact) > fabs(slopes->worst_slope - slopes->worst_difference)) {
        slopes->worst_slope = slope;
        slopes->worst_difference = exact;
        slopes->worst = number;
    }
}

bool slopes_are_wrong(const struct slopes *slopes) {
    return slopes->n_wrong > slopes->n_smooth / 50;
}
