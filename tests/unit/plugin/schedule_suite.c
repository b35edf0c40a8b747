/* SPDX-License-Identifier: MIT */
/* Schedules: the value at each iteration against a closed form, bounds, refusals, and who owns
 * what. */
#include "plugin/schedule.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "plugin/host.h"
#include "support/pace.h"
#include "support/support.h"
#include "support/test.h"

static struct core *core;
static struct short_memory memory; /* nothing fails in it: it counts */

static void setup(void) {
    short_memory_init(&memory, SIZE_MAX);
    core = core_create(&(struct core_options){.n_threads = 1, .allocator = &memory.allocator});
    ck_assert_ptr_nonnull(core);
}

static void teardown(void) {
    core_destroy(core);
    ck_assert_uint_eq(memory.n_live, 0);
}

SUITE("schedule", .setup = setup, .teardown = teardown);

static double at(const struct schedule *schedule, uint64_t iteration) {
    const synrl_schedule *api = schedule_public(schedule);
    double value = -77;
    ck_assert_msg(api->at(api, iteration, &value) == SYNRL_OK, "%s", core->message);
    return value;
}

static struct schedule *constant(double value) {
    struct schedule *made;
    ck_assert_msg(schedule_constant(core, value, &made) == SYNRL_OK, "%s", core->message);
    return made;
}

static struct schedule *steps(size_t n, const uint64_t *iterations, const double *values) {
    struct schedule *made;
    ck_assert_msg(schedule_steps(core, n, iterations, values, &made) == SYNRL_OK, "%s",
                  core->message);
    return made;
}

/* The call failed with this message, and left neither a schedule nor memory behind. */
#define REFUSED(call, text)                               \
    do {                                                  \
        struct schedule *made = (struct schedule *)&core; \
        const size_t n_live = memory.n_live;              \
        ck_assert_int_eq(call, SYNRL_INVALID);            \
        ck_assert_str_eq(core->message, text);            \
        ck_assert_ptr_null(made);                         \
        ck_assert_uint_eq(memory.n_live, n_live);         \
    } while (0)

/* Values --------------------------------------------------------------------------------------- */

TEST(a_constant_is_the_same_at_every_iteration) {
    static const double values[] = {0.0, -0.0, 1e-3, -5, DBL_MAX, -DBL_MAX, 0x1p-1074, 0.1};
    static const uint64_t iterations[] = {0, 1, 1000, UINT64_MAX};
    for (size_t v = 0; v < COUNT_OF(values); v++) {
        struct schedule *schedule = constant(values[v]);
        ck_assert_uint_eq(schedule_public(schedule)->size, sizeof(synrl_schedule));
        for (size_t i = 0; i < COUNT_OF(iterations); i++) {
            const double value = at(schedule, iterations[i]);
            ck_assert_mem_eq(&value, &values[v], sizeof value); /* -0.0 too */
        }
        schedule_release(schedule);
    }
}

/* Halved every 100 iterations: at iteration t it is 2^-(t div 100), up to the last step. */
TEST(steps_that_halve_are_powers_of_two) {
    enum { N = 12, EVERY = 100 };
    uint64_t iterations[N];
    double values[N];
    for (size_t i = 0; i < N; i++) {
        iterations[i] = i * EVERY;
        values[i] = i > 0 ? values[i - 1] / 2 : 1;
    }
    struct schedule *schedule = steps(N, iterations, values);
    for (int t = 0; t < N * EVERY; t++) {
        CHECK_OFTEN(at(schedule, (uint64_t)t) == ldexp(1, -(t / EVERY)), "at iteration %d", t);
    }
    /* 2^-11 is the last: it stays. */
    ck_assert(at(schedule, N * EVERY) == 0x1p-11);
    ck_assert(at(schedule, UINT64_MAX) == 0x1p-11);
    schedule_release(schedule);
}

/* A staircase for the line t / 8, a step at each eighth iteration: the whole part of t / 8. It is
 * asked in an order that jumps, since a schedule remembers nothing. */
TEST(steps_on_a_line_are_its_whole_part) {
    enum { N = 40 };
    uint64_t iterations[N];
    double values[N];
    for (size_t i = 0; i < N; i++) {
        iterations[i] = 8 * i;
        values[i] = (double)i;
    }
    struct schedule *schedule = steps(N, iterations, values);
    for (uint64_t k = 0; k < 8 * N; k++) {
        const uint64_t t = k * 77 % (8 * N + 1); /* 321 = 3 * 107, so 77 reaches all but one */
        const double wanted = t < 8 * N ? floor((double)t / 8) : N - 1;
        CHECK_OFTEN(at(schedule, t) == wanted, "at iteration %d", (int)t);
    }
    schedule_release(schedule);
}

