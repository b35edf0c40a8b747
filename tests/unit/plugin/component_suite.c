/* SPDX-License-Identifier: MIT */
/* Components: how a script's values become the fields of a config, what is refused and how it is
 * told, and who owns what. All of it on the fixture `every_param`, which has a parameter of each
 * type. */
#include "plugin/component.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/every_param.h"
#include "policy/policy.h"
#include "support/loader.h"
#include "support/test.h"

#define WHO "rule \"every_param\": "
#define INF ((double)INFINITY)
#define IS_NAN ((double)NAN)

static struct loader loader; /* for its memory, which is counted */
static struct core *core;
static synrl_policy *policy; /* of one action, zero but for q[1] = 0.5 */

static void setup(void) {
    loader_open(&loader);
    core = loader.core;
    ck_assert_int_eq(policy_create(core, 1, 0, 0, &policy), SYNRL_OK);
    policy->q[1] = 0.5;
}

static void teardown(void) {
    policy_release(policy);
    loader_close(&loader);
}

SUITE("component", .setup = setup, .teardown = teardown);

static struct component *start(void) {
    struct component *made;
    ck_assert_msg(component_create(core, SYNRL_KIND_RULE, "every_param", &made) == SYNRL_OK, "%s",
                  core->message);
    return made;
}

static void set(struct component *component, size_t n, const struct named_value *values) {
    test_set(core, component, n, values);
}

static const struct every_param *finish(struct component *component) {
    set(component, GIVEN({"policy", POLICY(policy)}));
    ck_assert_msg(component_finish(component) == SYNRL_OK, "%s", core->message);
    return component_config(component);
}

static double at(const synrl_schedule *schedule, uint64_t iteration) {
    double value = -77;
    ck_assert_msg(schedule->at(schedule, iteration, &value) == SYNRL_OK, "%s", core->message);
    return value;
}

/* Values --------------------------------------------------------------------------------------- */

TEST(defaults_are_what_the_table_says) {
    struct component *component = start();
    const struct every_param *config = finish(component);
    ck_assert(config->number == 0.25);
    ck_assert(config->free_number == -3);
    ck_assert(config->positive == 1e-3);
    ck_assert_int_eq(config->integer, 7);
    ck_assert(config->boolean);
    ck_assert_str_eq(config->string, "some text");
    ck_assert_ptr_null(config->optional); /* may be left out */
    ck_assert_int_eq(config->choice, 1);  /* green, of red|green|blue */
    ck_assert_uint_eq(config->integers.n, 3);
    ck_assert_int_eq(config->integers.items[0], 2);
    ck_assert_int_eq(config->integers.items[1], 100);
    ck_assert_int_eq(config->integers.items[2], 1);
    ck_assert_uint_eq(config->numbers.n, 2);
    ck_assert(config->numbers.items[0] == 0.5 && config->numbers.items[1] == 2);
    ck_assert_uint_eq(config->choices.n, 2);
    ck_assert(config->choices.items[0] == 2 && config->choices.items[1] == 0); /* blue, red */
    ck_assert(at(config->schedule, 0) == 0.5);
    ck_assert(at(config->schedule, UINT64_MAX) == 0.5);
    ck_assert_ptr_eq(config->policy, policy);
    ck_assert_str_eq(config->activation->id, "tanh");
    ck_assert_uint_eq(config->activations.n, 2);
    ck_assert_str_eq(config->activations.items[0]->id, "relu");
    ck_assert_str_eq(config->activations.items[1]->id, "step");
    component_release(component);
}

