/* SPDX-License-Identifier: MIT */
/* What a run's record says of a component, and the component made again from it: on the fixture
 * `every_param`, which has a parameter of each type. */
#include <stdlib.h>
#include <string.h>

#include "fixtures/every_param.h"
#include "plugin/component.h"
#include "plugin/component_json.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"
#include "support/loader.h"
#include "support/test.h"

#define WHO "rule \"every_param\": "

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

SUITE("component_json", .setup = setup, .teardown = teardown);

static double at(const synrl_schedule *schedule, uint64_t iteration) {
    double value = -77;
    ck_assert_msg(schedule->at(schedule, iteration, &value) == SYNRL_OK, "%s", core->message);
    return value;
}

/* "every_param" with something other than the default everywhere, written out by hand. */
#define PARAMETERS                                                                            \
    "'number': 0.75, 'free_number': 0.1, 'positive': 3.0, 'integer': 100, 'boolean': false, " \
    "'string': 'mine', 'optional': null, 'choice': 'blue', 'integers': [3, 4], "              \
    "'numbers': [0.1, 10.0], 'choices': ['green'], 'schedule': [[0, 0.5], [10, 0.25]], "      \
    "'activation': 'relu', "                                                                  \
    "'activations': ['step', "                                                                \
    "'tanh'], "

