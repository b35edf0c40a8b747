/* SPDX-License-Identifier: MIT */
/* Numbers in JSON: as short as a person would write them, and still the same bits. */
#include "base/json.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/pace.h"
#include "support/test.h"

SUITE("json_text");

/* Written out by hand; those with 16 and 17 digits are as Python writes them. */
static const struct {
    double value;
    const char *text;
} numbers[] = {
    {0.974, "0.974"},
    {0.1, "0.1"},
    {-0.1, "-0.1"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1.0 / 3, "0.3333333333333333"},
    {100, "100.0"}, /* a real number stays one */
    {0.0, "0.0"},
    {-0.0, "-0.0"},
    {1e-3, "0.001"},
    {1e-7, "1e-7"}, /* exponents as jansson has always written them */
    {1.5e-10, "1.5e-10"},
    {1e10, "10000000000.0"},
    {1e22, "1e22"},
    {1e23, "1e23"},
    {1.5e300, "1.5e300"},
    {9007199254740993.0, "9007199254740992.0"},
    {1234567890123450.0, "1234567890123450.0"}, /* 1.23456789012345e15 would be longer */
    {DBL_MAX, "1.7976931348623157e308"},
    {DBL_MIN, "2.2250738585072014e-308"},
    {0x1p-1074, "5e-324"},
};

TEST(numbers_use_fewest_digits) {
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        json_t *json = json_real(numbers[i].value);
        char *text = json_text(json, JSON_ENCODE_ANY);
        ck_assert_str_eq(text, numbers[i].text);
        free(text);
        json_decref(json);
    }
}

/* What is no number of this kind is not touched, however much it looks like one. */
TEST(shortening_keeps_other_text) {
    static const char wanted[] =
        "{\"0.97399999999999998\": \"say \\\"0.97399999999999998\\\", \\\\\", \"e\": [true, false, "
        "null, -3, 9223372036854775807, 0.974, {\"x\": []}, {}], \"\xc3\xa9\": -2.5}";
    json_t *json = json_pack("{s:s, s:[b, b, n, i, I, f, {s:[]}, {}], s:f}", "0.97399999999999998",
                             "say \"0.97399999999999998\", \\", "e", 1, 0, -3,
                             (json_int_t)INT64_MAX, 0.974, "x", "\xc3\xa9", -2.5);
    ck_assert_ptr_nonnull(json);
    char *text = json_text(json, JSON_SORT_KEYS);
    ck_assert_str_eq(text, wanted);
    free(text);
    text = json_text(json, JSON_SORT_KEYS | JSON_INDENT(2));
    json_t *again = json_loads(text, 0, NULL);
    ck_assert(json_equal(json, again));
    free(text);
    json_decref(again);
    json_decref(json);
    ck_assert_ptr_null(json_text(NULL, 0));
}

/* Every exponent, with mantissas of all kinds. */
TEST(the_bits_are_the_same) {
    enum { N = 20000 };
    uint64_t state = 1, bits[N];
    json_t *list = json_array();
    for (size_t i = 0; i < N; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        bits[i] = (state & ~(UINT64_C(0x7ff) << 52)) | (uint64_t)(i % 0x7ff) << 52;
        bits[i] &= i % 3 == 0 ? ~UINT64_C(0) << 40 : ~UINT64_C(0);
        double value;
        memcpy(&value, &bits[i], sizeof value);
        json_array_append_new(list, json_real(value));
    }
    char *text = json_text(list, JSON_COMPACT);
    char *long_text = json_dumps(list, JSON_COMPACT | JSON_REAL_PRECISION(17));
    ck_assert_uint_lt(strlen(text), strlen(long_text));
    const char *at = text + 1;
    for (size_t i = 0; i < N; i++) {
        char *end;
        const double value = strtod(at, &end);
        CHECK_OFTEN(memcmp(&value, &bits[i], sizeof value) == 0, "%.*s", (int)(end - at), at);
        CHECK_OFTEN(*end == (i + 1 < N ? ',' : ']'), "number %zu: %.40s", i, at);
        at = end + 1;
    }
    ck_assert_str_eq(at, "");
    free(long_text);
    free(text);
    json_decref(list);
}

/* What is not UTF-8 can be read, and what is read back is the same bytes. */
static const struct {
    const char *bytes, *text;
} escapes[] = {
    {"plain", "plain"},
    {"caf\xC3\xA9 \xF0\x9F\x90\x9D", "caf\xC3\xA9 \xF0\x9F\x90\x9D"},
    {"caf\xE9", "caf\\xE9"},
    {"caf\\xE9", "caf\\x5CxE9"},
    {"\\\\xe9\\", "\\\\x5Cxe9\\"},
    {"\\x\xFF"
     "0\\",
     "\\x\\xFF0\\"},
    {"\xC3", "\\xC3"},
    {"\xC0\x80\xED\xA0\x80\xF5", "\\xC0\\x80\\xED\\xA0\\x80\\xF5"},
    {"", ""},
};

TEST_EACH(bytes_are_escaped_and_back, COUNT_OF(escapes)) {
    char text[80];
    json_t *json = json_text_bytes(escapes[_i].bytes);
    ck_assert_str_eq(json_string_value(json), escapes[_i].text);
    snprintf(text, sizeof text, "%s", json_string_value(json));
    ck_assert_uint_eq(json_unescape(text, strlen(text)), strlen(escapes[_i].bytes));
    ck_assert_str_eq(text, escapes[_i].bytes);
    json_decref(json);
}

static void *have_none(size_t size) {
    (void)size;
    return NULL;
}

/* Without memory too, where json_unpack would say that there is no such member. */
TEST(members_are_taken_or_left) {
    json_malloc_t allocate;
    json_free_t release;
    const char *text = "before";
    json_int_t integer = 7;
    json_t *json =
        json_pack("{s:s, s:I, s:n, s:f}", "text", "a", "integer", INT64_MIN, "null", "real", 2.0);
    json_get_alloc_funcs(&allocate, &release);
    json_set_alloc_funcs(have_none, release);
    const bool takes_others =
        json_take_text(json, "integer", &text) || json_take_text(json, "null", &text) ||
        json_take_text(json, "none", &text) || json_take_text(NULL, "text", &text) ||
        json_take_integer(json, "real", &integer) || json_take_integer(json, "text", &integer) ||
        json_take_integer(json, "none", &integer) || json_take_integer(NULL, "integer", &integer);
    const bool is_left = strcmp(text, "before") == 0 && integer == 7;
    const bool is_taken =
        json_take_text(json, "text", &text) && json_take_integer(json, "integer", &integer);
    json_set_alloc_funcs(allocate, release);
    ck_assert(!takes_others && is_left && is_taken);
    ck_assert_str_eq(text, "a");
    ck_assert(integer == INT64_MIN);
    json_decref(json);
}