/* The values are gone or changed by the time the config is read. */
TEST(values_are_copied_into_the_config) {
    struct component *component = start();
    char string[] = "mine", choice[] = "blue", name[] = "integer", id[] = "relu";
    struct value integers[] = {INTEGER(3), NUMBER(4)};
    struct value numbers[] = {NUMBER(0.1), INTEGER(10), NUMBER(0)};
    const struct value ids[] = {STRING(id), STRING("step"), STRING(id)};
    const struct value choices[] = {STRING("green"), STRING(choice), STRING(choice)};
    set(component,
        GIVEN({"number", NUMBER(0.75)}, {"free_number", NUMBER(-DBL_MAX)},
              {"positive", NUMBER(DBL_MIN)}, {name, INTEGER(100)}, {"boolean", BOOLEAN(false)},
              {"string", STRING(string)}, {"optional", STRING("")}, {"choice", STRING(choice)},
              {"integers", LIST(integers)}, {"numbers", LIST(numbers)}, {"schedule", NUMBER(0.125)},
              {"choices", LIST(choices)}, {"activation", STRING(id)}, {"activations", LIST(ids)}));
    memset(string, 'x', 4);
    memset(choice, 'x', 4);
    memset(name, 'x', 4);
    memset(id, 'x', 4);
    integers[0] = integers[1] = (struct value)INTEGER(9);
    numbers[0] = numbers[1] = (struct value)NUMBER(9.5);
    const struct every_param *config = finish(component);
    ck_assert(config->number == 0.75);
    ck_assert(config->free_number == -DBL_MAX);
    ck_assert(config->positive == DBL_MIN);
    ck_assert_int_eq(config->integer, 100);
    ck_assert(!config->boolean);
    ck_assert_str_eq(config->string, "mine");
    ck_assert_str_eq(config->optional, "");
    ck_assert_int_eq(config->choice, 2);
    ck_assert_uint_eq(config->integers.n, 2);
    ck_assert_int_eq(config->integers.items[0], 3);
    ck_assert_int_eq(config->integers.items[1], 4);
    ck_assert_uint_eq(config->numbers.n, 3);
    ck_assert(config->numbers.items[0] == 0.1 && config->numbers.items[1] == 10);
    ck_assert(config->numbers.items[2] == 0);
    ck_assert_uint_eq(config->choices.n, 3);
    ck_assert(config->choices.items[0] == 1 && config->choices.items[2] == 2);
    ck_assert(at(config->schedule, 17) == 0.125);
    ck_assert_str_eq(config->activation->id, "relu");
    ck_assert_uint_eq(config->activations.n, 3);
    ck_assert_str_eq(config->activations.items[0]->id, "relu");
    ck_assert_str_eq(config->activations.items[1]->id, "step");
    ck_assert_str_eq(config->activations.items[2]->id, "relu");
    component_release(component);
}

TEST(convertible_types_are_accepted) {
    struct component *component = start();
    set(component,
        GIVEN({"number", INTEGER(1)}, {"integer", NUMBER(12.0)}, {"schedule", INTEGER(0)},
              {"integers", NUMBER(0x1p40)}, {"numbers", INTEGER(3)},
              {"activations", STRING("step")})); /* one item for a list of it */
    const struct every_param *config = finish(component);
    ck_assert(config->number == 1);
    ck_assert_int_eq(config->integer, 12);
    ck_assert(at(config->schedule, 5) == 0);
    ck_assert_uint_eq(config->integers.n, 1);
    ck_assert_int_eq(config->integers.items[0], INT64_C(1) << 40);
    ck_assert_uint_eq(config->numbers.n, 1);
    ck_assert(config->numbers.items[0] == 3);
    ck_assert_uint_eq(config->activations.n, 1);
    ck_assert_str_eq(config->activations.items[0]->id, "step");
    component_release(component);
}

TEST(lists_may_be_empty) {
    struct component *component = start();
    set(component, GIVEN({"integers", LIST_OF(0, NULL)}, {"numbers", LIST_OF(0, NULL)},
                         {"activations", LIST_OF(0, NULL)}, {"choices", LIST_OF(0, NULL)}));
    const struct every_param *config = finish(component);
    ck_assert_uint_eq(config->integers.n, 0);
    ck_assert_uint_eq(config->numbers.n, 0);
    ck_assert_uint_eq(config->activations.n, 0);
    ck_assert_uint_eq(config->choices.n, 0);
    component_release(component);
}

/* Refusals ------------------------------------------------------------------------------------- */

