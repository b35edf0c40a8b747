/* SPDX-License-Identifier: MIT */
/* What jansson lacks: text with numbers as a person would write them, and differences. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* How many of jansson's allocations have failed in this thread. It goes on where it lacks memory
 * for a sorted key that it writes, and who builds a value with many members asks once at the end
 * whether the number is still the same. To know it, jansson's allocations pass through here from
 * the first call on; what it allocates can be freed by free all the same. */
uint64_t json_lacks(void);

/* Counts one: where what failed was no allocation of jansson's own. */
void json_lack(void);

/* json_dumps, but NULL wherever there is no memory: that leaves members out. To be freed by free.
 */
char *json_dump_whole(const json_t *json, size_t flags);

/* Like json_dump_whole, but a number with a fraction has only as many digits as it takes to read
 * back the same bits: 0.974 instead of 0.97399999999999998. */
char *json_text(const json_t *json, size_t flags);

/* json_loadb, but NULL, with JSON_NO_MEMORY as the text of error, unless that is NULL, wherever
 * there is no memory: that reads on, until an assertion of its own fails. */
#define JSON_NO_MEMORY "not enough memory"
json_t *json_read_text(const char *text, size_t size, size_t flags, json_error_t *error);

/* The first difference of two values: the dotted path, and both sides; false where they are equal.
 * "file" is not compared, since a plugin's file may have moved. */
bool json_difference(const json_t *left, const json_t *right, size_t size, char *difference);

/* n bytes as a string. What is not UTF-8, as the names of files need not be, is escaped: the byte
 * 0xE9 as \xE9, and so that json_unescape reads back the same bytes, the backslash of a \xE9 that
 * is there already as \x5C. NULL where there is no memory. */
json_t *json_bytes(const char *bytes, size_t n);
json_t *json_text_bytes(const char *text); /* terminated; null for NULL */
/* Replaces an escaped text of n bytes by what it stands for, terminated where it becomes shorter.
 * Returns how many bytes that are. */
size_t json_unescape(char *text, size_t n);
/* Replaces the escaped strings within a value that was read by their bytes. Such a value cannot be
 * written as JSON again. False where there is no memory: then some stay. */
bool json_restore_bytes(json_t *value);

/* A member of an object. False, and nothing changes, where there is none of that type. Unlike
 * json_unpack, which takes a lack of memory for a member that is not there, they need none. */
bool json_take_text(const json_t *object, const char *key, const char **text);
bool json_take_integer(const json_t *object, const char *key, json_int_t *integer);

/* null for numbers that are not finite, which JSON cannot express. */
json_t *json_number_or_null(double number);

#endif
