/* SPDX-License-Identifier: MIT */
/* Policies as CSV and text: there and back to the last bit, and one line for each thing wrong. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "plugin/host.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"
#include "policy/policy_text.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/test.h"

static struct core *core;
static struct scratch scratch;
static char last_log[1024];

static void keep_log(void *context, synrl_log_level level, const char *line) {
    (void)context;
    (void)level;
    snprintf(last_log, sizeof last_log, "%s", line);
}

static void setup(void) {
    core = core_create(&(struct core_options){.n_threads = 1, .log = keep_log});
    ck_assert_ptr_nonnull(core);
    scratch_make(&scratch);
}

static void teardown(void) {
    scratch_remove(&scratch);
    core_destroy(core);
}

SUITE("policy_csv", .setup = setup, .teardown = teardown);

static size_t n_entries(const synrl_policy *policy) {
    return (size_t)policy->n_reward_histories * policy->n_situations * 3;
}

/* Awkward numbers: tiny, huge, with all 17 digits, from a small generator. */
static synrl_policy *scrambled_policy(uint32_t n_actions, uint32_t n_rewards, uint32_t n_features) {
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, n_actions, n_rewards, n_features, &policy), SYNRL_OK);
    uint64_t x = 42;
    for (size_t i = 0; i < n_entries(policy); i++) {
        x = x * 6364136223846793005U + 1442695040888963407U;
        policy->q[i] = ((double)(x >> 11) / 9007199254740992.0 - 0.5) * (i % 3 == 0 ? 1e300 : 1e-9);
    }
    policy->q[0] = -0.0;
    policy->q[1] = 4.9406564584124654e-324;
    return policy;
}

TEST(every_memory_comes_back_bit_for_bit) {
    const char *path = scratch_path(&scratch, "policy.csv");
    for (uint32_t n = 0; n <= SYNRL_MEMORY_MAX * 2; n++) {
        const uint32_t n_actions = n <= SYNRL_MEMORY_MAX ? n : SYNRL_MEMORY_MAX;
        const uint32_t n_rewards = n <= SYNRL_MEMORY_MAX ? SYNRL_MEMORY_MAX - n : n - 5;
        synrl_policy *saved = scrambled_policy(n_actions, n_rewards, 0), *loaded;
        ck_assert_int_eq(policy_save_csv(core, saved, path), SYNRL_OK);
        ck_assert_int_eq(policy_load_csv(core, path, &loaded), SYNRL_OK);
        ck_assert_uint_eq(loaded->n_actions, n_actions);
        ck_assert_uint_eq(loaded->n_rewards, n_rewards);
        ck_assert_mem_eq(loaded->q, saved->q, n_entries(saved) * sizeof *saved->q);
        policy_release(saved);
        policy_release(loaded);
    }
    ck_assert_uint_eq(scratch_count(scratch.folder), 1);
}

/* As a spreadsheet saves it: quoted, after a byte order mark, with other line ends. */
TEST(a_spreadsheet_may_have_saved_it) {
    static const char text[] =
        "\xEF\xBB\xBF\"a_t1\",\"q_dec\",\"q_null\",\"q_inc\"\r\n"
        "\"-1\",0,0.5,0\r\n0,\"1e-3\",0,0\r\n1,0,0,0\r\n";
    const char *path = scratch_path(&scratch, "policy.csv");
    synrl_policy *policy;
    ck_assert_int_eq(file_write(core, path, text, sizeof text - 1), SYNRL_OK);
    ck_assert_int_eq(policy_load_csv(core, path, &policy), SYNRL_OK);
    ck_assert_double_eq(policy->q[1], 0.5);
    ck_assert_double_eq(policy->q[3], 0.001);
    policy_release(policy);
}

