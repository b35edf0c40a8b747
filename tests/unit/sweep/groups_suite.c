/* SPDX-License-Identifier: MIT */
/* Groups of a sweep's cells. */
#include "sweep/groups.h"

#include <math.h>

#include "support/test.h"

SUITE("groups");

/* Student's t, from a printed table: 2, 31, 41 and 121 numbers. */
TEST(confidence_is_students) {
    ck_assert(isnan(student_95(1)));
    ck_assert_double_eq_tol(student_95(2), 12.706, 1e-3);
    ck_assert_double_eq_tol(student_95(31), 2.042, 1e-3);
    ck_assert_double_eq_tol(student_95(41), 2.021, 1e-3);
    ck_assert_double_eq_tol(student_95(121), 1.980, 1e-3);
}
