/* SPDX-License-Identifier: MIT */
#include "base/json_build.h"

#include "base/json.h"

json_t *json_with(json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) == 0) {
        return object;
    }
    json_decref(object);
    return NULL;
}

json_t *json_appended(json_t *list, json_t *item) {
    if (json_array_append_new(list, item) == 0) {
        return list;
    }
    json_decref(list);
    return NULL;
}

void json_put(json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0) {
        json_lack();
    }
}

void json_put_item(json_t *list, json_t *item) {
    if (json_array_append_new(list, item) != 0) {
        json_lack();
    }
}
