/* SPDX-License-Identifier: MIT */
/* Tables of flags: what a value may be, and that the words written set the same values again. */
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/number.h"
#include "base/suggest.h"
#include "support/test.h"

struct request {
    bool json, quiet;
    const char *runs, *status;
    struct flag_list where;
    struct flag_integer seed, threads;
};

static const char *status_name(size_t i) {
    static const char *const names[] = {"done", "crashed", "unknown"};
    return i < 3 ? names[i] : NULL;
}

static const struct flag flags[] = {
    {"--json", FLAG_SWITCH(struct request, json), NULL, "print JSON"},
    {"--quiet", FLAG_SWITCH(struct request, quiet), NULL, "say nothing", .alias = "-q"},
    {"--runs", FLAG_TEXT(struct request, runs), "DIR", "the folder"},
    {"--status", FLAG_TEXT(struct request, status), "S", "the status", .choice = status_name},
    {"--where", FLAG_LIST(struct request, where), "K=V", "a condition"},
    {"--seed", FLAG_INTEGER(struct request, seed), "N", "the seed", .max = INT64_MAX},
    {"--threads", FLAG_INTEGER(struct request, threads), "N", "workers", .min = 1, .max = 1024},
};
enum { N_FLAGS = COUNT_OF(flags) };

SUITE("flags");

TEST(rows_are_found_by_name_and_alias) {
    ck_assert_ptr_eq(flag_find(N_FLAGS, flags, "--runs"), &flags[2]);
    ck_assert_ptr_eq(flag_find(N_FLAGS, flags, "-q"), &flags[1]);
    ck_assert_ptr_null(flag_find(N_FLAGS, flags, "--run"));
    ck_assert_ptr_null(flag_find(N_FLAGS, flags, "-"));
}

static const struct {
    const char *flag, *value, *problem; /* NULL: accepted */
} values[] = {
    {"--threads", "1", NULL},
    {"--threads", "1024", NULL},
    {"--threads", "0", "--threads must be an integer from 1 to 1024, not \"0\""},
    {"--threads", "1025", "--threads must be an integer from 1 to 1024, not \"1025\""},
    {"--threads", "", "--threads must be an integer from 1 to 1024, not \"\""},
    {"--threads", "3x", "--threads must be an integer from 1 to 1024, not \"3x\""},
    {"--threads", " 3", "--threads must be an integer from 1 to 1024, not \" 3\""},
    {"--threads", "+3", "--threads must be an integer from 1 to 1024, not \"+3\""},
    {"--seed", "9223372036854775807", NULL},
    {"--seed", "9223372036854775808",
     "--seed must be an integer from 0 to 2^63 - 1, not \"9223372036854775808\""},
    {"--seed", "18446744073709551617",
     "--seed must be an integer from 0 to 2^63 - 1, not \"18446744073709551617\""},
    {"--status", "crashed", NULL},
    {"--status", "crahsed",
     "--status must be one of done, crashed, unknown, not \"crahsed\", did you mean \"crashed\"?"},
    {"--status", "x", "--status must be one of done, crashed, unknown, not \"x\""},
};

TEST_EACH(values_are_checked, COUNT_OF(values)) {
    struct request request = {.json = false};
    char problem[FLAG_PROBLEM_SIZE] = "";
    const bool is_set =
        flag_set(flag_find(N_FLAGS, flags, values[_i].flag), &request, values[_i].value, problem);
    ck_assert_int_eq(is_set, values[_i].problem == NULL);
    ck_assert_str_eq(problem, values[_i].problem != NULL ? values[_i].problem : "");
}

/* A long value does not overflow the message. */
TEST(a_message_is_cut_off) {
    char value[2 * FLAG_PROBLEM_SIZE], problem[FLAG_PROBLEM_SIZE];
    struct request request = {.json = false};
    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = '\0';
    ck_assert(!flag_set(&flags[3], &request, value, problem));
    ck_assert(!flag_set(&flags[6], &request, value, problem));
    ck_assert_uint_lt(strlen(problem), FLAG_PROBLEM_SIZE);
}