/* Reward histories -, none, + by action histories -, 0, +: state (+1, -1) is row 2 * 3 + 0. */
TEST(columns_are_rewards_then_actions_then_q) {
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 1, 1, 0, &policy), SYNRL_OK);
    policy->q[6 * 3 + 2] = 0.1;
    const char *path = scratch_path(&scratch, "policy.csv");
    ck_assert_int_eq(policy_save_csv(core, policy, path), SYNRL_OK);
    char *text = scratch_read(path, NULL);
    ck_assert_str_eq(text,
                     "r_t1,a_t1,q_dec,q_null,q_inc\n"
                     "-1,-1,0,0,0\n-1,0,0,0,0\n-1,1,0,0,0\n"
                     "0,-1,0,0,0\n0,0,0,0,0\n0,1,0,0,0\n"
                     "1,-1,0,0,0.10000000000000001\n1,0,0,0,0\n1,1,0,0,0\n");
    free(text);
    policy_release(policy);
}

TEST(every_number_of_features_comes_back_bit_for_bit) {
    static const char *const names[] = {"credit", "feature1", "x_3", "d", "e"};
    const char *path = scratch_path(&scratch, "policy.csv");
    for (uint32_t n_features = 1; n_features <= SYNRL_MEMORY_MAX; n_features++) {
        const uint32_t n_actions = (SYNRL_MEMORY_MAX - n_features) / 2;
        synrl_policy *saved = scrambled_policy(n_actions, 1, n_features), *loaded;
        ck_assert_int_eq(policy_name_features(core, saved, names), SYNRL_OK);
        ck_assert_int_eq(policy_save_csv(core, saved, path), SYNRL_OK);
        ck_assert_int_eq(policy_load_csv(core, path, &loaded), SYNRL_OK);
        ck_assert_uint_eq(loaded->n_actions, n_actions);
        ck_assert_uint_eq(loaded->n_rewards, 1);
        ck_assert_uint_eq(loaded->n_features, n_features);
        for (uint32_t feature = 0; feature < n_features; feature++) {
            ck_assert_str_eq(policy_feature_name(loaded, feature), names[feature]);
        }
        ck_assert_mem_eq(loaded->q, saved->q, n_entries(saved) * sizeof *saved->q);
        ck_assert_uint_eq(policy_hash(loaded), policy_hash(saved));
        policy_release(saved);
        policy_release(loaded);
    }
}

/* The first feature is the lowest digit and the first column; a situation is features * 3 + last
 * action. Reward -1, last action +1, features (-1, +1): (0 + 2 * 3) * 3 + 2 = 20 of 27. */
TEST(features_stand_between_actions_and_q) {
    const char *path =
        scratch_file(&scratch, "policy.csv",
                     "r_t1,a_t1,credit,activity,q_dec,q_null,q_inc\n-1,1,-1,1,0.5,2,-3\n");
    synrl_policy *policy, *again;
    ck_assert_msg(policy_load_csv(core, path, &policy) == SYNRL_OK, "%s", core->message);
    ck_assert_uint_eq(policy->n_features, 2);
    ck_assert_str_eq(policy_feature_name(policy, 0), "credit");
    ck_assert_double_eq(policy->q[20 * 3], 0.5);
    ck_assert_double_eq(policy->q[20 * 3 + 1], 2);
    ck_assert_double_eq(policy->q[20 * 3 + 2], -3);
    policy->q[1 * 3] = 7; /* reward -1, last action 0, features (-1, -1) */
    ck_assert_int_eq(policy_save_csv(core, policy, path), SYNRL_OK);
    char *text = scratch_read(path, NULL);
    ck_assert_ptr_nonnull(strstr(text, "\n-1,0,-1,-1,7,0,0\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n-1,1,-1,1,0.5,2,-3\n"));
    ck_assert_int_eq(policy_load_csv(core, path, &again), SYNRL_OK);
    ck_assert_mem_eq(again->q, policy->q, n_entries(policy) * sizeof *policy->q);
    free(text);
    policy_release(policy);
    policy_release(again);
}

static const char *authors_policy(void) {
    static char path[512];
    const char *folder = getenv("SYNRL_DATA");
    snprintf(path, sizeof path, "%s/policies/authors_golden.csv",
             folder != NULL ? folder : "../shared");
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        fprintf(stderr, "skipped: the authors' golden policy, since %s is not there\n", path);
        return NULL;
    }
    fclose(stream);
    return path;
}

