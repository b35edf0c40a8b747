/* SPDX-License-Identifier: MIT */
/* Policies as CSV: it has one column per remembered reward and action, oldest first, one per
 * feature, the first first, and three of Q: r_t2,r_t1,a_t2,a_t1,feature1,q_dec,q_null,q_inc. A file
 * is read completely or not at all. */
#include "policy/policy_csv.h"

#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/number.h"
#include "policy/policy_text.h"

enum {
    LINE_MAX_LENGTH = 1000,
    FILE_LIMIT = 1 << 25 /* 59,049 states with lines of some hundred bytes are 6 MB */
};

static const char *const q_names[3] = {"q_dec", "q_null", "q_inc"};

static uint32_t n_columns(const synrl_policy *policy) {
    return policy->n_rewards + policy->n_actions + policy->n_features + 3;
}

/* Reading: one line ---------------------------------------------------------------------------- */

/* The next line that is not empty; *any = false where there is none. */
static synrl_status read_line(struct csv *csv, bool *any) {
    SYNRL_TRY(csv_next(csv, any));
    if (csv->is_cut) {
        return csv_fail(csv,
                        "the file ends inside this line: a line must end in a line feed, or "
                        "the file is cut off");
    }
    if (*any && csv->length > LINE_MAX_LENGTH) {
        return csv_fail(csv, "a line of %zu characters: must be at most %d", csv->length,
                        LINE_MAX_LENGTH);
    }
    return SYNRL_OK;
}

/* Reading: the header -------------------------------------------------------------------------- */

/* The number of fields from `first` on that begin with a prefix. */
static uint32_t count_columns(const struct csv *csv, size_t first, const char *prefix) {
    uint32_t n = 0;
    for (size_t f = first; f < csv->n_fields; f++, n++) {
        const struct csv_field field = csv->fields[f];
        if ((size_t)(field.end - field.start) < strlen(prefix) ||
            memcmp(field.start, prefix, strlen(prefix)) != 0) {
            break;
        }
    }
    return n;
}

static bool names_feature(struct csv_field field) {
    char name[FEATURE_NAME_SIZE + 1];
    const size_t length = (size_t)(field.end - field.start);
    if (length >= sizeof name) {
        return false;
    }
    memcpy(name, field.start, length);
    name[length] = '\0';
    return policy_is_feature_name(name);
}

/* The number of fields from `first` on that name features; 0 where q_dec does not follow. */
static uint32_t count_features(const struct csv *csv, size_t first) {
    uint32_t n = 0;
    while (first + n < csv->n_fields && names_feature(csv->fields[first + n])) {
        n++;
    }
    const size_t next = first + n;
    return next < csv->n_fields && csv_is(csv->fields[next], q_names[0]) ? n : 0;
}

static synrl_status read_feature_names(const struct csv *csv, synrl_policy *policy) {
    char names[SYNRL_MEMORY_MAX][FEATURE_NAME_SIZE];
    const char *all[SYNRL_MEMORY_MAX];
    for (uint32_t feature = 0; feature < policy->n_features; feature++) {
        const struct csv_field field = csv->fields[policy->n_rewards + policy->n_actions + feature];
        snprintf(names[feature], FEATURE_NAME_SIZE, "%.*s", (int)(field.end - field.start),
                 field.start);
        all[feature] = names[feature];
    }
    const synrl_status status = policy_name_features(csv->core, policy, all);
    return status == SYNRL_OK ? SYNRL_OK : csv_fail(csv, "%s", csv->core->message);
}

static void column_name(const synrl_policy *policy, uint32_t column, char name[FEATURE_NAME_SIZE]) {
    const uint32_t n_memories = policy->n_rewards + policy->n_actions;
    if (column < policy->n_rewards) {
        snprintf(name, FEATURE_NAME_SIZE, "r_t%u", policy->n_rewards - column);
    } else if (column < n_memories) {
        snprintf(name, FEATURE_NAME_SIZE, "a_t%u", n_memories - column);
    } else if (column < n_memories + policy->n_features) {
        snprintf(name, FEATURE_NAME_SIZE, "%s", policy_feature_name(policy, column - n_memories));
    } else {
        snprintf(name, FEATURE_NAME_SIZE, "%s", q_names[column - n_memories - policy->n_features]);
    }
}

