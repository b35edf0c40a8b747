/* What a script returns, for programs (JSON) and for people. */
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { DEPTH_MAX = 64, INLINE_MAX = 16 };

struct conversion {
    char *problem;
    size_t problem_size;
    int depth;
};

static json_t *convert(lua_State *L, int index, struct conversion *conversion);

static json_t *refuse(struct conversion *conversion, const char *what) {
    snprintf(conversion->problem, conversion->problem_size, "what the script returns holds %s",
             what);
    return NULL;
}

/* Whether the keys are 1 .. n and nothing else, n > 0. */
static bool is_list(lua_State *L, int index) {
    const lua_Unsigned n = lua_rawlen(L, index);
    lua_Unsigned n_keys = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; n_keys++) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 ||
            (lua_Unsigned)lua_tointeger(L, -1) > n) {
            lua_pop(L, 1);
            return false;
        }
    }
    return n > 0 && n_keys == n;
}

static json_t *convert_list(lua_State *L, int index, struct conversion *conversion) {
    json_t *list = json_array();
    const lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= n && list != NULL; i++) {
        lua_rawgeti(L, index, i);
        if (json_array_append_new(list, convert(L, lua_gettop(L), conversion)) != 0) {
            json_decref(list);
            list = NULL;
        }
        lua_pop(L, 1);
    }
    return list;
}

/* The key below the top of the stack, as text. */
static const char *key_text(lua_State *L, char *buffer, size_t size) {
    if (lua_type(L, -2) == LUA_TSTRING) {
        return lua_tostring(L, -2);
    }
    if (!lua_isinteger(L, -2)) {
        return NULL;
    }
    snprintf(buffer, size, "%lld", (long long)lua_tointeger(L, -2));
    return buffer;
}

static json_t *convert_table(lua_State *L, int index, struct conversion *conversion) {
    json_t *object = json_object();
    for (lua_pushnil(L); object != NULL && lua_next(L, index) != 0; lua_pop(L, 1)) {
        char buffer[32];
        const char *key = key_text(L, buffer, sizeof buffer);
        json_t *value = key != NULL && json_object_get(object, key) == NULL
                            ? convert(L, lua_gettop(L), conversion)
                            : refuse(conversion, "a key that is no name");
        if (json_object_set_new(object, key != NULL ? key : "", value) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

static json_t *convert_nested(lua_State *L, int index, struct conversion *conversion) {
    if (conversion->depth == DEPTH_MAX || lua_checkstack(L, 8) == 0) {
        return refuse(conversion, "tables nested too deep, or in a circle");
    }
    conversion->depth++;
    json_t *value = is_list(L, index) ? convert_list(L, index, conversion)
                                      : convert_table(L, index, conversion);
    conversion->depth--;
    return value;
}

static json_t *convert_other(lua_State *L, int index, struct conversion *conversion) {
    if (result_push_summary(L, index)) {
        json_t *value = convert(L, lua_gettop(L), conversion);
        lua_pop(L, 1);
        return value;
    }
    char what[64];
    snprintf(what, sizeof what, "a %s, which JSON cannot tell", luaL_typename(L, index));
    return refuse(conversion, what);
}

static json_t *convert_string(lua_State *L, int index, struct conversion *conversion) {
    size_t size;
    const char *text = lua_tolstring(L, index, &size);
    json_t *string = json_stringn(text, size);
    return string != NULL ? string : refuse(conversion, "a string that is not UTF-8");
}

static json_t *convert(lua_State *L, int index, struct conversion *conversion) {
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return json_null();
    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(L, index));
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            return json_integer(lua_tointeger(L, index));
        }
        return isfinite(lua_tonumber(L, index)) ? json_real(lua_tonumber(L, index)) : json_null();
    case LUA_TSTRING:
        return convert_string(L, index, conversion);
    case LUA_TTABLE:
        return convert_nested(L, index, conversion);
    default:
        return convert_other(L, index, conversion);
    }
}

json_t *output_convert(lua_State *L, int index, char *problem, size_t problem_size) {
    struct conversion conversion = {problem, problem_size, 0};
    snprintf(problem, problem_size, "not enough memory");
    return convert(L, lua_absindex(L, index), &conversion);
}

/* For people ----------------------------------------------------------------------------------- */

static bool is_scalar(const json_t *value) {
    return !json_is_object(value) && !json_is_array(value);
}

static bool is_short_list(const json_t *value) {
    if (!json_is_array(value) || json_array_size(value) > INLINE_MAX) {
        return false;
    }
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item) {
        if (!is_scalar(item)) {
            return false;
        }
    }
    return true;
}

static void print_scalar(FILE *stream, const json_t *value) {
    if (json_is_string(value)) {
        fputs(json_string_value(value), stream);
    } else if (json_is_real(value)) {
        fprintf(stream, "%.6g", json_real_value(value));
    } else if (json_is_integer(value)) {
        fprintf(stream, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        fputs(json_is_true(value) ? "true" : json_is_false(value) ? "false" : "none", stream);
    }
}

static void print_field(FILE *stream, const char *name, const json_t *value, int indent);

static int compare_names(const void *a, const void *b) {
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

/* Scalars first: they belong to the name above. */
static void print_object(FILE *stream, const json_t *object, int indent) {
    const size_t n = json_object_size(object);
    const char **names = calloc(n + 1, sizeof *names);
    if (names == NULL) {
        return;
    }
    size_t k = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        names[k++] = name;
    }
    qsort(names, n, sizeof *names, compare_names);
    for (int scalars = 1; scalars >= 0; scalars--) {
        for (size_t i = 0; i < n; i++) {
            value = json_object_get(object, names[i]);
            if (is_scalar(value) == (scalars == 1)) {
                print_field(stream, names[i], value, indent);
            }
        }
    }
    free(names);
}

static void print_field(FILE *stream, const char *name, const json_t *value, int indent) {
    if (is_scalar(value) || is_short_list(value)) {
        fprintf(stream, "%*s%-*s ", indent, "", 20 - indent, name);
    } else {
        fprintf(stream, "%*s%s\n", indent, "", name);
    }
    if (json_is_object(value)) {
        print_object(stream, value, indent + 2);
        return;
    }
    if (is_scalar(value)) {
        print_scalar(stream, value);
        fputs("\n", stream);
        return;
    }
    const bool is_inline = is_short_list(value);
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item) {
        if (is_inline) {
            fputs(i > 0 ? " " : "", stream);
            print_scalar(stream, item);
        } else {
            char number[32];
            snprintf(number, sizeof number, "[%zu]", i + 1);
            print_field(stream, number, item, indent + 2);
        }
    }
    fputs(is_inline ? "\n" : "", stream);
}

void output_print(FILE *stream, const json_t *value) {
    if (json_is_object(value)) {
        print_object(stream, value, 0);
    } else {
        print_field(stream, "result", value, 0);
    }
}