/* Steps as uneven as they can be: next to each other, and at the last iteration there is. */
TEST(a_step_holds_from_its_iteration_on) {
    const uint64_t iterations[] = {0, 1, 2, UINT64_MAX - 1, UINT64_MAX};
    const double values[] = {5, 4, -3, 2, 7};
    struct schedule *schedule = steps(5, iterations, values);
    ck_assert(at(schedule, 0) == 5);
    ck_assert(at(schedule, 1) == 4);
    ck_assert(at(schedule, 2) == -3);
    ck_assert(at(schedule, 3) == -3);
    ck_assert(at(schedule, UINT64_MAX - 2) == -3);
    ck_assert(at(schedule, UINT64_MAX - 1) == 2);
    ck_assert(at(schedule, UINT64_MAX) == 7);
    schedule_release(schedule);
    schedule = steps(1, iterations, values);
    ck_assert(at(schedule, 0) == 5);
    ck_assert(at(schedule, UINT64_MAX) == 5);
    schedule_release(schedule);
}

TEST(steps_are_copied) {
    uint64_t iterations[] = {0, 10};
    double values[] = {1, 2};
    struct schedule *schedule = steps(2, iterations, values);
    iterations[1] = 5;
    values[0] = values[1] = 9;
    ck_assert(at(schedule, 9) == 1);
    ck_assert(at(schedule, 10) == 2);
    schedule_release(schedule);
}

/* Refusals ------------------------------------------------------------------------------------- */

TEST(a_constant_must_be_finite) {
    REFUSED(schedule_constant(core, (double)NAN, &made),
            "a schedule's value is nan: must be finite");
    REFUSED(schedule_constant(core, (double)INFINITY, &made),
            "a schedule's value is inf: must be finite");
    REFUSED(schedule_constant(core, -(double)INFINITY, &made),
            "a schedule's value is -inf: must be finite");
}

static const struct {
    size_t n;
    uint64_t iterations[3];
    double values[3];
    const char *message;
} refused[] = {
    {0, {0}, {0}, "a schedule without steps: must have at least one"},
    {1, {1}, {3}, "a schedule's first step is at iteration 1: must be 0"},
    {1,
     {UINT64_MAX},
     {3},
     "a schedule's first step is at iteration 18446744073709551615: must be 0"},
    {2, {0, 0}, {1, 2}, "step 2 of a schedule is at iteration 0: must be after 0"},
    {3, {0, 7, 7}, {1, 2, 3}, "step 3 of a schedule is at iteration 7: must be after 7"},
    {3, {0, 7, 6}, {1, 2, 3}, "step 3 of a schedule is at iteration 6: must be after 7"},
    {1, {0}, {(double)NAN}, "step 1 of a schedule is nan: must be finite"},
    {2, {0, 1}, {1, (double)INFINITY}, "step 2 of a schedule is inf: must be finite"},
    {3, {0, 1, 2}, {1, -(double)INFINITY, 2}, "step 2 of a schedule is -inf: must be finite"},
};
enum { N_REFUSED = COUNT_OF(refused) };

TEST_EACH(steps_must_begin_at_0_rise_and_be_finite, N_REFUSED) {
    REFUSED(schedule_steps(core, refused[_i].n, refused[_i].iterations, refused[_i].values, &made),
            refused[_i].message);
}

/* Functions ------------------------------------------------------------------------------------ */

struct script {
    unsigned n_asked, n_freed;
    uint64_t fails_at;
};

/* 0.5^t: the powers that a halving schedule has at every iteration. */
static synrl_status halve(void *context, uint64_t iteration, double *value) {
    struct script *script = context;
    script->n_asked++;
    if (iteration == script->fails_at) {
        return core_fail(core, SYNRL_INVALID, "the script gave up");
    }
    *value = iteration < 2000 ? ldexp(1, -(int)iteration) : (double)NAN;
    return SYNRL_OK;
}

static void end_script(void *context) {
    ((struct script *)context)->n_freed++;
}

static struct schedule *function(struct script *script) {
    struct schedule *made;
    ck_assert_msg(schedule_function(core, halve, end_script, script, &made) == SYNRL_OK, "%s",
                  core->message);
    return made;
}