/* Two cells copied by hand from the file, and the whole of it once around. */
TEST(the_authors_policy_loads) {
    const char *path = authors_policy();
    if (path == NULL) {
        return;
    }
    synrl_policy *policy, *again;
    ck_assert_int_eq(policy_load_csv(core, path, &policy), SYNRL_OK);
    ck_assert_uint_eq(policy->n_actions, 2);
    ck_assert_uint_eq(policy->n_rewards, 2);
    ck_assert(policy->q[2] == 1.9216220218926321);
    ck_assert(policy->q[81 * 3 - 3] == 1.943759379515472);
    const char *copy = scratch_path(&scratch, "copy.csv");
    ck_assert_int_eq(policy_save_csv(core, policy, copy), SYNRL_OK);
    ck_assert_int_eq(policy_load_csv(core, copy, &again), SYNRL_OK);
    ck_assert_mem_eq(policy->q, again->q, n_entries(policy) * sizeof *policy->q);
    ck_assert_uint_eq(policy_hash(policy), policy_hash(again));
    policy_release(policy);
    policy_release(again);
}

TEST(rows_may_come_in_any_order_with_gaps) {
    const char *path = scratch_file(
        &scratch, "policy.csv", "a_t1,q_dec,q_null,q_inc\r\n 1 , 1,2e1,\t-3.5\r\n\r\n-0,4,5,6\r\n");
    static const double expected[] = {0, 0, 0, 4, 5, 6, 1, 20, -3.5};
    synrl_policy *policy;
    ck_assert_int_eq(policy_load_csv(core, path, &policy), SYNRL_OK);
    ck_assert_uint_eq(policy->n_rewards, 0);
    ck_assert_mem_eq(policy->q, expected, sizeof expected);
    char said[600];
    snprintf(said, sizeof said, "%s: 2 of 3 states; Q of the others is 0", path);
    ck_assert_str_eq(last_log, said);
    policy_release(policy);
}

/* A decimal comma in the process's locale must not reach the files. */
TEST(the_locale_does_not_matter) {
    char command[700];
    snprintf(command, sizeof command, "localedef -i de_DE -f ISO-8859-1 '%s/de_DE' 2>/dev/null",
             scratch.folder);
    setenv("LOCPATH", scratch.folder, 1);
    if (system(command) != 0 || setlocale(LC_ALL, "de_DE") == NULL) {
        fprintf(stderr,
                "skipped: numbers under a German locale, since localedef makes none here\n");
        return;
    }
    snprintf(command, sizeof command, "%g", 0.5);
    ck_assert_str_eq(command, "0,5");
    synrl_policy *saved = scrambled_policy(1, 1, 0), *loaded;
    const char *path = scratch_path(&scratch, "policy.csv");
    ck_assert_int_eq(policy_save_csv(core, saved, path), SYNRL_OK);
    ck_assert_int_eq(policy_load_csv(core, path, &loaded), SYNRL_OK);
    ck_assert_mem_eq(loaded->q, saved->q, n_entries(saved) * sizeof *saved->q);
    policy_release(saved);
    policy_release(loaded);
}

#define HEADER "r_t1,a_t1,q_dec,q_null,q_inc\n"
#define MUST_END \
    "the file ends inside this line: a line must end in a line feed, or the file is cut off"

