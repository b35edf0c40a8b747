/* SPDX-License-Identifier: MIT */
/* Policies as text: CSV for programs, a table for people, a hash.
 *
 * A CSV has one column per remembered reward and action, oldest first, one per feature, the first
 * first, and three of Q: r_t2,r_t1,a_t2,a_t1,feature1,q_dec,q_null,q_inc. A file is read
 * completely or not at all. */
#include "policy/policy_csv.h"

#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/number.h"

enum {
    FIELDS_MAX = 2 * SYNRL_MEMORY_MAX + 3,
    LINE_MAX_LENGTH = 1000,
    FILE_LIMIT = 1 << 25 /* 59,049 states with lines of some hundred bytes are 6 MB */
};

static const char *const q_names[3] = {"q_dec", "q_null", "q_inc"};

/* Histories ------------------------------------------------------------------------------------ */

/* The entry k steps ago (1: the last) in a base-3 history. */
static uint32_t history_digit(uint32_t history, uint32_t k) {
    while (--k > 0) {
        history /= 3;
    }
    return history % 3;
}

/* Whether a state can occur: before the first reward there is neither a reward nor an action. */
static bool state_can_occur(const synrl_policy *policy, uint32_t rewards, uint32_t actions) {
    bool has_begun = true;
    for (uint32_t k = 1; k <= SYNRL_MEMORY_MAX; k++) {
        const bool has_reward = k <= policy->n_rewards && history_digit(rewards, k) != 1;
        if (has_reward && !has_begun) {
            return false;
        }
        has_begun &= has_reward || k > policy->n_rewards;
        if (!has_begun && k <= policy->n_actions && history_digit(actions, k) != 1) {
            return false;
        }
    }
    return true;
}

static uint32_t n_columns(const synrl_policy *policy) {
    return policy->n_rewards + policy->n_actions + policy->n_features + 3;
}

/* Reading: one line ---------------------------------------------------------------------------- */

struct reader {
    struct core *core;
    const char *path;
    unsigned line;
    const char *next, *end; /* the unread rest */
    size_t n_fields;
    struct field {
        const char *start, *end;
    } fields[FIELDS_MAX + 1];
};

#define FAIL(reader, format, ...)                                                              \
    core_fail((reader)->core, SYNRL_INVALID, "%s:%u: " format, (reader)->path, (reader)->line, \
              __VA_ARGS__)

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static struct field trimmed(struct field field) {
    while (field.start < field.end && is_blank(*field.start)) {
        field.start++;
    }
    while (field.end > field.start && is_blank(field.end[-1])) {
        field.end--;
    }
    return field;
}

/* A field, printable in a message of one line. */
static const char *field_text(struct field field, char text[32]) {
    size_t n = 0;
    for (; field.start < field.end && n < 28; field.start++) {
        const unsigned char c = (unsigned char)*field.start;
        text[n++] = (char)(c < ' ' || c > '~' ? '?' : c);
    }
    strcpy(text + n, field.start < field.end ? "..." : "");
    return text;
}

static void split_fields(struct reader *reader, const char *start, const char *end) {
    reader->n_fields = 0;
    for (bool more = true; more && reader->n_fields <= FIELDS_MAX;) {
        const char *comma = memchr(start, ',', (size_t)(end - start));
        more = comma != NULL;
        reader->fields[reader->n_fields++] = trimmed((struct field){start, more ? comma : end});
        start = more ? comma + 1 : end;
    }
}

/* The next line that is not empty, into fields; *any = false where there is none. */
static synrl_status read_line(struct reader *reader, bool *any) {
    while (reader->next < reader->end) {
        reader->line++;
        const char *start = reader->next;
        const char *end = memchr(start, '\n', (size_t)(reader->end - start));
        if (end == NULL) {
            return FAIL(reader, "%s",
                        "the file ends inside this line: a line must end in a line "
                        "feed, or the file is cut off");
        }
        if (end - start > LINE_MAX_LENGTH) {
            return FAIL(reader, "a line of %td characters: must be at most %d", end - start,
                        LINE_MAX_LENGTH);
        }
        reader->next = end + 1;
        end -= end > start && end[-1] == '\r';
        if (end > start) {
            split_fields(reader, start, end);
            *any = true;
            return SYNRL_OK;
        }
    }
    *any = false;
    return SYNRL_OK;
}

