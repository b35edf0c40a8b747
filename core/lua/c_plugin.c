/* SPDX-License-Identifier: MIT */
/* A plugin's C file from a table of a script: what all kinds share. */
#include "lua/c_plugin.h"

#include <math.h>
#include <string.h>

#include "base/count.h"
#include "base/number.h"
#include "lua/fields.h"
#include "lua/make.h"
#include "lua/session.h"
#include "plugin/compile.h"
#include "plugin/kind.h"

/* The fields of the table ---------------------------------------------------------------------- */

/* The string under this name, kept on the stack; NULL: there is none. */
const char *c_plugin_text(const struct c_plugin *writer, const char *name) {
    lua_State *L = writer->L;
    size_t length;
    if (!field_push(L, writer->table, name)) {
        return NULL;
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        session_fail(L, "%s: %s must be a string, not %s", writer->who, name, describe(L, -1));
    }
    const char *text = lua_tolstring(L, -1, &length);
    if (strlen(text) != length) {
        session_fail(L, "%s: %s has a zero byte in it", writer->who, name);
    }
    return text;
}

/* Pushes the table under this name; false, with nothing pushed, where there is none. */
bool c_plugin_table(const struct c_plugin *writer, const char *name) {
    if (!field_push(writer->L, writer->table, name)) {
        return false;
    }
    if (!lua_istable(writer->L, -1)) {
        session_fail(writer->L, "%s: %s must be a table, not %s", writer->who, name,
                     describe(writer->L, -1));
    }
    return true;
}

/* Calls write for every entry of the table under this name, in alphabetical order, with the value
 * on top of the stack. Returns how many there are. */
size_t c_plugin_each(struct c_plugin *writer, const char *field,
                     void (*write)(struct c_plugin *writer, const char *name)) {
    lua_State *L = writer->L;
    const int top = lua_gettop(L);
    size_t n = 0;
    if (c_plugin_table(writer, field)) {
        const char *who = lua_pushfstring(L, "%s: %s", writer->who, field);
        const char **names = keys_sorted(L, top + 1, who, &n);
        for (size_t i = 0; i < n; i++) {
            if (!c_text_is_name(names[i])) {
                session_fail(L,
                             "%s: \"%s\" cannot be a variable in C: must be lower-case letters, "
                             "digits and _, and no word of C",
                             who, names[i]);
            }
            lua_getfield(L, top + 1, names[i]);
            write(writer, names[i]);
            lua_settop(L, top + 3);
        }
    }
    lua_settop(L, top);
    return n;
}

/* Parameters ----------------------------------------------------------------------------------- */

enum param_kind { NUMBER, INTEGER, BOOLEAN, STRING };
struct written {
    const char *name, *field, *local, *row;
};
static const struct written types[] = {
    [NUMBER] = {"number", "const synrl_schedule *", "double ", "SYNRL_SCHEDULE"},
    [INTEGER] = {"integer", "int64_t ", "int64_t ", "SYNRL_INTEGER"},
    [BOOLEAN] = {"boolean", "bool ", "bool ", "SYNRL_BOOLEAN"},
    [STRING] = {"string", "const char *", "const char *", "SYNRL_STRING"},
};
/* Only rules have iterations. */
static const struct written constant = {"number", "double ", "double ", "SYNRL_NUMBER"};

static const struct written *type_in(const struct c_plugin *writer, enum param_kind kind) {
    return kind == NUMBER && writer->kind != SYNRL_KIND_RULE ? &constant : &types[kind];
}

/* Replaces a parameter on top of the stack, where it is given as a table, by its default, which the
 * table stays below. */
static void push_default(struct c_plugin *writer, const char *name) {
    static const char *const keys[] = {"max", "meaning", "min", "type"};
    lua_State *L = writer->L;
    if (!lua_istable(L, -1)) {
        lua_newtable(L);
        lua_insert(L, -2);
        return;
    }
    const char *who = lua_pushfstring(L, "%s: parameter %s", writer->who, name);
    const int table = lua_gettop(L) - 1;
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        bool is_known = lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1;
        for (size_t k = 0; k < COUNT_OF(keys) && lua_type(L, -2) == LUA_TSTRING; k++) {
            is_known = is_known || strcmp(lua_tostring(L, -2), keys[k]) == 0;
        }
        if (!is_known) {
            session_fail(
                L, "%s: must be a default, or { default, min =, max =, meaning =, type = }", who);
        }
    }
    lua_remove(L, -1);
    lua_rawgeti(L, table, 1);
}