static json_t *from_text(const char *quoted) {
    char *plain = strdup(quoted);
    for (char *c = plain; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_error_t error;
    json_t *json = json_loads(plain, 0, &error);
    ck_assert_msg(json != NULL, "%s: %s", plain, error.text);
    free(plain);
    return json;
}

static struct component *set_everywhere(void) {
    const uint64_t iterations[] = {0, 10};
    const double values[] = {0.5, 0.25};
    static const struct value integers[] = {INTEGER(3), INTEGER(4)};
    static const struct value numbers[] = {NUMBER(0.1), INTEGER(10)};
    static const struct value ids[] = {STRING("step"), STRING("tanh")};
    struct schedule *schedule;
    ck_assert_int_eq(schedule_steps(core, 2, iterations, values, &schedule), SYNRL_OK);
    struct component *made = test_component(
        core, SYNRL_KIND_RULE, "every_param",
        GIVEN({"number", NUMBER(0.75)}, {"free_number", NUMBER(0.1)}, {"positive", INTEGER(3)},
              {"integer", INTEGER(100)}, {"string", STRING("mine")}, {"choice", STRING("blue")},
              {"activation", STRING("relu")}, {"boolean", BOOLEAN(false)},
              {"integers", LIST(integers)}, {"numbers", LIST(numbers)},
              {"choices", STRING("green")}, {"activations", LIST(ids)},
              {"schedule", SCHEDULE(schedule)}, {"policy", POLICY(policy)}));
    schedule_release(schedule);
    return made;
}

TEST(a_record_has_each_parameter) {
    struct component *component = set_everywhere();
    char text[2048];
    snprintf(text, sizeof text,
             "{'id': 'every_param', 'version': '2.1.0', 'file': '%s', 'parameters': {" PARAMETERS
             "'policy': {'n_actions': 1, 'n_rewards': 0, 'hash': '%016llx'}}}",
             component_plugin(component)->file, (unsigned long long)policy_hash(policy));
    json_t *wanted = from_text(text), *json = component_json(component);
    char *found = json_dumps(json, JSON_INDENT(1));
    ck_assert_msg(json_equal(json, wanted), "%s", found);
    free(found);
    json_decref(wanted);
    json_decref(json);
    component_release(component);
}

/* Names are not part of a policy's hash, so the record has them. */
TEST(a_record_names_the_features_of_a_policy) {
    synrl_policy *seeing;
    ck_assert_int_eq(policy_create(core, 0, 1, 2, &seeing), SYNRL_OK);
    ck_assert_int_eq(policy_name_features(core, seeing, (const char *const[]){"pre", "credit"}),
                     SYNRL_OK);
    struct component *component =
        test_component(core, SYNRL_KIND_RULE, "every_param", GIVEN({"policy", POLICY(seeing)}));
    char text[128];
    snprintf(text, sizeof text,
             "{'n_actions': 0, 'n_rewards': 1, 'hash': '%016llx', 'features': ['pre', 'credit']}",
             (unsigned long long)policy_hash(seeing));
    json_t *wanted = from_text(text), *json = component_json(component);
    ck_assert(json_equal(json_object_get(json_object_get(json, "parameters"), "policy"), wanted));
    json_decref(wanted);
    json_decref(json);
    component_release(component);
    policy_release(seeing);
}

TEST(a_component_comes_back_from_its_record) {
    struct component *component = set_everywhere(), *again;
    json_t *json = component_json(component);
    const char *path = scratch_path(&loader.scratch, "policy.csv");
    ck_assert_int_eq(policy_save_csv(core, policy, path), SYNRL_OK);
    ck_assert_msg(component_from_json(core, SYNRL_KIND_RULE, json, path, false, &again) == SYNRL_OK,
                  "%s", core->message);
    const struct every_param *config = component_config(again);
    ck_assert(config->number == 0.75);
    ck_assert(config->free_number == 0.1);
    ck_assert(config->positive == 3);
    ck_assert_int_eq(config->integer, 100);
    ck_assert(!config->boolean);
    ck_assert_str_eq(config->string, "mine");
    ck_assert_ptr_null(config->optional);
    ck_assert_int_eq(config->choice, 2);
    ck_assert_uint_eq(config->integers.n, 2);
    ck_assert_int_eq(config->integers.items[1], 4);
    ck_assert_uint_eq(config->numbers.n, 2);
    ck_assert(config->numbers.items[0] == 0.1 && config->numbers.items[1] == 10);
    ck_assert_uint_eq(config->choices.n, 1);
    ck_assert_int_eq(config->choices.items[0], 1);
    ck_assert(at(config->schedule, 9) == 0.5);
    ck_assert(at(config->schedule, 10) == 0.25);
    ck_assert(config->policy != policy && config->policy->q[1] == 0.5);
    ck_assert_str_eq(config->activation->id, "relu");
    ck_assert_str_eq(config->activations.items[1]->id, "tanh");
    json_t *json_again = component_json(again);
    ck_assert(json_equal(json, json_again));
    json_decref(json_again);
    component_release(again);
    /* Another table is not the policy of the record. */
    policy->q[1] = 0.75;
    ck_assert_int_eq(policy_save_csv(core, policy, path), SYNRL_OK);
    const size_t n_live = loader.n_live;
    test_failure(core, SYNRL_INVALID,
                 component_from_json(core, SYNRL_KIND_RULE, json, path, false, &again),
                 "policy.csv: is not the policy that the run was made with");
    ck_assert_ptr_null(again);
    test_failure(core, SYNRL_IO,
                 component_from_json(core, SYNRL_KIND_RULE, json, "none", false, &again),
                 "none: cannot open it");
    ck_assert_ptr_null(again);
    ck_assert_uint_eq(loader.n_live, n_live);
    json_decref(json);
    component_release(component);
}

/* As a record has those with parameters; of these here none has any. */
TEST(activations_may_be_records_themselves) {
    json_t *json = from_text(
        "{'id': 'every_param', 'parameters': {'activation': {'id': 'sin', 'parameters': {}}, "
        "'activations': [{'id': 'relu', 'parameters': {}}, 'step'], "
        "'policy': {'hash': '0000000000000000'}}}");
    char hash[17];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)policy_hash(policy));
    json_t *said = json_object_get(json_object_get(json, "parameters"), "policy");
    json_object_set_new(said, "hash", json_string(hash));
    const char *path = scratch_path(&loader.scratch, "policy.csv");
    struct component *made;
    ck_assert_int_eq(policy_save_csv(core, policy, path), SYNRL_OK);
    ck_assert_msg(component_from_json(core, SYNRL_KIND_RULE, json, path, false, &made) == SYNRL_OK,
                  "%s", core->message);
    const struct every_param *config = component_config(made);
    ck_assert_str_eq(config->activation->id, "sin");
    ck_assert_uint_eq(config->activations.n, 2);
    ck_assert_str_eq(config->activations.items[0]->id, "relu");
    ck_assert_str_eq(config->activations.items[1]->id, "step");
    component_release(made);
    json_decref(json);
}