/* Reading: the header -------------------------------------------------------------------------- */

/* The number of fields from `first` on that begin with a prefix. */
static uint32_t count_columns(const struct reader *reader, size_t first, const char *prefix) {
    uint32_t n = 0;
    for (size_t f = first; f < reader->n_fields; f++, n++) {
        const struct field field = reader->fields[f];
        if ((size_t)(field.end - field.start) < strlen(prefix) ||
            memcmp(field.start, prefix, strlen(prefix)) != 0) {
            break;
        }
    }
    return n;
}

static bool is_field(struct field field, const char *text) {
    return (size_t)(field.end - field.start) == strlen(text) &&
           memcmp(field.start, text, strlen(text)) == 0;
}

static bool names_feature(struct field field) {
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
static uint32_t count_features(const struct reader *reader, size_t first) {
    uint32_t n = 0;
    while (first + n < reader->n_fields && names_feature(reader->fields[first + n])) {
        n++;
    }
    const size_t next = first + n;
    return next < reader->n_fields && is_field(reader->fields[next], q_names[0]) ? n : 0;
}

static synrl_status read_feature_names(const struct reader *reader, synrl_policy *policy) {
    char names[SYNRL_MEMORY_MAX][FEATURE_NAME_SIZE];
    const char *all[SYNRL_MEMORY_MAX];
    for (uint32_t feature = 0; feature < policy->n_features; feature++) {
        const struct field field = reader->fields[policy->n_rewards + policy->n_actions + feature];
        snprintf(names[feature], FEATURE_NAME_SIZE, "%.*s", (int)(field.end - field.start),
                 field.start);
        all[feature] = names[feature];
    }
    const synrl_status status = policy_name_features(reader->core, policy, all);
    return status == SYNRL_OK ? SYNRL_OK : FAIL(reader, "%s", reader->core->message);
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

static synrl_status read_columns(const struct reader *reader, synrl_policy *policy) {
    SYNRL_TRY(read_feature_names(reader, policy));
    for (uint32_t column = 0; column < n_columns(policy); column++) {
        char name[FEATURE_NAME_SIZE], text[32];
        column_name(policy, column, name);
        if (column >= reader->n_fields) {
            return FAIL(reader, "column %u is missing: must be \"%s\"", column + 1, name);
        }
        if (!is_field(reader->fields[column], name)) {
            return FAIL(reader, "column %u is \"%s\": must be \"%s\"", column + 1,
                        field_text(reader->fields[column], text), name);
        }
    }
    if (reader->n_fields > n_columns(policy)) {
        return FAIL(reader, "an extra column after \"q_inc\", which is the last of %u",
                    n_columns(policy));
    }
    return SYNRL_OK;
}

static synrl_status read_header(struct reader *reader, synrl_policy **policy) {
    bool any;
    SYNRL_TRY(read_line(reader, &any));
    if (!any) {
        return core_fail(reader->core, SYNRL_INVALID,
                         "%s:1: empty: must begin with a line such as "
                         "r_t2,r_t1,a_t2,a_t1,q_dec,q_null,q_inc",
                         reader->path);
    }
    const uint32_t n_rewards = count_columns(reader, 0, "r_t");
    const uint32_t n_actions = count_columns(reader, n_rewards, "a_t");
    const uint32_t n_features = count_features(reader, n_rewards + n_actions);
    const synrl_status status =
        policy_create(reader->core, n_actions, n_rewards, n_features, policy);
    if (status == SYNRL_INVALID) {
        return FAIL(reader, "%s", reader->core->message);
    }
    return status == SYNRL_OK ? read_columns(reader, *policy) : status;
}

/* Reading: the rows ---------------------------------------------------------------------------- */

static synrl_status read_number(const struct reader *reader, size_t column, double *value) {
    const struct field field = reader->fields[column];
    char text[32];
    if (!number_read(field.start, field.end, value)) {
        return FAIL(reader, "column %zu is \"%s\": must be a finite number", column + 1,
                    field_text(field, text));
    }
    return SYNRL_OK;
}

/* n columns of -1, 0 or 1 into the digits of a number, the first column in the highest or the
 * lowest. */
static synrl_status read_digits(const struct reader *reader, size_t first, uint32_t n,
                                bool is_highest_first, uint32_t *number) {
    *number = 0;
    for (uint32_t i = 0; i < n; i++) {
        const size_t column = first + (is_highest_first ? i : n - 1 - i);
        double value = 0.0;
        char text[32];
        SYNRL_TRY(read_number(reader, column, &value));
        if (value != -1.0 && value != 0.0 && value != 1.0) {
            return FAIL(reader, "column %zu is \"%s\": must be -1, 0 or 1", column + 1,
                        field_text(reader->fields[column], text));
        }
        *number = *number * 3 + (uint32_t)(value + 1.0);
    }
    return SYNRL_OK;
}

static synrl_status read_row(const struct reader *reader, synrl_policy *policy, unsigned *seen) {
    if (reader->n_fields != n_columns(policy)) {
        return FAIL(reader, "%s%zu columns: must be %u as in the header",
                    reader->n_fields > FIELDS_MAX ? "at least " : "", reader->n_fields,
                    n_columns(policy));
    }
    const uint32_t n_memories = policy->n_rewards + policy->n_actions;
    uint32_t rewards, actions, features;
    SYNRL_TRY(read_digits(reader, 0, policy->n_rewards, true, &rewards));
    SYNRL_TRY(read_digits(reader, policy->n_rewards, policy->n_actions, true, &actions));
    SYNRL_TRY(read_digits(reader, n_memories, policy->n_features, false, &features));
    const uint32_t situation = features * policy->n_action_histories + actions;
    const size_t state = (size_t)rewards * policy->n_situations + situation;
    if (seen[state] != 0) {
        return FAIL(reader, "the same state as in line %u: each must occur once", seen[state]);
    }
    seen[state] = reader->line;
    for (uint32_t action = 0; action < 3; action++) {
        SYNRL_TRY(read_number(reader, n_memories + policy->n_features + action,
                              &policy->q[state * 3 + action]));
    }
    return SYNRL_OK;
}

static synrl_status read_rows(struct reader *reader, synrl_policy *policy, unsigned *seen) {
    const size_t n_states = policy_entries(policy) / 3;
    size_t n_read = 0;
    for (bool any = true; any; n_read += any) {
        SYNRL_TRY(read_line(reader, &any));
        if (any) {
            SYNRL_TRY(read_row(reader, policy, seen));
        }
    }
    if (n_read == 0) {
        return FAIL(reader, "%s", "no states: the header must be followed by one line per state");
    }
    if (n_read < n_states) {
        core_log(reader->core, SYNRL_LOG_WARNING, "%s: %zu of %zu states; Q of the others is 0",
                 reader->path, n_read, n_states);
    }
    return SYNRL_OK;
}

static synrl_status read_table(struct reader *reader, synrl_policy **policy) {
    SYNRL_TRY(read_header(reader, policy));
    unsigned *seen =
        core_alloc(reader->core, policy_entries(*policy) / 3, sizeof *seen); /* in which line */
    synrl_status status = SYNRL_NO_MEMORY;
    if (seen != NULL) {
        status = read_rows(reader, *policy, seen);
    }
    core_free(reader->core, seen);
    return status;
}

synrl_status policy_load_csv(struct core *core, const char *path, synrl_policy **policy) {
    char *bytes;
    size_t size;
    *policy = NULL;
    SYNRL_TRY(file_read(core, path, FILE_LIMIT, &bytes, &size));
    struct reader reader = {.core = core, .path = path, .next = bytes, .end = bytes + size};
    const synrl_status status = read_table(&reader, policy);
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
        fprintf(stream, "%d,", (int)history_digit(rewards, k) - 1);
    }
    for (uint32_t k = policy->n_actions; k > 0; k--) {
        fprintf(stream, "%d,", (int)history_digit(actions, k) - 1);
    }
    for (uint32_t k = 1; k <= policy->n_features; k++) {
        fprintf(stream, "%d,", (int)history_digit(features, k) - 1);
    }
    for (uint32_t action = 0; action < 3; action++) {
        char number[NUMBER_SIZE];
        number_write(number, 17, policy_state_q(policy, rewards, situation)[action]);
        fprintf(stream, "%s%c", number, action < 2 ? ',' : '\n');
    }
}

synrl_status policy_save_csv(struct core *core, const synrl_policy *policy, const char *path) {
    struct draft *draft;
    SYNRL_TRY(draft_begin(core, path, &draft));
    write_header(draft_stream(draft), policy);
    for (uint32_t rewards = 0; rewards < policy->n_reward_histories; rewards++) {
        for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
            write_row(draft_stream(draft), policy, rewards, situation);
        }
    }
    return draft_commit(draft); /* reports every failed write */
}