static synrl_status read_columns(const struct csv *csv, synrl_policy *policy) {
    SYNRL_TRY(read_feature_names(csv, policy));
    for (uint32_t column = 0; column < n_columns(policy); column++) {
        char name[FEATURE_NAME_SIZE], text[CSV_TEXT_SIZE];
        column_name(policy, column, name);
        if (column >= csv->n_fields) {
            return csv_fail(csv, "column %u is missing: must be \"%s\"", column + 1, name);
        }
        if (!csv_is(csv->fields[column], name)) {
            return csv_fail(csv, "column %u is \"%s\": must be \"%s\"", column + 1,
                            csv_text(csv->fields[column], text), name);
        }
    }
    if (csv->n_fields > n_columns(policy)) {
        return csv_fail(csv, "an extra column after \"q_inc\", which is the last of %u",
                        n_columns(policy));
    }
    return SYNRL_OK;
}

static synrl_status read_header(struct csv *csv, synrl_policy **policy) {
    bool any;
    SYNRL_TRY(read_line(csv, &any));
    if (!any) {
        return core_fail(csv->core, SYNRL_INVALID,
                         "%s:1: empty: must begin with a line such as "
                         "r_t2,r_t1,a_t2,a_t1,q_dec,q_null,q_inc",
                         csv->path);
    }
    const uint32_t n_rewards = count_columns(csv, 0, "r_t");
    const uint32_t n_actions = count_columns(csv, n_rewards, "a_t");
    const uint32_t n_features = count_features(csv, n_rewards + n_actions);
    const synrl_status status = policy_create(csv->core, n_actions, n_rewards, n_features, policy);
    if (status == SYNRL_INVALID) {
        return csv_fail(csv, "%s", csv->core->message);
    }
    return status == SYNRL_OK ? read_columns(csv, *policy) : status;
}

/* Reading: the rows ---------------------------------------------------------------------------- */

static synrl_status read_number(const struct csv *csv, size_t column, double *value) {
    const struct csv_field field = csv->fields[column];
    char text[CSV_TEXT_SIZE];
    if (!number_read(field.start, field.end, value)) {
        return csv_fail(csv, "column %zu is \"%s\": must be a finite number", column + 1,
                        csv_text(field, text));
    }
    return SYNRL_OK;
}

/* Reads n columns of -1, 0 or 1 as the digits of a number, the first column as the highest or the
 * lowest. */
static synrl_status read_digits(const struct csv *csv, size_t first, uint32_t n,
                                bool is_highest_first, uint32_t *number) {
    *number = 0;
    for (uint32_t i = 0; i < n; i++) {
        const size_t column = first + (is_highest_first ? i : n - 1 - i);
        double value = 0.0;
        char text[CSV_TEXT_SIZE];
        SYNRL_TRY(read_number(csv, column, &value));
        if (value != -1.0 && value != 0.0 && value != 1.0) {
            return csv_fail(csv, "column %zu is \"%s\": must be -1, 0 or 1", column + 1,
                            csv_text(csv->fields[column], text));
        }
        *number = *number * 3 + (uint32_t)(value + 1.0);
    }
    return SYNRL_OK;
}

static synrl_status read_row(const struct csv *csv, synrl_policy *policy, size_t *seen) {
    if (csv->n_fields != n_columns(policy)) {
        return csv_fail(csv, "%zu columns: must be %u as in the header", csv->n_fields,
                        n_columns(policy));
    }
    const uint32_t n_memories = policy->n_rewards + policy->n_actions;
    uint32_t rewards, actions, features;
    SYNRL_TRY(read_digits(csv, 0, policy->n_rewards, true, &rewards));
    SYNRL_TRY(read_digits(csv, policy->n_rewards, policy->n_actions, true, &actions));
    SYNRL_TRY(read_digits(csv, n_memories, policy->n_features, false, &features));
    const uint32_t situation = features * policy->n_action_histories + actions;
    const size_t state = (size_t)rewards * policy->n_situations + situation;
    if (seen[state] != 0) {
        return csv_fail(csv, "the same state as in line %zu: each must occur once", seen[state]);
    }
    seen[state] = csv->line;
    for (uint32_t action = 0; action < 3; action++) {
        SYNRL_TRY(read_number(csv, n_memories + policy->n_features + action,
                              &policy->q[state * 3 + action]));
    }
    return SYNRL_OK;
}