/* Kept out of the table, since a constant cannot hold the address of a compound literal's part. */
static const struct value nested[] = {LIST_OF(0, NULL)};
static const struct value fractions[] = {INTEGER(3), NUMBER(3.5)};
static const struct value too_small[] = {INTEGER(3), INTEGER(0)};
static const struct value negative[] = {NUMBER(1), NUMBER(-0.5)};
static const struct value not_finite[] = {NUMBER(IS_NAN)};
static const struct value half_named[] = {STRING("relu"), STRING("tanhh")};
static const struct value half_chosen[] = {STRING("red"), STRING("pink")};
static const struct value half_typed[] = {STRING("relu"), BOOLEAN(true)};

#define SCHEDULE_WORDS "must be a number, a schedule or a function of the iteration"

static const struct {
    const char *name;
    struct value value;
    const char *message; /* behind WHO */
} refused[] = {
    {"number", NUMBER(IS_NAN), "number = nan: must be 0 .. 1"},
    {"number", NUMBER(-IS_NAN), "number = nan: must be 0 .. 1"},
    {"number", NUMBER(INF), "number = inf: must be 0 .. 1"},
    {"number", NUMBER(-0x1p-1074), "number = -4.94065645841247e-324: must be 0 .. 1"},
    {"number", NUMBER(1 + 0x1p-40), "number = 1.00000000000091: must be 0 .. 1"}, /* 9.09e-13 */
    {"number", INTEGER(-1), "number = -1: must be 0 .. 1"},
    {"number", STRING("0.5"), "number = \"0.5\": must be a number"},
    {"number", {.kind = VALUE_NIL}, "number = nil: must be a number"},
    {"number", BOOLEAN(true), "number = true: must be a number"},
    {"number", LIST(fractions), "number = a list: must be a number"},
    {"number",
     {.kind = VALUE_OTHER, .as.string = "a thread"},
     "number = a thread: must be a number"},
    {"free_number", NUMBER(IS_NAN), "free_number = nan: must be a finite number"},
    {"free_number", NUMBER(-INF), "free_number = -inf: must be a finite number"},
    {"positive", NUMBER(0), "positive = 0: must be greater than 0"},
    {"positive", NUMBER(-0.0), "positive = -0: must be greater than 0"},
    {"positive", NUMBER(INF), "positive = inf: must be greater than 0"},
    {"integer", INTEGER(0), "integer = 0: must be 1 .. 100"},
    {"integer", INTEGER(101), "integer = 101: must be 1 .. 100"},
    {"integer", INTEGER(INT64_MIN), "integer = -9.22337203685478e+18: must be 1 .. 100"},
    {"integer", NUMBER(2.5), "integer = 2.5: must be an integer"},
    {"integer", NUMBER(IS_NAN), "integer = nan: must be an integer"},
    {"integer", NUMBER(-INF), "integer = -inf: must be an integer"},
    {"integer", NUMBER(1e300), "integer = 1e+300: must be an integer"},
    {"integer", BOOLEAN(true), "integer = true: must be an integer"},
    {"boolean", INTEGER(1), "boolean = 1: must be true or false"},
    {"boolean", STRING("true"), "boolean = \"true\": must be true or false"},
    {"string", INTEGER(5), "string = 5: must be a string"},
    {"string", STRING("\xff\xfe"), "string: must be text in UTF-8"},
    {"string", STRING("\xc0\xaf"), "string: must be text in UTF-8"}, /* overlong */
    {"choice", STRING("gree"), "choice = \"gree\": must be one of red|green|blue"},
    {"choice", STRING("greenish"), "choice = \"greenish\": must be one of red|green|blue"},
    {"choice", STRING("red|green"), "choice = \"red|green\": must be one of red|green|blue"},
    {"choice", STRING("Red"), "choice = \"Red\": must be one of red|green|blue"},
    {"choice", STRING(""), "choice = \"\": must be one of red|green|blue"},
    {"choice", INTEGER(1), "choice = 1: must be one of red|green|blue"},
    {"choices", STRING("redd"), "choices = \"redd\": must be a list of red|green|blue"},
    {"choices", LIST(half_chosen), "choices = \"pink\": must be a list of red|green|blue"},
    {"choices", LIST(half_typed), "choices = \"relu\": must be a list of red|green|blue"},
    {"choices", LIST(nested), "choices = a list: must be a list of red|green|blue"},
    {"choices", INTEGER(1), "choices = 1: must be a list of red|green|blue"},
    {"integers", LIST(nested), "integers = a list: must be a list of integers"},
    {"integers", LIST(fractions), "integers = 3.5: must be a list of integers"},
    {"integers", LIST(too_small), "integers = 0: must be at least 1"},
    {"integers", STRING("2,1"), "integers = \"2,1\": must be a list of integers"},
    {"numbers", LIST(nested), "numbers = a list: must be a list of numbers"},
    {"numbers", LIST(negative), "numbers = -0.5: must be 0 .. 10"},
    {"numbers", LIST(not_finite), "numbers = nan: must be 0 .. 10"},
    {"numbers", STRING("0.5"), "numbers = \"0.5\": must be a list of numbers"},
    {"schedule", NUMBER(IS_NAN), "schedule = nan: must be 0 .. 1"},
    {"schedule", NUMBER(1.5), "schedule = 1.5: must be 0 .. 1"},
    {"schedule", STRING("0.5"), "schedule = \"0.5\": " SCHEDULE_WORDS},
    {"schedule", LIST(too_small), "schedule = a list: " SCHEDULE_WORDS},
    {"policy", STRING("golden"), "policy = \"golden\": must be a policy"},
    {"policy", {.kind = VALUE_NIL}, "policy = nil: must be a policy"},
    {"activation", NUMBER(2), "activation = 2: must be an activation"},
    {"activation", LIST(half_named), "activation = a list: must be an activation"},
    {"activation", STRING("tahn"), "activation: no activation \"tahn\", did you mean \"tanh\"?"},
    {"activations", LIST(half_named),
     "activations: no activation \"tanhh\", did you mean \"tanh\"?"},
    {"activations", LIST(half_typed),
     "activations = true: must be an activation or a list of them"},
    {"activations", LIST(nested), "activations = a list: must be an activation or a list of them"},
};
enum { N_REFUSED = COUNT_OF(refused) };

