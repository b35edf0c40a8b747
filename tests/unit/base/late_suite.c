/* SPDX-License-Identifier: MIT */
/* Libraries that are loaded when they are needed: the functions are there, or it is said why not.
 */
#include "synrl/late.h"

#include <math.h>

#include "support/test.h"

SUITE("late");

#define MATH_FUNCTIONS(_) _(fabs) _(ldexp)
struct math {
    MATH_FUNCTIONS(SYNRL_LATE_POINTER)
};
static const char *const names[] = {MATH_FUNCTIONS(SYNRL_LATE_NAME)};

TEST(each_function_is_where_its_name_says) {
    struct math table = {0};
    ck_assert_ptr_null(synrl_late_load("libm.so.6", 2, names, &table));
    ck_assert(table.fabs(-3) == 3);
    ck_assert(table.ldexp(3, 2) == 12);
}

TEST(a_library_that_is_missing_is_named) {
    struct math table = {0};
    const char *why = synrl_late_load("libsynrl_none.so.1", 2, names, &table);
    ck_assert_ptr_nonnull(why);
    ck_assert_ptr_nonnull(strstr(why, "libsynrl_none.so.1"));
}

TEST(a_function_that_is_missing_is_named) {
    static const char *const others[] = {"fabs", "synrl_no_such_function"};
    struct math table = {0};
    const char *why = synrl_late_load("libm.so.6", 2, others, &table);
    ck_assert_ptr_nonnull(why);
    ck_assert_ptr_nonnull(strstr(why, "synrl_no_such_function"));
}