static synrl_status read_rows(struct csv *csv, synrl_policy *policy, size_t *seen) {
    const size_t n_states = policy_entries(policy) / 3;
    size_t n_read = 0;
    for (bool any = true; any; n_read += any) {
        SYNRL_TRY(read_line(csv, &any));
        if (any) {
            SYNRL_TRY(read_row(csv, policy, seen));
        }
    }
    if (n_read == 0) {
        return csv_fail(csv, "%s", "no states: the header must be followed by one line per state");
    }
    if (n_read < n_states) {
        core_log(csv->core, SYNRL_LOG_WARNING, "%s: %zu of %zu states; Q of the others is 0",
                 csv->path, n_read, n_states);
    }
    return SYNRL_OK;
}

static synrl_status read_table(struct csv *csv, synrl_policy **policy) {
    SYNRL_TRY(read_header(csv, policy));
    size_t *seen =
        core_alloc(csv->core, policy_entries(*policy) / 3, sizeof *seen); /* in this line; 0: not
                                                                           * yet */
    synrl_status status = SYNRL_NO_MEMORY;
    if (seen != NULL) {
        status = read_rows(csv, *policy, seen);
    }
    core_free(csv->core, seen);
    return status;
}

synrl_status policy_load_csv(struct core *core, const char *path, synrl_policy **policy) {
    char *bytes;
    size_t size;
    *policy = NULL;
    SYNRL_TRY(file_read(core, path, FILE_LIMIT, &bytes, &size));
    struct csv csv = csv_begin(core, path, bytes, size);
    const synrl_status status = read_table(&csv, policy);
    csv_end(&csv);
    core_free(core, bytes);
    if (status != SYNRL_OK) {
        policy_release(*policy);
        *policy = NULL;
    }
    return status;
}

/* Writing -------------------------------------------------------------------------------------- */

static void write_header(FILE *stream, const synrl_policy *policy) {
    for (uint32_t column = 0; column < n_columns(policy); column++) {
        char name[FEATURE_NAME_SIZE];
        column_name(policy, column, name);
        fprintf(stream, "%s%c", name, column + 1 < n_columns(policy) ? ',' : '\n');
    }
}

static void write_row(FILE *stream, const synrl_policy *policy, uint32_t rewards,
                      uint32_t situation) {
    const uint32_t actions = situation % policy->n_action_histories;
    const uint32_t features = situation / policy->n_action_histories;
    for (uint32_t k = policy->n_rewards; k > 0; k--) {
        fprintf(stream, "%d,", (int)policy_digit(rewards, k) - 1);
    }
    for (uint32_t k = policy->n_actions; k > 0; k--) {
        fprintf(stream, "%d,", (int)policy_digit(actions, k) - 1);
    }
    for (uint32_t k = 1; k <= policy->n_features; k++) {
        fprintf(stream, "%d,", (int)policy_digit(features, k) - 1);
    }
    for (uint32_t action = 0; action < 3; action++) {
        char number[NUMBER_SIZE];
        number_write(number, 17, policy_state_q(policy, rewards, situation)[action]);
        fprintf(stream, "%s%c", number, action < 2 ? ',' : '\n');
    }
}

static synrl_status write_draft(struct draft *draft, const synrl_policy *policy) {
    write_header(draft_stream(draft), policy);
    for (uint32_t rewards = 0; rewards < policy->n_reward_histories; rewards++) {
        for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
            write_row(draft_stream(draft), policy, rewards, situation);
        }
    }
    return draft_commit(draft); /* reports every failed write */
}

synrl_status policy_save_csv(struct core *core, const synrl_policy *policy, const char *path) {
    struct draft *draft;
    SYNRL_TRY(draft_begin(core, path, &draft));
    return write_draft(draft, policy);
}

synrl_status policy_output_csv(struct core *core, const synrl_policy *policy, const char *path) {
    struct draft *draft;
    SYNRL_TRY(draft_begin_output(core, path, &draft));
    return write_draft(draft, policy);
}
