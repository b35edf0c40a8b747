/* SPDX-License-Identifier: MIT */
/* Derivatives against differences. */
#ifndef CHECK_SLOPES_H
#define CHECK_SLOPES_H

#include <stdbool.h>
#include <stddef.h>

/* A function of a number, at a distance from where it is looked at. */
typedef double (*slope_function)(void *context, double distance);

/* The numbers of slopes that were compared. */
struct slopes {
    size_t n_smooth, n_wrong;
    double worst_slope, worst_difference; /* of what is furthest off */
    size_t worst;                         /* its number, as the caller has it */
};

/* Compares a slope with central differences of two widths; where these do not agree the function is
 * not smooth, and nothing is compared. scale: what a slope is large compared with. */
void slopes_compare(struct slopes *slopes, slope_function function, void *context, double slope,
                    double scale, size_t number);
/* Whether too many are wrong: kinks leave a few. */
bool slopes_are_wrong(const struct slopes *slopes);

#endif