static const struct {
    const char *text, *message; /* after the file's name */
} malformed[] = {
    {"", ":1: empty: must begin with a line such as r_t2,r_t1,a_t2,a_t1,q_dec,q_null,q_inc"},
    {"\n\n", ":1: empty: must begin with a line such as r_t2,r_t1,a_t2,a_t1,q_dec,q_null,q_inc"},
    {"r_t1,a_t1,q_dec,q_inc\n", ":1: column 4 is \"q_inc\": must be \"q_null\""},
    {"r_t1,a_t1,q_dec,q_null\n", ":1: column 5 is missing: must be \"q_inc\""},
    {"a_t1,r_t1,q_dec,q_null,q_inc\n", ":1: column 2 is \"r_t1\": must be \"q_dec\""},
    {"r_t1,r_t2,q_dec,q_null,q_inc\n", ":1: column 1 is \"r_t1\": must be \"r_t2\""},
    {"r_t6,r_t5,r_t4,r_t3,r_t2,r_t1,q_dec,q_null,q_inc\n",
     ":1: a policy of 0 actions, 6 rewards and 0 features: must be at most 5 rewards, and 5 "
     "actions and features together"},
    {"r_t1,q_dec,q_null,q_inc,q\n", ":1: an extra column after \"q_inc\", which is the last of 4"},
    {"r_t1,q_dec,q_null,q_inc", ":1: " MUST_END},
    {"a_t3,a_t2,a_t1,x,y,z,q_dec,q_null,q_inc\n",
     ":1: a policy of 3 actions, 0 rewards and 3 features: must be at most 5 rewards, and 5 "
     "actions and features together"},
    {"a_t1,x,y,x,q_dec,q_null,q_inc\n", ":1: two features named \"x\": must differ"},
    {"a_t1,x,r_t1,q_dec,q_null,q_inc\n", ":1: column 2 is \"x\": must be \"q_dec\""},
    {"a_t1,X,q_dec,q_null,q_inc\n", ":1: column 2 is \"X\": must be \"q_dec\""},
    {"a_t1,x,q_dec,q_nul,q_inc\n", ":1: column 4 is \"q_nul\": must be \"q_null\""},
    {"a_t1,x,q_dec,q_null,q_inc\n1,2,0,0,0\n", ":2: column 2 is \"2\": must be -1, 0 or 1"},
    {"rubbish\n", ":1: column 1 is \"rubbish\": must be \"q_dec\""},
    {HEADER, ":1: no states: the header must be followed by one line per state"},
    {HEADER "1,1,0,0\n", ":2: 4 columns: must be 5 as in the header"},
    {HEADER "1,1,0,0,0,0\n", ":2: 6 columns: must be 5 as in the header"},
    {HEADER "1,,,,,,,,,,,,,,,,,,,1\n", ":2: 20 columns: must be 5 as in the header"},
    {HEADER "1,1,0,0,x\n", ":2: column 5 is \"x\": must be a finite number"},
    {HEADER "1,1,0,0,1.5 2\n", ":2: column 5 is \"1.5 2\": must be a finite number"},
    {HEADER "1,1,0,,0\n", ":2: column 4 is \"\": must be a finite number"},
    {HEADER "1,1,0,nan,0\n", ":2: column 4 is \"nan\": must be a finite number"},
    {HEADER "1,1,inf,0,0\n", ":2: column 3 is \"inf\": must be a finite number"},
    {HEADER "1,1,1e999,0,0\n", ":2: column 3 is \"1e999\": must be a finite number"},
    {HEADER "1,1,0x10,0,0\n", ":2: column 3 is \"0x10\": must be a finite number"},
    {HEADER "1,1,0,0,0\n2,1,0,0,0\n", ":3: column 1 is \"2\": must be -1, 0 or 1"},
    {HEADER "1,0.5,0,0,0\n", ":2: column 2 is \"0.5\": must be -1, 0 or 1"},
    {HEADER "1,1,0,0,0\n0,1,0,0,0\n1,1,0,0,0\n",
     ":4: the same state as in line 2: each must occur once"},
    {HEADER "1,1,0,0,0\n0,1,0,0,0.12", ":3: " MUST_END},
    {HEADER "1,1,0,0,\x01\xff\n", ":2: column 5 is \"??\": must be a finite number"},
};

TEST_EACH(malformed_files_are_refused_by_line, COUNT_OF(malformed)) {
    const char *path = scratch_file(&scratch, "policy.csv", malformed[_i].text);
    synrl_policy *policy;
    char expected[700];
    ck_assert_int_eq(policy_load_csv(core, path, &policy), SYNRL_INVALID);
    ck_assert_ptr_null(policy);
    snprintf(expected, sizeof expected, "%s%s", path, malformed[_i].message);
    ck_assert_str_eq(core->message, expected);
}

