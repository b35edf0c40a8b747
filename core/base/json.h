/* SPDX-License-Identifier: MIT */
/* What jansson lacks: text with numbers as a person would write them, and differences. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stdbool.h>

/* Like json_dumps, but a number with a fraction has only as many digits as it takes to read back
 * the same bits: 0.974 instead of 0.97399999999999998. To be freed by free; NULL where there is no
 * memory. */
char *json_text(const json_t *json, size_t flags);

/* The first difference of two values: the dotted path, and both sides; false where they are equal.
 * "file" is not compared, since a plugin's file may have moved. */
bool json_difference(const json_t *left, const json_t *right, size_t size, char *difference);

/* n bytes as a string. What is not UTF-8, as the names of files need not be, is escaped: the byte
 * 0xE9 as \xE9, and so that json_unescape reads back the same bytes, the backslash of a \xE9 that
 * is there already as \x5C. NULL where there is no memory. */
json_t *json_bytes(const char *bytes, size_t n);
json_t *json_text_bytes(const char *text); /* terminated; null for NULL */
/* The bytes of an escaped string, terminated; in place, since they are never more. */
void json_unescape(char *text);

/* null for numbers that are not finite, which JSON cannot express. */
json_t *json_number_or_null(double number);

#endif