/* Nothing of it stays: the parameter can be set after all, and is at its default else. */
TEST_EACH(a_wrong_value_is_refused_and_not_kept, N_REFUSED) {
    char message[256];
    snprintf(message, sizeof message, WHO "%s", refused[_i].message);
    component_release(start()); /* by now the plugin is open */
    struct component *component = start();
    component_set(component, refused[_i].name, &refused[_i].value); /* and those it asked for */
    const size_t n_live = loader.n_live;
    ck_assert_int_eq(component_set(component, refused[_i].name, &refused[_i].value), SYNRL_INVALID);
    ck_assert_str_eq(core->message, message);
    ck_assert_uint_eq(loader.n_live, n_live);
    const struct every_param *config = finish(component);
    ck_assert(config->number == 0.25);
    ck_assert(config->positive == 1e-3);
    ck_assert_int_eq(config->integer, 7);
    ck_assert(config->boolean);
    ck_assert_str_eq(config->string, "some text");
    ck_assert_int_eq(config->choice, 1);
    ck_assert_uint_eq(config->integers.n, 3);
    ck_assert_uint_eq(config->numbers.n, 2);
    ck_assert(at(config->schedule, 0) == 0.5);
    ck_assert_str_eq(config->activation->id, "tanh");
    ck_assert_uint_eq(config->activations.n, 2);
    component_release(component);
}

TEST(a_component_of_another_kind_is_not_an_activation) {
    struct component *loss = test_component(core, SYNRL_KIND_LOSS, "mse", 0, NULL);
    struct component *component = start();
    const struct value value = COMPONENT(loss);
    ck_assert_int_eq(component_set(component, "activation", &value), SYNRL_INVALID);
    ck_assert_str_eq(core->message, WHO "activation = loss \"mse\": must be an activation");
    ck_assert_int_eq(component_set(component, "number", &value), SYNRL_INVALID);
    ck_assert_str_eq(core->message, WHO "number = loss \"mse\": must be a number");
    component_release(component);
    component_release(loss);
}