TEST(a_huge_line_is_refused) {
    char text[5000];
    memset(text, '1', sizeof text);
    memcpy(text, HEADER, sizeof HEADER - 1);
    text[sizeof text - 2] = '\n';
    text[sizeof text - 1] = '\0';
    const char *path = scratch_file(&scratch, "policy.csv", text);
    synrl_policy *policy;
    char expected[700];
    ck_assert_int_eq(policy_load_csv(core, path, &policy), SYNRL_INVALID);
    /* 5000 characters, less the header's 29, the line feed and the end of the string */
    snprintf(expected, sizeof expected, "%s:2: a line of 4969 characters: must be at most 1000",
             path);
    ck_assert_str_eq(core->message, expected);
}

/* Whatever bytes stand in it, a file is loaded or refused with one line that names it. */
TEST(damaged_files_never_do_harm) {
    synrl_policy *policy = scrambled_policy(2, 1, 0);
    const char *path = scratch_path(&scratch, "policy.csv");
    size_t size;
    ck_assert_int_eq(policy_save_csv(core, policy, path), SYNRL_OK);
    policy_release(policy);
    char *bytes = scratch_read(path, &size);
    uint32_t x = 7;
    for (int round = 0; round < 400; round++) {
        x = x * 1664525U + 1013904223U;
        const size_t at = x % size;
        const char before = bytes[at];
        bytes[at] = (char)(x >> 24);
        FILE *stream = fopen(path, "w");
        fwrite(bytes, 1, round % 4 == 0 ? at : size, stream);
        fclose(stream);
        bytes[at] = before;
        if (policy_load_csv(core, path, &policy) == SYNRL_OK) {
            policy_release(policy);
        } else {
            ck_assert_ptr_null(policy);
            ck_assert_mem_eq(core->message, path, strlen(path));
            ck_assert_ptr_null(strchr(core->message, '\n'));
        }
    }
    free(bytes);
}

static size_t count_lines(const char *text) {
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += *text == '\n';
    }
    return n;
}

/* Memory 1 and 1: before the first step only (none, 0); then 2 rewards by 3 actions: 7 states.
 * Memory 2 and 2: 1 + 2 * 3 + 36. Without memory of rewards all action histories can occur; without
 * memory of actions, rewards: 1 + 2 + 4. */
TEST(the_table_shows_the_states_that_can_occur) {
    static const struct {
        uint32_t n_actions, n_rewards, n_states;
    } cases[] = {{0, 0, 1}, {1, 1, 7}, {2, 2, 43}, {2, 0, 9}, {0, 2, 7}, {1, 2, 1 + 2 * 3 + 4 * 3}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        synrl_policy *policy;
        ck_assert_int_eq(policy_create(core, cases[i].n_actions, cases[i].n_rewards, 0, &policy),
                         SYNRL_OK);
        char *text = policy_text(core, policy);
        ck_assert_uint_eq(count_lines(text), cases[i].n_states + 1);
        core_free(core, text);
        policy_release(policy);
    }
}

TEST(the_table_reads_well) {
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 1, 1, 0, &policy), SYNRL_OK);
    for (int i = 0; i < 27; i++) {
        policy->q[i] = i % 4 - i * 0.5e-3;
    }
    char *text = policy_text(core, policy);
    ck_assert_str_eq(text,
                     "rewards   actions             Q(-)          Q(0)          Q(+)  greedy\n"
                     "-         -                      0        0.9995         1.999       +\n"
                     "-         0                 2.9985        -0.002        0.9975       -\n"
                     "-         +                  1.997        2.9965        -0.004       0\n"
                     ".         0                 -0.006        0.9935         1.993       +\n"
                     "+         -                  1.991        2.9905         -0.01       0\n"
                     "+         0                 0.9895         1.989        2.9885       +\n"
                     "+         +                 -0.012        0.9875         1.987       +\n");
    core_free(core, text);
    policy_release(policy);
}