/* Text ----------------------------------------------------------------------------------------- */

/* Columns: rewards and actions 10 wide, features too where there are any, three of Q 14 wide, the
 * greedy action; at most TEXT_WIDTH in all. */
enum { HISTORY_SIZE = 2 * SYNRL_MEMORY_MAX + 1, TEXT_WIDTH = 81 };

static void history_text(uint32_t history, uint32_t n, const char *symbols,
                         char text[HISTORY_SIZE]) {
    size_t length = 0;
    for (uint32_t k = n; k > 0; k--) {
        text[length++] = symbols[history_digit(history, k)];
        text[length++] = ' ';
    }
    text[length] = '\0';
}

/* The first feature first. */
static void features_text(uint32_t features, uint32_t n, char text[HISTORY_SIZE]) {
    size_t length = 0;
    for (uint32_t k = 1; k <= n; k++) {
        text[length++] = "-0+"[history_digit(features, k)];
        text[length++] = ' ';
    }
    text[length] = '\0';
}

static void state_text(const synrl_policy *policy, uint32_t rewards, uint32_t situation,
                       uint8_t greedy, char line[TEXT_WIDTH + 1]) {
    char reward_text[HISTORY_SIZE], action_text[HISTORY_SIZE], feature_text[HISTORY_SIZE];
    char q[3][NUMBER_SIZE];
    history_text(rewards, policy->n_rewards, "-.+", reward_text);
    history_text(situation % policy->n_action_histories, policy->n_actions, "-0+", action_text);
    features_text(situation / policy->n_action_histories, policy->n_features, feature_text);
    for (int action = 0; action < 3; action++) {
        number_write(q[action], 6, policy_state_q(policy, rewards, situation)[action]);
    }
    snprintf(line, TEXT_WIDTH + 1, "%-10s%-10s%-*s%14.13s%14.13s%14.13s  %6c\n", reward_text,
             action_text, policy->n_features > 0 ? 10 : 0, feature_text, q[0], q[1], q[2],
             "-0+"[greedy]);
}