TEST(long_values_and_names_are_cut_in_messages) {
    char longest[5000];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct component *component = start();
    const struct value value = STRING(longest);
    ck_assert_int_eq(component_set(component, "choice", &value), SYNRL_INVALID);
    ck_assert_uint_lt(strlen(core->message), 200);
    ck_assert_ptr_nonnull(strstr(core->message, "aaaa: must be one of red|green|blue"));
    ck_assert_int_eq(component_set(component, longest, &value), SYNRL_INVALID);
    ck_assert_uint_eq(strlen(core->message), sizeof core->message - 1);
    set(component, GIVEN({"string", value}));
    ck_assert_str_eq(finish(component)->string, longest);
    component_release(component);
}

TEST(a_parameter_is_set_once) {
    struct component *component = start();
    set(component, GIVEN({"number", NUMBER(0.5)}));
    const struct value again = NUMBER(0.75), wrong = STRING("x");
    ck_assert_int_eq(component_set(component, "number", &again), SYNRL_INVALID);
    ck_assert_str_eq(core->message, WHO "number is given twice");
    ck_assert_int_eq(component_set(component, "number", &wrong), SYNRL_INVALID);
    ck_assert_str_eq(core->message, WHO "number is given twice");
    ck_assert(finish(component)->number == 0.5); /* the first counts */
    component_release(component);
}

TEST(names_that_are_near_are_suggested) {
    static const struct {
        const char *name, *rest;
    } cases[] = {
        {"nubmer", ", did you mean \"number\"?"},
        {"intger", ", did you mean \"integer\"?"},
        {"integerss", ", did you mean \"integers\"?"}, /* 1 away; "integer" is 2 */
        {"Policy", ", did you mean \"policy\"?"},
        {"activation_s", ", did you mean \"activations\"?"},
        {"learning_rate",
         "; it has number, free_number, positive, integer, boolean, string, optional, choice, "
         "integers, numbers, choices, schedule, policy, activation, activations"},
        {"",
         "; it has number, free_number, positive, integer, boolean, string, optional, choice, "
         "integers, numbers, choices, schedule, policy, activation, activations"},
    };
    struct component *component = start();
    const size_t n_live = loader.n_live;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char message[256];
        snprintf(message, sizeof message, WHO "unknown parameter \"%s\"%s", cases[i].name,
                 cases[i].rest);
        const struct value value = NUMBER(0.5);
        ck_assert_int_eq(component_set(component, cases[i].name, &value), SYNRL_INVALID);
        ck_assert_str_eq(core->message, message);
        ck_assert_uint_eq(loader.n_live, n_live);
    }
    component_release(component);
}

TEST(a_plugin_without_parameters_says_so) {
    struct component *loss;
    ck_assert_int_eq(component_create(core, SYNRL_KIND_LOSS, "mse", &loss), SYNRL_OK);
    const struct value value = NUMBER(1);
    ck_assert_int_eq(component_set(loss, "rate", &value), SYNRL_INVALID);
    ck_assert_str_eq(core->message, "loss \"mse\": unknown parameter \"rate\": it has none");
    component_release(loss);
}

TEST(what_is_required_must_be_given) {
    struct component *component = start();
    ck_assert_int_eq(component_finish(component), SYNRL_INVALID);
    ck_assert_str_eq(core->message, WHO "policy must be given: the policy");
    component_release(component);
    component = (struct component *)&core;
    ck_assert_int_eq(component_create_default(core, SYNRL_KIND_RULE, "every_param", &component),
                     SYNRL_INVALID);
    ck_assert_ptr_null(component);
    component = (struct component *)&core;
    ck_assert_int_eq(component_create(core, SYNRL_KIND_RULE, "every_parm", &component),
                     SYNRL_INVALID);
    ck_assert_str_eq(core->message, "no rule \"every_parm\", did you mean \"every_param\"?");
    ck_assert_ptr_null(component);
    component = (struct component *)&core;
    ck_assert_int_eq(component_create_default(core, SYNRL_KIND_LOSS, "every_param", &component),
                     SYNRL_INVALID);
    ck_assert_ptr_null(component);
}

/* Ownership ------------------------------------------------------------------------------------ */

static synrl_status one_third(void *context, uint64_t iteration, double *value) {
    (void)context;
    (void)iteration;
    *value = 1.0 / 3;
    return SYNRL_OK;
}

static void count_end(void *context) {
    ++*(unsigned *)context;
}

