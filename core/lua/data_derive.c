/* SPDX-License-Identifier: MIT */
/* Methods of a data set that make others of it. What is collected from a script is in userdata,
 * since reading its values may throw. */
#include "lua/data_derive.h"

#include <math.h>
#include <string.h>

#include "base/count.h"
#include "lua/callback.h"
#include "lua/dataset.h"
#include "lua/fields.h"
#include "lua/session.h"
#include "train/data_names.h"
#include "train/derive.h"

static size_t count(const struct dataset *data) {
    return dataset_data(data)->n_samples;
}

/* The seed at the index, or the session's. */
static uint64_t read_seed(lua_State *L, int index, const char *who) {
    return lua_isnoneornil(L, index) ? session_of(L)->seed
                                     : argument_integer(L, index, who, 0, INT64_MAX);
}

/* Choosing ------------------------------------------------------------------------------------- */

static uint32_t *push_places(lua_State *L, size_t n) {
    return lua_newuserdatauv(L, (n + 1) * sizeof(uint32_t), 0);
}

/* first, last */
static uint32_t *read_range(lua_State *L, const struct dataset *data, size_t *n) {
    const int64_t most = (int64_t)count(data);
    const uint64_t first = argument_integer(L, 2, "subset: the first sample", 1, most);
    const uint64_t last = argument_integer(L, 3, "subset: the last sample", (int64_t)first, most);
    *n = (size_t)(last - first + 1);
    uint32_t *places = push_places(L, *n);
    for (size_t i = 0; i < *n; i++) {
        places[i] = (uint32_t)(first - 1 + i);
    }
    return places;
}

/* { 3, 1, 2 } */
static uint32_t *read_list(lua_State *L, const struct dataset *data, size_t *n) {
    if (!table_is_list(L, 2, n) || *n == 0) {
        session_fail(L,
                     "subset: must be { classes = {...} }, a list of samples, the first and the "
                     "last, or a function");
    }
    uint32_t *places = push_places(L, *n);
    for (size_t i = 0; i < *n; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        places[i] =
            (uint32_t)argument_integer(L, -1, "subset: a sample", 1, (int64_t)count(data)) - 1;
        lua_pop(L, 1);
    }
    return places;
}

/* function(i): whether sample i is in it. */
static uint32_t *ask_function(lua_State *L, const struct dataset *data, size_t *n) {
    uint32_t *places = push_places(L, count(data));
    *n = 0;
    for (size_t i = 0; i < count(data); i++) {
        lua_pushvalue(L, 2);
        lua_pushinteger(L, (lua_Integer)i + 1);
        callback_ask(L, "subset", i + 1, 1);
        if (!lua_isboolean(L, -1) && !lua_isnil(L, -1)) {
            session_fail(L, "subset: the function must return true or false, not %s",
                         describe(L, -1));
        }
        if (lua_toboolean(L, -1)) {
            places[(*n)++] = (uint32_t)i;
        }
        lua_pop(L, 1);
    }
    if (*n == 0) {
        session_fail(L, "subset: the function returned true for no sample: must for at least one");
    }
    return places;
}

static int derive_classes(lua_State *L, struct dataset *data, int list, bool leaves_out) {
    size_t n;
    struct session *session = session_of(L);
    const char **names = names_push(L, list, "classes", &n);
    struct dataset **box = dataset_push(L);
    session_check(L, session, dataset_with_classes(data, n, names, leaves_out, box));
    return 1;
}

/* (data, first, last) | (data, list) | (data, function) | (data, {classes}) -> data set */
static int subset(lua_State *L) {
    static const char *const names[] = {"classes"};
    struct session *session = session_of(L);
    struct dataset *data = dataset_read(L, 1, "subset: the data set");
    uint32_t *places;
    size_t n;
    lua_settop(L, 3);
    if (lua_istable(L, 2) && field_push(L, 2, "classes")) {
        keys_check(L, 2, "subset", 1, names);
        return derive_classes(L, data, lua_gettop(L), true);
    }
    if (lua_istable(L, 2)) {
        places = read_list(L, data, &n);
    } else if (lua_isfunction(L, 2)) {
        places = ask_function(L, data, &n);
    } else {
        places = read_range(L, data, &n);
    }
    struct dataset **box = dataset_push(L);
    session_check(L, session, dataset_subset(data, places, n, box));
    return 1;
}

/* (data, list of names) -> data set */
static int classes(lua_State *L) {
    struct dataset *data = dataset_read(L, 1, "classes: the data set");
    lua_settop(L, 2);
    return derive_classes(L, data, 2, false);
}

