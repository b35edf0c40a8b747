/* JSON as text. jansson writes all numbers of a text with as many digits, of which only 17 are
 * enough for each; so its text is gone through once more. Invariant: what is written is never ahead
 * of what is read, since a number is replaced by a shorter one alone. */
#include "base/json.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/number.h"

/* The end of what begins here: of a string or a number, or else the next character. */
static const char *piece_end(const char *text) {
    if (*text == '"') {
        for (text++; *text != '"'; text++) {
            text += *text == '\\';
        }
        return text + 1;
    }
    const bool is_number = *text == '-' || isdigit((unsigned char)*text) != 0;
    return text + (is_number ? strspn(text, "+-.0123456789eE") : 1);
}

/* As jansson writes them: e-7 and e22, not e-07 and e+22; and never like an integer. */
static void as_json(char text[NUMBER_SIZE]) {
    char *exponent = strchr(text, 'e');
    if (exponent != NULL) {
        const char *digits = exponent + 1 + strspn(exponent + 1, "+-0");
        char *to = exponent + 1 + (exponent[1] == '-');
        memmove(to, digits, strlen(digits) + 1);
    } else if (strchr(text, '.') == NULL) {
        memcpy(text + strlen(text), ".0", sizeof ".0");
    }
}

/* The number in [from, end), shorter; false where it is an integer, or as short as can be. */
static bool shorter(const char *from, const char *end, char number[NUMBER_SIZE]) {
    const size_t length = (size_t)(end - from);
    double value;
    if (*from == '"' || (memchr(from, '.', length) == NULL && memchr(from, 'e', length) == NULL) ||
        !number_read(from, end, &value)) {
        return false;
    }
    number_write_shortest(number, value);
    as_json(number);
    return strlen(number) < length;
}

static void shorten(char *text) {
    char *to = text, number[NUMBER_SIZE];
    for (const char *from = text; *from != '\0';) {
        const char *end = piece_end(from);
        const bool is_shorter = shorter(from, end, number);
        const size_t length = is_shorter ? strlen(number) : (size_t)(end - from);
        memmove(to, is_shorter ? number : from, length);
        to += length;
        from = end;
    }
    *to = '\0';
}

char *json_text(const json_t *json, size_t flags) {
    char *text = json_dumps(json, flags | JSON_REAL_PRECISION(17));
    if (text != NULL) {
        shorten(text);
    }
    return text;
}
