/* SPDX-License-Identifier: MIT */
/* JSON under construction, where memory may run out: nothing is left out silently. */
#ifndef JSON_BUILD_H
#define JSON_BUILD_H

#include <jansson.h>

/* The object with this member, or the list with this item, whose reference is taken. NULL, and
 * nothing is left of either, where one of them is NULL or there is no memory: so a chain of calls
 * ends with all or nothing. */
json_t *json_with(json_t *object, const char *key, json_t *value);
json_t *json_appended(json_t *list, json_t *item);

/* The same for who builds a value in many places: what cannot be set or appended counts as a lack
 * of memory, json_lacks(), which the builder asks when it is done. */
void json_put(json_t *object, const char *key, json_t *value);
void json_put_item(json_t *list, json_t *item);

#endif