/* (data, seed) -> data set */
static int shuffle(lua_State *L) {
    struct session *session = session_of(L);
    struct dataset *data = dataset_read(L, 1, "shuffle: the data set");
    const uint64_t seed = read_seed(L, 2, "shuffle: the seed");
    struct dataset **box = dataset_push(L);
    session_check(L, session, dataset_shuffle(data, seed, box));
    return 1;
}

/* (data, k, seed) -> list of { train = data set, valid = data set } */
static int folds(lua_State *L) {
    struct session *session = session_of(L);
    lua_settop(L, 3);
    struct dataset *data = dataset_read(L, 1, "folds: the data set");
    const int64_t most = (int64_t)count(data);
    const size_t k = (size_t)argument_integer(L, 2, "folds: their number", 2, most > 2 ? most : 2);
    const uint64_t seed = read_seed(L, 3, "folds: the seed");
    lua_createtable(L, (int)k, 0);
    for (size_t fold = 0; fold < k; fold++) {
        lua_createtable(L, 0, 2);
        struct dataset **train = dataset_push(L), **valid = dataset_push(L);
        session_check(L, session, dataset_fold(data, k, seed, fold, train, valid));
        lua_setfield(L, -3, "valid");
        lua_setfield(L, -2, "train");
        lua_rawseti(L, -2, (lua_Integer)fold + 1);
    }
    return 1;
}

/* (data, data) -> data set */
static int concat(lua_State *L) {
    struct session *session = session_of(L);
    lua_settop(L, 2);
    struct dataset *first = dataset_read(L, 1, "concat: the first data set");
    struct dataset *second = dataset_read(L, 2, "concat: the second data set");
    struct dataset **box = dataset_push(L);
    session_check(L, session, dataset_concat(first, second, box));
    return 1;
}

/* Normalising ---------------------------------------------------------------------------------- */

enum { BY_STANDARD, BY_CENTRE, BY_SCALE, BY_RANGE };

/* The word of a field, as its place among the words; the first where there is none. */
static size_t read_word(lua_State *L, const char *name, size_t n, const char *const *words) {
    if (!field_push(L, 2, name)) {
        return 0;
    }
    for (size_t w = 0; w < n; w++) {
        if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), words[w]) == 0) {
            lua_pop(L, 1);
            return w;
        }
    }
    const int given = lua_gettop(L);
    luaL_Buffer list;
    luaL_buffinit(L, &list);
    for (size_t w = 0; w < n; w++) {
        luaL_addstring(&list, w == 0 ? "\"" : w + 1 < n ? "\", \"" : "\" or \"");
        luaL_addstring(&list, words[w]);
    }
    luaL_pushresult(&list);
    const char *all = lua_tostring(L, -1);
    session_fail(L, "normalise: %s must be %s\", not %s", name, all, describe(L, given));
}

static double read_end(lua_State *L, const char *name, double otherwise) {
    return field_push(L, 2, name) ? field_number(L, "normalise", name, -1e30, 1e30) : otherwise;
}

/* By the statistics of the data, into centre and scale, [n]. */
static void measure(lua_State *L, const struct dataset *data, size_t n, double *centre,
                    double *scale) {
    static const char *const words[] = {"standard", "centre", "scale", "range"};
    const size_t by = read_word(L, "by", COUNT_OF(words), words);
    const double low = read_end(L, "low", 0), high = read_end(L, "high", 1);
    if (!(low < high)) {
        session_fail(L, "normalise: low is %f and high %f: must be less", low, high);
    }
    struct statistics *of = lua_newuserdatauv(L, n * sizeof *of, 0);
    dataset_statistics(data, n, of);
    for (size_t i = 0; i < n; i++) {
        const double spread = by == BY_RANGE ? (of[i].max - of[i].min) / (high - low) : of[i].stdev;
        scale[i] = by == BY_CENTRE || spread == 0 ? 1 : spread; /* a constant has none */
        centre[i] = by == BY_SCALE ? 0 : by == BY_RANGE ? of[i].min - low * scale[i] : of[i].mean;
    }
}

/* How many values a given centre or scale has. */
static size_t count_given(lua_State *L, const char *name) {
    size_t n = 1;
    if (field_push(L, 2, name)) {
        n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 1;
        lua_pop(L, 1);
    }
    return n;
}

/* A number for all, or a list. */
static void read_given(lua_State *L, const char *name, double otherwise, size_t n, double *values) {
    const bool is_given = field_push(L, 2, name);
    for (size_t i = 0; i < n; i++) {
        values[i] = otherwise;
        if (is_given && lua_istable(L, -1)) {
            const char *place = lua_pushfstring(L, "%s[%I]", name, (LUAI_UACINT)i + 1);
            lua_rawgeti(L, -2, (lua_Integer)i + 1);
            values[i] = field_number(L, "normalise", place, -1e300, 1e300);
            lua_pop(L, 1);
        } else if (is_given) {
            lua_pushvalue(L, -1);
            values[i] = field_number(L, "normalise", name, -1e300, 1e300);
        }
    }
    lua_pop(L, is_given ? 1 : 0);
}

