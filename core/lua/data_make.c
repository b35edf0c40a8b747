/* SPDX-License-Identifier: MIT */
/* synrl.data. Everything is collected in userdata, since reading a script's values may throw; the
 * data set has copies. */
#include "lua/data_make.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "lua/callback.h"
#include "lua/dataset.h"
#include "lua/fields.h"
#include "lua/session.h"
#include "train/derive.h"

/* One of the fields inputs, labels and targets: a list, or a function of the sample's number. */
struct source {
    const char *name;
    int index; /* on the stack; 0: not given */
};

static struct source read_source(lua_State *L, const char *name) {
    struct source source = {.name = name};
    if (field_push(L, 1, name)) {
        source.index = lua_gettop(L);
        if (!lua_istable(L, -1) && !lua_isfunction(L, -1)) {
            session_fail(
                L, "synrl.data: %s must be a list or a function of the sample's number, not %s",
                name, describe(L, -1));
        }
    }
    return source;
}

/* The number of samples: `samples`, or the length of the first list. */
static size_t read_count(lua_State *L, const struct source *sources, size_t n_sources) {
    size_t n = 0;
    if (field_push(L, 1, "samples")) {
        n = (size_t)field_integer(L, "synrl.data", "samples", 1, INT32_MAX);
    }
    for (size_t s = 0; s < n_sources; s++) {
        if (sources[s].index == 0 || !lua_istable(L, sources[s].index)) {
            continue;
        }
        const size_t length = lua_rawlen(L, sources[s].index);
        if (n > 0 && length != n) {
            session_fail(L, "synrl.data: %s has %I entries: must be %I, one per sample",
                         sources[s].name, (LUAI_UACINT)length, (LUAI_UACINT)n);
        }
        n = length;
    }
    if (n < 1 || n > INT32_MAX) {
        session_fail(L, "synrl.data: samples is missing: how many, where inputs is a function");
    }
    return n;
}

/* Pushes what the source has for a sample, from 1. */
static void push_entry(lua_State *L, const struct source *source, size_t sample) {
    if (lua_istable(L, source->index)) {
        lua_rawgeti(L, source->index, (lua_Integer)sample);
        return;
    }
    lua_pushvalue(L, source->index);
    lua_pushinteger(L, (lua_Integer)sample);
    callback_ask(L, source->name, sample, 1);
}

/* Rows of numbers ------------------------------------------------------------------------------ */

static float read_number(lua_State *L, const struct source *source, size_t sample, size_t column) {
    const double value = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : (double)NAN;
    const float nearest = (float)value;
    if (!isfinite(nearest)) {
        session_fail(L, "synrl.data: %s[%I][%I] must be a finite number, not %s", source->name,
                     (LUAI_UACINT)sample, (LUAI_UACINT)column, describe(L, -1));
    }
    return nearest;
}

/* The entry on top of the stack, a list of `width` numbers or with a width of 1 a number. */
static void read_row(lua_State *L, const struct source *source, size_t sample, size_t width,
                     float *out) {
    if (lua_type(L, -1) == LUA_TNUMBER && width == 1) {
        out[0] = read_number(L, source, sample, 1);
        return;
    }
    if (!lua_istable(L, -1) || lua_rawlen(L, -1) != width) {
        session_fail(L, "synrl.data: %s[%I] must be a list of %I numbers, as the first, not %s",
                     source->name, (LUAI_UACINT)sample, (LUAI_UACINT)width,
                     lua_istable(L, -1)
                         ? lua_pushfstring(L, "one of %I", (LUAI_UACINT)lua_rawlen(L, -1))
                         : describe(L, -1));
    }
    for (size_t i = 0; i < width; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        out[i] = read_number(L, source, sample, i + 1);
        lua_pop(L, 1);
    }
}

