/* JSON as text, with numbers as a person would write them. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>

/* As json_dumps, but a number with a fraction has no more of its 17 digits than it takes to read it
 * back to the same bits: 0.974 instead of 0.97399999999999998. To be freed by free; NULL where
 * there is no memory. */
char *json_text(const json_t *json, size_t flags);

#endif