static void set_list(lua_State *L, const char *name, size_t n, const double *values) {
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushnumber(L, values[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, name);
}

/* Whether centre or scale are given: then nothing is measured. */
static bool are_given(lua_State *L) {
    static const char *const names[] = {"centre", "scale"};
    const int top = lua_gettop(L);
    const bool are = field_push(L, 2, "centre") || field_push(L, 2, "scale");
    lua_settop(L, top);
    if (are) {
        keys_check(L, 2, "normalise", COUNT_OF(names), names);
    }
    return are;
}

/* (data, options | statistics) -> data set, statistics */
static int normalise(lua_State *L) {
    static const char *const names[] = {"by", "high", "low", "per"};
    static const char *const parts[] = {"input", "all"};
    struct session *session = session_of(L);
    lua_settop(L, 2);
    struct dataset *data = dataset_read(L, 1, "normalise: the data set");
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    if (!lua_istable(L, 2)) {
        keys_check(L, 2, "normalise", COUNT_OF(names), names); /* throws */
    }
    const bool is_given = are_given(L);
    size_t n = dataset_data(data)->n_inputs;
    if (is_given) {
        const size_t n_centre = count_given(L, "centre"), n_scale = count_given(L, "scale");
        n = n_centre > n_scale ? n_centre : n_scale;
    } else {
        keys_check(L, 2, "normalise", COUNT_OF(names), names);
        n = read_word(L, "per", COUNT_OF(parts), parts) == 1 ? 1 : n;
    }
    double *values = lua_newuserdatauv(L, 2 * (n + 1) * sizeof *values, 0);
    if (is_given) {
        read_given(L, "centre", 0, n, values);
        read_given(L, "scale", 1, n, values + n);
    } else {
        measure(L, data, n, values, values + n);
    }
    struct dataset **box = dataset_push(L);
    const struct normalisation normalisation = {n, values, values + n};
    session_check(L, session, dataset_normalise(data, &normalisation, box));
    lua_createtable(L, 0, 2);
    set_list(L, "centre", n, values);
    set_list(L, "scale", n, values + n);
    return 2;
}

/* (data) -> data set */
static int autoencode(lua_State *L) {
    struct session *session = session_of(L);
    struct dataset *data = dataset_read(L, 1, "autoencode: the data set");
    struct dataset **box = dataset_push(L);
    session_check(L, session, dataset_autoencode(data, box));
    return 1;
}

/* Looking -------------------------------------------------------------------------------------- */

/* (data, i) -> { inputs, targets, label } */
static int sample(lua_State *L) {
    const struct dataset *dataset = dataset_read(L, 1, "sample: the data set");
    const synrl_data *data = dataset_data(dataset);
    const size_t i =
        (size_t)argument_integer(L, 2, "sample: its number", 1, (int64_t)data->n_samples) - 1;
    const size_t row = dataset_row(dataset, i);
    char number[24];
    const char *name = dataset_sample_name(dataset, i, number);
    lua_createtable(L, 0, 4);
    if (name != NULL) {
        field_set_string(L, "name", name);
    }
    lua_createtable(L, (int)data->n_inputs, 0);
    for (size_t c = 0; c < data->n_inputs; c++) {
        lua_pushnumber(L, dataset_input(dataset, i, c));
        lua_rawseti(L, -2, (lua_Integer)c + 1);
    }
    lua_setfield(L, -2, "inputs");
    if (data->targets != NULL) {
        lua_createtable(L, (int)data->n_targets, 0);
        for (size_t t = 0; t < data->n_targets; t++) {
            lua_pushnumber(L, (lua_Number)data->targets[row * data->n_targets + t]);
            lua_rawseti(L, -2, (lua_Integer)t + 1);
        }
        lua_setfield(L, -2, "targets");
    }
    if (data->labels != NULL) {
        field_set_integer(L, "class", (uint64_t)data->labels[row] + 1);
        if (data->class_names != NULL) {
            field_set_string(L, "label", data->class_names[data->labels[row]]);
        }
    }
    return 1;
}

const luaL_Reg data_derive_methods[] = {
    {"autoencode", autoencode}, {"classes", classes},     {"concat", concat},
    {"folds", folds},           {"normalise", normalise}, {"sample", sample},
    {"shuffle", shuffle},       {"subset", subset},       {NULL, NULL}};