/* The one who set a policy, a schedule and an activation lets go of them; the component, and with
 * it the config, still has them. With the last reference they go. */
TEST(a_component_holds_what_its_config_points_to) {
    component_release(test_component(core, SYNRL_KIND_ACTIVATION, "tanh", 0, NULL));
    component_release(test_component(core, SYNRL_KIND_ACTIVATION, "relu", 0, NULL));
    component_release(test_component(core, SYNRL_KIND_ACTIVATION, "step", 0, NULL));
    component_release(start()); /* by now all plugins are open */
    const size_t n_live = loader.n_live;
    unsigned n_ends = 0;
    struct schedule *schedule;
    synrl_policy *own;
    struct component *component = start();
    struct component *activation = test_component(core, SYNRL_KIND_ACTIVATION, "relu", 0, NULL);
    ck_assert_int_eq(schedule_function(core, one_third, count_end, &n_ends, &schedule), SYNRL_OK);
    ck_assert_int_eq(policy_copy(core, policy, &own), SYNRL_OK);
    const struct value given = COMPONENT(activation);
    const struct value both[] = {given, given};
    set(component, GIVEN({"policy", POLICY(own)}, {"schedule", SCHEDULE(schedule)},
                         {"activation", given}, {"activations", LIST(both)}));
    ck_assert_int_eq(component_finish(component), SYNRL_OK);
    policy_release(own);
    schedule_release(schedule);
    component_release(activation);
    ck_assert_ptr_eq(component_retain(component), component);
    component_release(component);
    const struct every_param *config = component_config(component);
    ck_assert_ptr_eq(config->policy, own);
    ck_assert(config->policy->q[1] == 0.5);
    ck_assert(at(config->schedule, 9) == 1.0 / 3);
    ck_assert_ptr_eq(config->activation, config->activations.items[1]);
    ck_assert_str_eq(config->activation->id, "relu");
    ck_assert_uint_eq(n_ends, 0);
    ck_assert_uint_gt(loader.n_live, n_live);
    component_release(component);
    ck_assert_uint_eq(n_ends, 1);
    ck_assert_uint_eq(loader.n_live, n_live);
    component_release(NULL);
}

/* Of a component that is given up half way, too. */
TEST(an_unfinished_component_frees_what_it_has) {
    struct component *component = start();
    component_release(component);
    const size_t n_live = loader.n_live;
    component = start();
    set(component,
        GIVEN({"policy", POLICY(policy)}, {"string", STRING("mine")}, {"schedule", NUMBER(0.5)}));
    component_release(component);
    ck_assert_uint_eq(loader.n_live, n_live);
    ck_assert(policy->q[1] == 0.5);
}

/* Memory --------------------------------------------------------------------------------------- */

static synrl_status set_all(struct component *component, const synrl_policy *given) {
    const struct value integers[] = {INTEGER(3), INTEGER(4)};
    const struct value ids[] = {STRING("step"), STRING("tanh")};
    return test_configure(component, GIVEN({"string", STRING("mine")}, {"integers", LIST(integers)},
                                           {"schedule", NUMBER(0.5)}, {"activations", LIST(ids)},
                                           {"policy", POLICY(given)}));
}

static synrl_status make_whole(struct core *scarce) {
    struct component *component = NULL;
    synrl_policy *given;
    SYNRL_TRY(policy_create(scarce, 1, 0, 0, &given));
    synrl_status status = component_create(scarce, SYNRL_KIND_RULE, "every_param", &component);
    ck_assert((component != NULL) == (status == SYNRL_OK));
    if (status == SYNRL_OK) {
        status = set_all(component, given);
    }
    component_release(component);
    policy_release(given);
    return status;
}

static synrl_status misspell(struct core *scarce) {
    struct component *component;
    SYNRL_TRY(component_create(scarce, SYNRL_KIND_RULE, "qlearning", &component));
    const struct value value = NUMBER(0.5);
    const synrl_status status = component_set(component, "gama", &value);
    component_release(component);
    return status == SYNRL_INVALID && strstr(scarce->message, "\"gamma\"?") ? SYNRL_OK : status;
}

TEST(short_memory_leaves_nothing) {
    test_short_memory(make_whole);
    test_short_memory(misspell);
}