static const struct {
    const char *record;
    synrl_status status;
    const char *message;
} damaged[] = {
    {"{}", SYNRL_INVALID, "the record has no rule"},
    {"{'id': 'every_param'}", SYNRL_INVALID, "the record has no rule"},
    {"{'id': 5, 'parameters': {}}", SYNRL_INVALID, "the record has no rule"},
    {"{'id': 'every_param', 'parameters': []}", SYNRL_INVALID, "the record has no rule"},
    {"{'id': 'every_parm', 'parameters': {}}", SYNRL_INVALID,
     "no rule \"every_parm\", did you mean \"every_param\"?"},
    {"{'id': 'every_param', 'parameters': {}}", SYNRL_INVALID,
     WHO "policy must be given: the policy"},
    {"{'id': 'every_param', 'parameters': {'schedule': 'function'}}", SYNRL_UNSUPPORTED,
     "schedule was a function of the script, which the record does not hold: a number or "
     "synrl.schedule it could hold"},
    {"{'id': 'every_param', 'parameters': {'schedule': []}}", SYNRL_INVALID,
     WHO "the recorded value of schedule does not fit it: of another type"},
    {"{'id': 'every_param', 'parameters': {'schedule': [[0, 0.5], [3, 2]]}}", SYNRL_INVALID,
     WHO "schedule = 2 at iteration 3: must be 0 .. 1"},
    {"{'id': 'every_param', 'parameters': {'schedule': [[-1, 0.5], [0, 0]]}}", SYNRL_INVALID,
     "step 2 of a schedule is at iteration 0: must be after 0"},
    {"{'id': 'every_param', 'parameters': {'schedule': {}}}", SYNRL_INVALID,
     WHO "the recorded value of schedule does not fit it: an object"},
    {"{'id': 'every_param', 'parameters': {'number': 2}}", SYNRL_INVALID,
     WHO "number = 2: must be 0 .. 1"},
    {"{'id': 'every_param', 'parameters': {'number': {}}}", SYNRL_INVALID,
     WHO "the recorded value of number does not fit it: an object"},
    {"{'id': 'every_param', 'parameters': {'integers': [1, []]}}", SYNRL_INVALID,
     WHO "the recorded value of integers does not fit it: of another type"},
    {"{'id': 'every_param', 'parameters': {'choices': ['red', 'pink']}}", SYNRL_INVALID,
     WHO "choices = \"pink\": must be a list of red|green|blue"},
    {"{'id': 'every_param', 'parameters': {'choices': [{}]}}", SYNRL_INVALID,
     WHO "the recorded value of choices does not fit it: an object"},
    {"{'id': 'every_param', 'parameters': {'activations': [{'id': 'relu', 'parameters': {}}, "
     "{'id': 'tanhh', 'parameters': {}}]}}",
     SYNRL_INVALID, "no activation \"tanhh\", did you mean \"tanh\"?"},
    {"{'id': 'every_param', 'parameters': {'activation': {'id': 'tanhh', 'parameters': {}}}}",
     SYNRL_INVALID, "no activation \"tanhh\", did you mean \"tanh\"?"},
};
enum { N_DAMAGED = COUNT_OF(damaged) };

TEST_EACH(a_damaged_record_is_refused, N_DAMAGED) {
    json_t *json = from_text(damaged[_i].record);
    struct component *made;
    component_from_json(core, SYNRL_KIND_RULE, json, "none", false,
                        &made); /* all plugins are open */
    const size_t n_live = loader.n_live;
    made = (struct component *)&core;
    ck_assert_int_eq(component_from_json(core, SYNRL_KIND_RULE, json, "none", false, &made),
                     damaged[_i].status);
    ck_assert_str_eq(core->message, damaged[_i].message);
    ck_assert_ptr_null(made);
    ck_assert_uint_eq(loader.n_live, n_live);
    json_decref(json);
}

static synrl_status read_record(struct core *scarce) {
    json_t *json = from_text("{'id': 'qlearning', 'parameters': {'epsilon': [[0, 1], [5, 0.5]]}}");
    struct component *component;
    const synrl_status status =
        component_from_json(scarce, SYNRL_KIND_RULE, json, "none", false, &component);
    ck_assert((component != NULL) == (status == SYNRL_OK));
    component_release(component);
    json_decref(json);
    return status;
}

TEST(short_memory_leaves_nothing) {
    test_short_memory(read_record);
}
