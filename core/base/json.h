/* What jansson leaves out: text with numbers as a person would write them, differences. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stdbool.h>

/* As json_dumps, but a number with a fraction has no more of its 17 digits than it takes to read it
 * back to the same bits: 0.974 instead of 0.97399999999999998. To be freed by free; NULL where
 * there is no memory. */
char *json_text(const json_t *json, size_t flags);

/* Where two values first differ: the dotted path, and both sides; false where they are equal. Files
 * of plugins may lie elsewhere: "file" is not compared. */
bool json_difference(const json_t *left, const json_t *right, size_t size, char *difference);

/* null for what is not finite, which JSON has no word for. */
json_t *json_number_or_null(double number);

#endif