char *policy_text(struct core *core, const synrl_policy *policy) {
    char *text = core_alloc(core, (policy_entries(policy) / 3 + 1) * TEXT_WIDTH + 1, 1);
    if (text == NULL) {
        return NULL;
    }
    char *line = text;
    line += snprintf(line, TEXT_WIDTH + 1, "%-10s%-10s%s%14s%14s%14s  greedy\n", "rewards",
                     "actions", policy->n_features > 0 ? "features  " : "", "Q(-)", "Q(0)", "Q(+)");
    for (uint32_t rewards = 0; rewards < policy->n_reward_histories; rewards++) {
        uint8_t greedy[SYNRL_HISTORIES_MAX];
        policy_greedy(policy, SYNRL_TIES_FIRST, rewards, greedy);
        for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
            if (state_can_occur(policy, rewards, situation % policy->n_action_histories)) {
                state_text(policy, rewards, situation, greedy[situation], line);
                line += strlen(line);
            }
        }
    }
    return text;
}

/* Without features, the hash of earlier versions. */
uint64_t policy_hash(const synrl_policy *policy) {
    const uint32_t sizes[3] = {policy->n_actions, policy->n_rewards, policy->n_features};
    const size_t n_bytes = (policy->n_features > 0 ? 3 : 2) * sizeof sizes[0];
    return XXH3_64bits_withSeed(policy->q, policy_entries(policy) * sizeof *policy->q,
                                XXH3_64bits(sizes, n_bytes));
}