/* The type of the default on top of the stack, whose table lies below it. */
static enum param_kind type_of(struct c_plugin *writer, const char *name) {
    lua_State *L = writer->L;
    enum param_kind type = NUMBER;
    const int lua_kind = lua_type(L, -1);
    if (lua_kind == LUA_TBOOLEAN || lua_kind == LUA_TSTRING) {
        type = lua_kind == LUA_TBOOLEAN ? BOOLEAN : STRING;
    } else if (lua_kind != LUA_TNUMBER || !isfinite(lua_tonumber(L, -1))) {
        session_fail(L,
                     "%s: the default of parameter %s must be a finite number, a boolean or a "
                     "string, not %s",
                     writer->who, name, describe(L, -1));
    }
    if (lua_getfield(L, -2, "type") != LUA_TNIL) {
        const char *wanted = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        const bool fits = strcmp(wanted, types[type].name) == 0;
        const bool is_integer =
            type == NUMBER && strcmp(wanted, "integer") == 0 && lua_isinteger(L, -2);
        if (!fits && !is_integer) {
            session_fail(
                L, "%s: the type of parameter %s must be \"%s\"%s, as its default is, not %s",
                writer->who, name, types[type].name,
                type == NUMBER ? " or, with an integer, \"integer\"" : "", describe(L, -1));
        }
        type = is_integer ? INTEGER : type;
    }
    lua_pop(L, 1);
    return type;
}

static enum param_kind read_parameter(struct c_plugin *writer, const char *name) {
    for (const char *const *taken = writer->taken; *taken != NULL; taken++) {
        if (strcmp(name, *taken) == 0) {
            session_fail(writer->L,
                         "%s: a parameter cannot be called %s: %s has a variable of that name",
                         writer->who, name, writer->main);
        }
    }
    push_default(writer, name);
    return type_of(writer, name);
}

static void write_parameter_field(struct c_plugin *writer, const char *name) {
    const enum param_kind type = read_parameter(writer, name);
    c_text_add(&writer->text, "    %s%s;\n", type_in(writer, type)->field, name);
}

/* A bound, or what stands for none. */
static void write_bound(struct c_plugin *writer, const char *name, const char *bound,
                        const char *none) {
    lua_State *L = writer->L;
    char number[NUMBER_SIZE] = "";
    if (lua_getfield(L, -2, bound) != LUA_TNIL) {
        if (lua_type(L, -1) != LUA_TNUMBER || !isfinite(lua_tonumber(L, -1))) {
            session_fail(L, "%s: %s of parameter %s must be a finite number, not %s", writer->who,
                         bound, name, describe(L, -1));
        }
        number_write_shortest(number, lua_tonumber(L, -1));
    }
    lua_pop(L, 1);
    c_text_add(&writer->text, "%s, ", number[0] != '\0' ? number : none);
}

static void write_bounds(struct c_plugin *writer, const char *name) {
    lua_State *L = writer->L;
    const bool has_min = lua_getfield(L, -2, "min") != LUA_TNIL;
    const bool has_max = lua_getfield(L, -3, "max") != LUA_TNIL;
    lua_pop(L, 2);
    write_bound(writer, name, "min", has_max ? "-SYNRL_UNBOUNDED" : "0");
    write_bound(writer, name, "max", has_min ? "SYNRL_UNBOUNDED" : "0");
}

static void check_default(struct c_plugin *writer, const char *name) {
    static const char *const bounds[] = {"min", "max"};
    lua_State *L = writer->L;
    const double value = lua_tonumber(L, -1);
    for (int b = 0; b < 2; b++) {
        const bool is_number = lua_getfield(L, -2, bounds[b]) == LUA_TNUMBER;
        const double bound = lua_tonumber(L, -1);
        lua_pop(L, 1);
        if (is_number && (b == 0 ? value < bound : value > bound)) {
            char given[NUMBER_SIZE], wanted[NUMBER_SIZE];
            number_write_shortest(given, value);
            number_write_shortest(wanted, bound);
            session_fail(L, "%s: parameter %s = %s: must be at %s %s", writer->who, name, given,
                         b == 0 ? "least" : "most", wanted);
        }
    }
}

static void write_parameter_row(struct c_plugin *writer, const char *name) {
    lua_State *L = writer->L;
    const enum param_kind type = read_parameter(writer, name);
    char number[NUMBER_SIZE];
    const char *value = number;
    if (type == NUMBER || type == INTEGER) {
        check_default(writer, name);
    }
    if (type == NUMBER) {
        number_write_shortest(number, lua_tonumber(L, -1));
    } else {
        value = luaL_tolstring(L, -1, NULL);
        lua_pop(L, 1); /* an integer's text is kept by the pieces */
        value = lua_pushstring(L, value);
        lua_insert(L, -3);
    }
    c_text_add(&writer->text, "    %s(%s, ", type_in(writer, type)->row, name);
    c_text_add_literal(&writer->text, value);
    c_text_add(&writer->text, ", ");
    if (type == NUMBER || type == INTEGER) {
        write_bounds(writer, name);
    }
    if (lua_getfield(L, -2, "meaning") != LUA_TNIL && lua_type(L, -1) != LUA_TSTRING) {
        session_fail(L, "%s: the meaning of parameter %s must be a string, not %s", writer->who,
                     name, describe(L, -1));
    }
    c_text_add_literal(&writer->text, lua_isnil(L, -1) ? name : lua_tostring(L, -1));
    c_text_add(&writer->text, "),\n");
}