TEST(a_function_is_asked_each_time) {
    struct script script = {.fails_at = 30};
    struct schedule *schedule = function(&script);
    ck_assert_uint_eq(script.n_asked, 0); /* not before the run */
    ck_assert(at(schedule, 0) == 1);
    ck_assert(at(schedule, 3) == 0.125);
    ck_assert(at(schedule, 3) == 0.125);
    ck_assert_uint_eq(script.n_asked, 3);
    const synrl_schedule *api = schedule_public(schedule);
    double value;
    test_failure(core, SYNRL_INVALID, api->at(api, 30, &value), "the script gave up");
    ck_assert(at(schedule, 31) == 0x1p-31); /* one failure is not the end of it */
    schedule_release(schedule);
}

TEST(a_context_is_freed_once_and_last) {
    struct script script = {.fails_at = 30};
    struct schedule *schedule = function(&script), *bounded;
    ck_assert_int_eq(schedule_bounded(core, schedule, "x", 0, 1, &bounded), SYNRL_OK);
    ck_assert_ptr_eq(schedule_retain(schedule), schedule);
    schedule_release(schedule);
    schedule_release(schedule);
    ck_assert_uint_eq(script.n_freed, 0);
    ck_assert(at(bounded, 1) == 0.5); /* which holds the last reference */
    schedule_release(bounded);
    ck_assert_uint_eq(script.n_freed, 1);
    struct schedule *without;
    ck_assert_int_eq(schedule_function(core, halve, NULL, &script, &without), SYNRL_OK);
    schedule_release(without);
    schedule_release(NULL);
    ck_assert_uint_eq(script.n_freed, 1);
}

/* Bounds --------------------------------------------------------------------------------------- */