/* Pushes a userdata of n rows as wide as the first. */
static float *push_rows(lua_State *L, const struct source *source, size_t n, size_t *width) {
    push_entry(L, source, 1);
    *width = lua_istable(L, -1) ? lua_rawlen(L, -1) : 1;
    if (*width < 1 || *width > INT32_MAX || *width > SIZE_MAX / sizeof(float) / n) {
        session_fail(L, "synrl.data: %s[1] must be a list of numbers, not one of %I", source->name,
                     (LUAI_UACINT)*width);
    }
    float *rows = lua_newuserdatauv(L, n * *width * sizeof *rows, 0);
    lua_insert(L, -2);
    read_row(L, source, 1, *width, rows);
    lua_pop(L, 1);
    for (size_t s = 1; s < n; s++) {
        push_entry(L, source, s + 1);
        read_row(L, source, s + 1, *width, rows + s * *width);
        lua_pop(L, 1);
    }
    return rows;
}

/* Labels --------------------------------------------------------------------------------------- */

/* Replaces a string or an integer on top of the stack by its text; false for anything else. */
static bool make_name(lua_State *L) {
    if (lua_type(L, -1) != LUA_TSTRING && !lua_isinteger(L, -1)) {
        return false;
    }
    lua_tostring(L, -1);
    return true;
}

static bool is_integer(const char *text) {
    char *end;
    const size_t n = strspn(text, "-0123456789");
    if (n == 0 || n > 18 || text[n] != '\0') {
        return false;
    }
    strtoll(text, &end, 10);
    return *end == '\0';
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_integers(const void *a, const void *b) {
    const long long left = strtoll(*(const char *const *)a, NULL, 10);
    const long long right = strtoll(*(const char *const *)b, NULL, 10);
    return left != right ? (left > right) - (left < right) : compare_texts(a, b);
}

/* Pushes the keys of the table at the index as an array of texts in order: integers by value. They
 * are texts for as long as the table. */
static const char **push_sorted(lua_State *L, int table, size_t n) {
    const char **names = lua_newuserdatauv(L, (n + 1) * sizeof *names, 0);
    bool are_integers = true;
    size_t i = 0;
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        names[i] = lua_tostring(L, -2);
        are_integers = are_integers && is_integer(names[i]);
        i++;
    }
    qsort(names, n, sizeof *names, are_integers ? compare_integers : compare_texts);
    return names;
}

/* The field `classes`, pushed as names_push does; NULL, with nothing pushed, where there is none.
 */
static const char **push_given(lua_State *L, size_t *n) {
    if (!field_push(L, 1, "classes")) {
        return NULL;
    }
    const char **names = names_push(L, lua_gettop(L), "synrl.data: classes", n);
    if (*n < 2) {
        session_fail(L, "synrl.data: classes must be a list of at least two names, not of %I",
                     (LUAI_UACINT)*n);
    }
    return names;
}

/* Pushes a table from the names that the labels have to 0, and a list of the names by sample. */
static size_t push_names(lua_State *L, const struct source *source, size_t n) {
    size_t n_names = 0;
    lua_newtable(L);
    const int seen = lua_gettop(L);
    lua_createtable(L, (int)n, 0);
    for (size_t s = 0; s < n; s++) {
        push_entry(L, source, s + 1);
        if (!make_name(L)) {
            session_fail(L, "synrl.data: labels[%I] must be a string or an integer, not %s",
                         (LUAI_UACINT)s + 1, describe(L, -1));
        }
        lua_pushvalue(L, -1);
        n_names += lua_rawget(L, seen) == LUA_TNIL;
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushinteger(L, 0);
        lua_rawset(L, seen);
        lua_rawseti(L, seen + 1, (lua_Integer)s + 1);
    }
    return n_names;
}

/* Pushes what the labels consist of. */
static void read_labels(lua_State *L, const struct source *source, synrl_data *data) {
    const size_t n = data->n_samples;
    const size_t n_names = push_names(L, source, n);
    const int list = lua_gettop(L), seen = list - 1;
    size_t n_classes = n_names;
    const char **names = push_given(L, &n_classes);
    const bool are_given = names != NULL;
    names = are_given ? names : push_sorted(L, seen, n_names);
    lua_newtable(L); /* from names to numbers */
    const int numbers = lua_gettop(L);
    for (size_t c = 0; c < n_classes; c++) {
        lua_pushinteger(L, (lua_Integer)c);
        lua_setfield(L, numbers, names[c]);
    }
    int32_t *labels = lua_newuserdatauv(L, n * sizeof *labels, 0);
    for (size_t s = 0; s < n; s++) {
        lua_rawgeti(L, list, (lua_Integer)s + 1);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, numbers) != LUA_TNUMBER) {
            session_fail(L, "synrl.data: labels[%I] is \"%s\", which is not among classes",
                         (LUAI_UACINT)s + 1, lua_tostring(L, -2));
        }
        labels[s] = (int32_t)lua_tointeger(L, -1);
        lua_pop(L, 2);
    }
    data->labels = labels;
    data->n_classes = n_classes;
    data->class_names = names;
}