TEST(words_written_set_the_same_values) {
    const char *conditions[] = {"a=1", "b=2"}, *read_conditions[2];
    const struct request request = {.quiet = true,
                                    .runs = "a folder's",
                                    .where = {2, conditions},
                                    .seed = {true, 0},
                                    .threads = {false, 8}};
    struct request again = {.where = {0, read_conditions}};
    struct words words = {.n = 0};
    flags_write(N_FLAGS, flags, &request, &words);
    ck_assert(!words.has_failed);
    char *line = words_line(&words, "synrl");
    ck_assert_str_eq(line,
                     "synrl --quiet --runs 'a folder'\\''s' --where a=1 --where b=2 --seed 0");
    ck_assert_ptr_null(words.list[words.n]);
    for (size_t i = 0; i < words.n; i++) {
        char problem[FLAG_PROBLEM_SIZE];
        const struct flag *flag = flag_find(N_FLAGS, flags, words.list[i]);
        ck_assert_ptr_nonnull(flag);
        i += flag->type != FLAG_IS_SWITCH;
        ck_assert(flag_set(flag, &again, words.list[i], problem));
    }
    ck_assert(!again.json && again.quiet && again.status == NULL);
    ck_assert_str_eq(again.runs, request.runs);
    ck_assert_uint_eq(again.where.n, 2);
    ck_assert_str_eq(again.where.values[1], "b=2");
    ck_assert(again.seed.is_given && again.seed.value == 0 && !again.threads.is_given);
    free(line);
    words_free(&words);
    ck_assert_ptr_null(words.list);
}

TEST(many_words_are_kept) {
    struct words words = {.n = 0};
    for (int i = 0; i < 1000; i++) {
        words_add(&words, "%d", i);
    }
    ck_assert_uint_eq(words.n, 1000);
    ck_assert_str_eq(words.list[999], "999");
    ck_assert_ptr_null(words.list[1000]);
    words_free(&words);
    char *line = words_line(&words, "synrl");
    ck_assert_str_eq(line, "synrl");
    free(line);
}

TEST(the_nearest_word_is_suggested) {
    static const char *const words[] = {"run", "resume"};
    char text[SUGGESTION_SIZE];
    ck_assert_str_eq(suggest_text("rum", 2, words, text), ", did you mean \"run\"?");
    ck_assert_str_eq(suggest_text("xyzzy", 2, words, text), "");
}

/* Digits only, within the bounds, and no more than 64 bits hold. */
TEST(integers_are_read_whole) {
    uint64_t n;
    ck_assert(integer_read("18446744073709551615", 20, 0, UINT64_MAX, &n) && n == UINT64_MAX);
    ck_assert(!integer_read("18446744073709551616", 20, 0, UINT64_MAX, &n));
    ck_assert(!integer_read("99999999999999999999", 20, 0, UINT64_MAX, &n));
    ck_assert(integer_read("12345", 3, 0, UINT64_MAX, &n) && n == 123);
    ck_assert(integer_read("007", 3, 7, 7, &n) && n == 7);
    ck_assert(!integer_read("7", 1, 8, 9, &n) && !integer_read("7", 1, 0, 6, &n));
    ck_assert(!integer_read("", 0, 0, 9, &n) && !integer_read("-1", 2, 0, 9, &n));
    ck_assert(!integer_read("1.", 2, 0, 9, &n) && !integer_read("0x1", 3, 0, 9, &n));
}

TEST(signs_are_read) {
    int64_t n;
    ck_assert(signed_read("-9223372036854775808", 20, &n) && n == INT64_MIN);
    ck_assert(signed_read("9223372036854775807", 19, &n) && n == INT64_MAX);
    ck_assert(!signed_read("9223372036854775808", 19, &n));
    ck_assert(!signed_read("-9223372036854775809", 20, &n));
    ck_assert(signed_read("-0", 2, &n) && n == 0);
    ck_assert(!signed_read("-", 1, &n) && !signed_read("", 0, &n) && !signed_read("--1", 3, &n));
    ck_assert(!signed_read("+1", 2, &n) && !signed_read(" 1", 2, &n));
}