TEST(constants_are_checked_before_the_run) {
    static const struct {
        double value, min, max;
        const char *message; /* NULL: within */
    } cases[] = {
        {0, 0, 1, NULL}, /* both ends are within */
        {1, 0, 1, NULL},
        {-0x1p-1074, 0, 1, "rule \"r\": x = -4.94065645841247e-324: must be 0 .. 1"},
        {1.5, 0, 1, "rule \"r\": x = 1.5: must be 0 .. 1"},
        {0, SYNRL_POSITIVE, SYNRL_UNBOUNDED, "rule \"r\": x = 0: must be greater than 0"},
        {DBL_MIN, SYNRL_POSITIVE, SYNRL_UNBOUNDED, NULL},
        {DBL_MAX, SYNRL_POSITIVE, SYNRL_UNBOUNDED, NULL},
        {2, SYNRL_POSITIVE, 1, "rule \"r\": x = 2: must be greater than 0, at most 1"},
        {1, 2, SYNRL_UNBOUNDED, "rule \"r\": x = 1: must be at least 2"},
        {3, -SYNRL_UNBOUNDED, 2, "rule \"r\": x = 3: must be at most 2"},
        {-DBL_MAX, 0, 0, NULL}, /* no bounds */
        {DBL_MAX, 0, 0, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct schedule *schedule = constant(cases[i].value), *bounded;
        if (cases[i].message != NULL) {
            REFUSED(schedule_bounded(core, schedule, "rule \"r\": x", cases[i].min, cases[i].max,
                                     &made),
                    cases[i].message);
        } else {
            ck_assert_msg(schedule_bounded(core, schedule, "rule \"r\": x", cases[i].min,
                                           cases[i].max, &bounded) == SYNRL_OK,
                          "case %zu: %s", i, core->message);
            ck_assert(at(bounded, 5) == cases[i].value);
            schedule_release(bounded);
        }
        ck_assert(at(schedule, 0) == cases[i].value); /* what was asked about is as it was */
        schedule_release(schedule);
    }
}

TEST(each_step_is_checked_before_the_run) {
    const uint64_t iterations[] = {0, 10, UINT64_MAX};
    const double values[] = {0.5, 1, 1.25};
    struct schedule *schedule = steps(3, iterations, values), *bounded;
    REFUSED(schedule_bounded(core, schedule, "x", 0, 1, &made),
            "x = 1.25 at iteration 18446744073709551615: must be 0 .. 1");
    REFUSED(schedule_bounded(core, schedule, "x", 0.75, 2, &made),
            "x = 0.5 at iteration 0: must be 0.75 .. 2");
    ck_assert_int_eq(schedule_bounded(core, schedule, "x", 0.5, 1.25, &bounded), SYNRL_OK);
    schedule_release(schedule);
    ck_assert(at(bounded, 9) == 0.5);
    ck_assert(at(bounded, 10) == 1);
    ck_assert(at(bounded, UINT64_MAX) == 1.25);
    schedule_release(bounded);
}

TEST(functions_are_checked_as_they_answer) {
    struct script script = {.fails_at = 2};
    struct schedule *schedule = function(&script), *bounded;
    char who[] = "rule \"r\": epsilon";
    ck_assert_int_eq(schedule_bounded(core, schedule, who, 0.2, 1, &bounded), SYNRL_OK);
    schedule_release(schedule);
    ck_assert_uint_eq(script.n_asked, 0);
    who[0] = 'R'; /* the name is a copy */
    ck_assert(at(bounded, 0) == 1);
    const synrl_schedule *api = schedule_public(bounded);
    double value;
    /* 2^-3 = 0.125 < 0.2 */
    ck_assert_int_eq(api->at(api, 3, &value), SYNRL_INVALID);
    ck_assert_str_eq(core->message, "rule \"r\": epsilon = 0.125 at iteration 3: must be 0.2 .. 1");
    /* A function's own failure is passed on as it is. */
    ck_assert_int_eq(api->at(api, 2, &value), SYNRL_INVALID);
    ck_assert_str_eq(core->message, "the script gave up");
    schedule_release(bounded);
}

TEST(a_function_without_bounds_must_still_be_finite) {
    struct script script = {.fails_at = UINT64_MAX};
    struct schedule *schedule = function(&script), *bounded;
    ck_assert_int_eq(schedule_bounded(core, schedule, "x", 0, 0, &bounded), SYNRL_OK);
    schedule_release(schedule);
    const synrl_schedule *api = schedule_public(bounded);
    double value;
    ck_assert_int_eq(api->at(api, 2000, &value), SYNRL_INVALID);
    ck_assert_str_eq(core->message, "x = nan at iteration 2000: must be a finite number");
    schedule_release(bounded);
}

/* As JSON -------------------------------------------------------------------------------------- */

static void says(const struct schedule *schedule, const char *text) {
    json_t *json = schedule_json(schedule);
    json_t *wanted = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(wanted);
    char *found = json_dumps(json, JSON_ENCODE_ANY);
    ck_assert_msg(json_equal(json, wanted), "%s, must be %s", found, text);
    free(found);
    json_decref(wanted);
    json_decref(json);
}

TEST(a_record_says_what_a_schedule_is) {
    const uint64_t iterations[] = {0, 60000};
    const double values[] = {0.25, 0.0625};
    struct script script = {.fails_at = 0};
    struct schedule *made[] = {constant(0.375), steps(2, iterations, values), function(&script)};
    static const char *const texts[] = {"0.375", "[[0, 0.25], [60000, 0.0625]]", "\"function\""};
    for (size_t i = 0; i < 3; i++) {
        struct schedule *bounded;
        says(made[i], texts[i]);
        ck_assert_int_eq(schedule_bounded(core, made[i], "x", 0, 1, &bounded), SYNRL_OK);
        says(bounded, texts[i]); /* the bounds are the plugin's, not the script's */
        schedule_release(bounded);
        schedule_release(made[i]);
    }
}

/* Memory --------------------------------------------------------------------------------------- */

static synrl_status make_constant(struct core *scarce) {
    struct schedule *schedule = NULL, *bounded = NULL;
    synrl_status status = schedule_constant(scarce, 1, &schedule);
    if (status == SYNRL_OK) {
        status = schedule_bounded(scarce, schedule, "x", 0, 1, &bounded);
    }
    ck_assert((bounded != NULL) == (status == SYNRL_OK));
    schedule_release(bounded);
    schedule_release(schedule);
    return status;
}

static synrl_status make_steps(struct core *scarce) {
    const uint64_t iterations[] = {0, 1, 2};
    const double values[] = {1, 2, 3};
    struct schedule *schedule;
    const synrl_status status = schedule_steps(scarce, 3, iterations, values, &schedule);
    ck_assert((schedule != NULL) == (status == SYNRL_OK));
    schedule_release(schedule);
    return status;
}

/* The context is freed also where there is no schedule to hold it. */
static synrl_status make_function(struct core *scarce) {
    struct script script = {.fails_at = 0};
    struct schedule *schedule;
    const synrl_status status = schedule_function(scarce, halve, end_script, &script, &schedule);
    ck_assert((schedule != NULL) == (status == SYNRL_OK));
    ck_assert_uint_eq(script.n_freed, status == SYNRL_OK ? 0 : 1);
    schedule_release(schedule);
    ck_assert_uint_eq(script.n_freed, 1);
    return status;
}

TEST(short_memory_leaves_nothing) {
    test_short_memory(make_constant);
    test_short_memory(make_steps);
    test_short_memory(make_function);
}