/* Pixels --------------------------------------------------------------------------------------- */

/* {height, width} or {height, width, channels}: the inputs become bytes, pushed. */
static void read_pixels(lua_State *L, synrl_data *data) {
    size_t n, sizes[3] = {0, 0, 1};
    if (!field_push(L, 1, "pixels")) {
        return;
    }
    const int list = lua_gettop(L);
    if (!lua_istable(L, list) || !table_is_list(L, list, &n) || n < 2 || n > 3) {
        session_fail(L, "synrl.data: pixels must be {height, width} or {height, width, channels}");
    }
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        sizes[i] = (size_t)field_integer(L, "synrl.data", "pixels", 1, 1 << 20);
    }
    if (sizes[0] * sizes[1] * sizes[2] != data->n_inputs) {
        session_fail(L, "synrl.data: %I inputs: must be pixels = %I x %I x %I",
                     (LUAI_UACINT)data->n_inputs, (LUAI_UACINT)sizes[0], (LUAI_UACINT)sizes[1],
                     (LUAI_UACINT)sizes[2]);
    }
    const float *values = data->inputs;
    const size_t count = data->n_samples * data->n_inputs;
    uint8_t *bytes = lua_newuserdatauv(L, count, 0);
    for (size_t i = 0; i < count; i++) {
        if (!(values[i] >= 0 && values[i] <= 255 && floorf(values[i]) == values[i])) {
            const size_t row = i / data->n_inputs + 1, column = i % data->n_inputs + 1;
            session_fail(L,
                         "synrl.data: inputs[%I][%I] is %f: pixels must be whole numbers 0 .. 255",
                         (LUAI_UACINT)row, (LUAI_UACINT)column, (double)values[i]);
        }
        bytes[i] = (uint8_t)values[i];
    }
    data->inputs = bytes;
    data->format = SYNRL_INPUT_BYTES;
    data->scale = 1.0F / 255.0F;
    data->height = sizes[0];
    data->width = sizes[1];
    data->n_channels = sizes[2];
}

/* { inputs, labels, targets, samples, classes, pixels } -> data set */
static int make_data(lua_State *L) {
    static const char *const names[] = {"classes", "inputs",  "labels",
                                        "pixels",  "samples", "targets"};
    struct session *session = session_of(L);
    lua_settop(L, 1);
    luaL_checkstack(L, 40, NULL);
    keys_check(L, 1, "synrl.data", COUNT_OF(names), names);
    const struct source sources[] = {read_source(L, "inputs"), read_source(L, "labels"),
                                     read_source(L, "targets")};
    if (sources[0].index == 0) {
        session_fail(L,
                     "synrl.data: inputs is missing: a list of lists of numbers, one per sample");
    }
    synrl_data data = {.size = sizeof data, .format = SYNRL_INPUT_F32};
    data.n_samples = read_count(L, sources, COUNT_OF(sources));
    data.inputs = push_rows(L, &sources[0], data.n_samples, &data.n_inputs);
    if (sources[1].index != 0) {
        read_labels(L, &sources[1], &data);
    }
    if (sources[2].index != 0) {
        data.targets = push_rows(L, &sources[2], data.n_samples, &data.n_targets);
    }
    read_pixels(L, &data);
    struct dataset **box = dataset_push(L);
    session_check(L, session, dataset_of_values(session->core, &data, box));
    return 1;
}

const luaL_Reg data_make_functions[] = {{"data", make_data}, {NULL, NULL}};