/* Its value in this iteration, as a variable. */
static void write_parameter_local(struct c_plugin *writer, const char *name) {
    const enum param_kind type = read_parameter(writer, name);
    if (type == NUMBER && writer->kind == SYNRL_KIND_RULE) {
        c_text_add(&writer->text,
                   "    double %s;\n"
                   "    SYNRL_TRY(synrl_at(config->%s, env->iteration, &%s));\n"
                   "    (void)%s;\n",
                   name, name, name, name);
    } else {
        c_text_add(&writer->text, "    %sconst %s = config->%s;\n    (void)%s;\n",
                   type_in(writer, type)->local, name, name, name);
    }
}

/* The file ------------------------------------------------------------------------------------- */

static void read_name(struct c_plugin *writer) {
    lua_State *L = writer->L;
    size_t length;
    if (lua_getfield(L, writer->table, "name") != LUA_TSTRING) {
        session_fail(L, "%s: name must be a string, not %s", writer->who, describe(L, -1));
    }
    writer->name = lua_tolstring(L, -1, &length);
    if (strlen(writer->name) != length || !c_text_is_name(writer->name)) {
        session_fail(L,
                     "%s: name \"%s\": must be lower-case letters, digits and _, at most 63, and "
                     "no word of C",
                     writer->who, writer->name);
    }
    writer->who = lua_pushfstring(L, "%s \"%s\"", kind_name(writer->kind), writer->name);
}

const char *c_plugin_begin(lua_State *L, struct c_plugin *writer, size_t n_keys,
                           const char *const *keys) {
    lua_settop(L, 1);
    writer->L = L;
    writer->table = 1;
    writer->who = lua_pushfstring(L, "synrl.%s.c", kind_name(writer->kind));
    keys_check(L, 1, writer->who, n_keys, keys);
    read_name(writer);
    c_text_begin(L, &writer->text);
    const char *code = c_plugin_text(writer, writer->main);
    if (code == NULL) {
        session_fail(L, "%s: it has no %s: what it does %s, in C", writer->who, writer->main,
                     writer->kind == SYNRL_KIND_RULE ? "in one iteration" : "with one block");
    }
    return code;
}

void c_plugin_types(struct c_plugin *writer) {
    struct c_text *text = &writer->text;
    c_text_add(text,
               "#include <math.h>\n#include <string.h>\n#include <synrl/%s.h>\n\n"
               "struct config {\n",
               kind_name(writer->kind));
    writer->has_parameters = c_plugin_each(writer, "parameters", write_parameter_field) > 0;
    if (writer->has_parameters) {
        c_text_add(text, "};\nstatic const synrl_param params[] = {\n");
        c_plugin_each(writer, "parameters", write_parameter_row);
        c_text_add(text, "};\n");
    } else {
        c_text_add(text, "    char none;\n};\n");
    }
}

void c_plugin_entry(struct c_plugin *writer, const char *macro) {
    struct c_text *text = &writer->text;
    const char *source = c_plugin_text(writer, "source"),
               *summary = c_plugin_text(writer, "summary");
    c_text_add(text, "%s(%s, \"1.0.0\", ", macro, writer->name);
    c_text_add_literal(text, summary != NULL ? summary : "written in a script");
    c_text_add(text, ", ");
    c_text_add_literal(text, source != NULL ? source : "");
    c_text_add(text, writer->has_parameters ? ", SYNRL_PARAMS(params)" : ", SYNRL_NO_PARAMS");
}

void c_plugin_locals(struct c_plugin *writer) {
    c_plugin_each(writer, "parameters", write_parameter_local);
}

void c_plugin_code(struct c_plugin *writer, const char *name, const char *code) {
    const char *place = lua_pushfstring(writer->L, "%s of %s", name, writer->who);
    c_text_add_script(&writer->text, place, code);
    lua_pop(writer->L, 1);
}

int c_plugin_end(struct c_plugin *writer) {
    lua_State *L = writer->L;
    struct session *session = session_of(L);
    c_text_end(&writer->text);
    const struct compile_source source = {.kind = writer->kind,
                                          .id = writer->name,
                                          .text = lua_tostring(L, -2),
                                          .with_lines = lua_tostring(L, -1),
                                          .may_compile = true};
    const struct plugin *plugin;
    bool has_place;
    const synrl_status status = compile_plugin(session->core, &source, &plugin, &has_place);
    if (status != SYNRL_OK && has_place) {
        lua_pushstring(L, session->core->message);
        lua_error(L);
    }
    session_check(L, session, status);
    component_make_of(L, plugin, 0);
    return 1;
}