TEST(the_table_shows_features) {
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 0, 0, 2, &policy), SYNRL_OK);
    for (int i = 0; i < 27; i++) {
        policy->q[i] = i % 4;
    }
    char *text = policy_text(core, policy);
    ck_assert_str_eq(
        text,
        "features: feature1, feature2\n"
        "rewards   actions   features            Q(-)          Q(0)          Q(+)  greedy\n"
        "                    - -                    0             1             2       +\n"
        "                    0 -                    3             0             1       -\n"
        "                    + -                    2             3             0       0\n"
        "                    - 0                    1             2             3       +\n"
        "                    0 0                    0             1             2       +\n"
        "                    + 0                    3             0             1       -\n"
        "                    - +                    2             3             0       0\n"
        "                    0 +                    1             2             3       +\n"
        "                    + +                    0             1             2       +\n");
    core_free(core, text);
    policy_release(policy);
}

/* Hashes of earlier versions, before there were features: runs are known by them. */
TEST(hashes_without_features_stay) {
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 2, 2, 0, &policy), SYNRL_OK);
    ck_assert_uint_eq(policy_hash(policy), UINT64_C(0x7b9cde0d1ac2c580));
    policy_release(policy);
    /* Half the last action, a quarter of the last reward, 1. */
    ck_assert_int_eq(policy_create(core, 2, 1, 0, &policy), SYNRL_OK);
    for (int state = 0; state < 27; state++) {
        policy->q[state * 3] = (state % 3 - 1) * 0.5;
        const int reward = state / 9 - 1;
        policy->q[state * 3 + 1] = reward * 0.25;
        policy->q[state * 3 + 2] = 1;
    }
    ck_assert_uint_eq(policy_hash(policy), UINT64_C(0x42be271b75d0ee23));
    policy_release(policy);
}

TEST(different_policies_have_different_hashes) {
    synrl_policy *policy = scrambled_policy(2, 1, 0), *other;
    ck_assert_int_eq(policy_copy(core, policy, &other), SYNRL_OK);
    ck_assert_uint_eq(policy_hash(policy), policy_hash(other));
    other->q[5] = -other->q[5];
    ck_assert_uint_ne(policy_hash(policy), policy_hash(other));
    policy_release(other);
    policy_release(policy);
    /* As many zeros, but another state. */
    ck_assert_int_eq(policy_create(core, 2, 1, 0, &policy), SYNRL_OK);
    ck_assert_int_eq(policy_create(core, 1, 2, 0, &other), SYNRL_OK);
    ck_assert_uint_ne(policy_hash(policy), policy_hash(other));
    policy_release(other);
    ck_assert_int_eq(policy_create(core, 1, 1, 1, &other), SYNRL_OK);
    ck_assert_uint_ne(policy_hash(policy), policy_hash(other));
    policy_release(other);
    policy_release(policy);
}

TEST(a_place_that_cannot_be_written_is_named) {
    synrl_policy *policy = scrambled_policy(1, 1, 0);
    scratch_file(&scratch, "file", "");
    ck_assert_int_eq(policy_save_csv(core, policy, scratch_path(&scratch, "file/p.csv")), SYNRL_IO);
    ck_assert_ptr_nonnull(strstr(core->message, "file/p.csv: cannot write it: Not a directory"));
    policy_release(policy);
}

static synrl_status load_show_save(struct core *scarce) {
    const char *path = scratch_path(&scratch, "policy.csv");
    synrl_policy *policy;
    SYNRL_TRY(policy_load_csv(scarce, path, &policy));
    char *text = policy_text(scarce, policy);
    synrl_status status = text != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = policy_save_csv(scarce, policy, path);
    }
    core_free(scarce, text);
    policy_release(policy);
    return status;
}

TEST(memory_that_runs_out_leaves_nothing) {
    scratch_file(&scratch, "policy.csv", HEADER "1,1,0,0,0\n");
    test_short_memory(load_show_save);
    ck_assert_uint_eq(scratch_count(scratch.folder), 1);
}
