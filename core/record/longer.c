/* SPDX-License-Identifier: MIT */
/* Runs that are trained longer than their script says. The script is not asked: it makes the same
 * run as before, of `script_iterations`, and the record says how far it is trained. */
#include "record/longer.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"

static const char script_key[] = "script_iterations";

static uint64_t recorded(const json_t *object, const char *key) {
    json_int_t n = 0;
    return json_take_integer(object, key, &n) && n > 0 ? (uint64_t)n : 0;
}

uint64_t longer_iterations(const json_t *json) {
    return recorded(json_object_get(json, "config"), "iterations");
}

uint64_t longer_script_iterations(const json_t *json) {
    const uint64_t n = recorded(json, script_key);
    return n > 0 ? n : longer_iterations(json);
}

synrl_status longer_check(struct core *core, const char *folder, const json_t *json,
                          uint64_t iterations) {
    const uint64_t n = longer_iterations(json);
    const char *stopped = json_string_value(json_object_get(json, "stopped"));
    if (iterations <= n) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: iterations=%" PRIu64 " must be more than the %" PRIu64
                         " that the run has",
                         folder, iterations, n);
    }
    if (json_is_string(json_object_get(json_object_get(json, "call"), "cell"))) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: is the run of a sweep's cell, which are as long as the sweep says; "
                         "to train its network further, begin another run with its weights",
                         folder);
    }
    const char *status = json_string_value(json_object_get(json, "status"));
    /* One that was interrupted says so, too. */
    if (stopped != NULL && (status == NULL || strcmp(status, "interrupted") != 0)) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: was stopped before its end, where it would stop again: %s", folder,
                         stopped);
    }
    return SYNRL_OK;
}

bool longer_set(json_t *json, uint64_t iterations) {
    const uint64_t before = longer_script_iterations(json);
    return json_object_set_new(json, script_key, json_integer((json_int_t)before)) == 0 &&
           json_object_set_new(json_object_get(json, "config"), "iterations",
                               json_integer((json_int_t)iterations)) == 0;
}
