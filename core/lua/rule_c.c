/* SPDX-License-Identifier: MIT */
/* A rule whose iteration is written in C within the script: its tables become a plugin's C file,
 * which is compiled, kept and opened like any other (plugin/compile.h). */
#include "lua/rule_c.h"

#include <math.h>
#include <string.h>

#include "base/count.h"
#include "base/number.h"
#include "lua/c_text.h"
#include "lua/fields.h"
#include "lua/make.h"
#include "lua/session.h"
#include "plugin/compile.h"
#include "plugin/plugin_check.h"

struct writer {
    lua_State *L;
    int table; /* the script's */
    const char *who, *name;
    struct c_text text;
    bool has_parameters;
};

/* The fields of the table ---------------------------------------------------------------------- */

/* The string under this name, kept on the stack; NULL: there is none. */
static const char *text_field(const struct writer *writer, const char *name) {
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
static bool table_field(const struct writer *writer, const char *name) {
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
static size_t for_each(struct writer *writer, const char *field,
                       void (*write)(struct writer *writer, const char *name)) {
    lua_State *L = writer->L;
    const int top = lua_gettop(L);
    size_t n = 0;
    if (table_field(writer, field)) {
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
static const struct {
    const char *name, *field, *local, *row;
} types[] = {
    [NUMBER] = {"number", "const synrl_schedule *", "double ", "SYNRL_SCHEDULE"},
    [INTEGER] = {"integer", "int64_t ", "int64_t ", "SYNRL_INTEGER"},
    [BOOLEAN] = {"boolean", "bool ", "bool ", "SYNRL_BOOLEAN"},
    [STRING] = {"string", "const char *", "const char *", "SYNRL_STRING"},
};

/* Replaces a parameter on top of the stack, where it is given as a table, by its default, which the
 * table stays below. */
static void push_default(struct writer *writer, const char *name) {
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
static enum param_kind type_of(struct writer *writer, const char *name) {
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

static enum param_kind read_parameter(struct writer *writer, const char *name) {
    static const char *const taken[] = {"config", "env", "host", "n_synapses", "outcome", "self"};
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        if (strcmp(name, taken[i]) == 0) {
            session_fail(writer->L,
                         "%s: a parameter cannot be called %s: step has a variable of "
                         "that name",
                         writer->who, name);
        }
    }
    push_default(writer, name);
    return type_of(writer, name);
}

static void write_parameter_field(struct writer *writer, const char *name) {
    const enum param_kind type = read_parameter(writer, name);
    c_text_add(&writer->text, "    %s%s;\n", types[type].field, name);
}

/* A bound, or what stands for none. */
static void write_bound(struct writer *writer, const char *name, const char *bound,
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

static void write_bounds(struct writer *writer, const char *name) {
    lua_State *L = writer->L;
    const bool has_min = lua_getfield(L, -2, "min") != LUA_TNIL;
    const bool has_max = lua_getfield(L, -3, "max") != LUA_TNIL;
    lua_pop(L, 2);
    write_bound(writer, name, "min", has_max ? "-SYNRL_UNBOUNDED" : "0");
    write_bound(writer, name, "max", has_min ? "SYNRL_UNBOUNDED" : "0");
}

static void check_default(struct writer *writer, const char *name) {
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

static void write_parameter_row(struct writer *writer, const char *name) {
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
    c_text_add(&writer->text, "    %s(%s, ", types[type].row, name);
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
static void write_parameter_local(struct writer *writer, const char *name) {
    const enum param_kind type = read_parameter(writer, name);
    if (type == NUMBER) {
        c_text_add(&writer->text,
                   "    double %s;\n"
                   "    SYNRL_TRY(synrl_at(config->%s, env->iteration, &%s));\n"
                   "    (void)%s;\n",
                   name, name, name, name);
    } else {
        c_text_add(&writer->text, "    %sconst %s = config->%s;\n    (void)%s;\n",
                   types[type].local, name, name, name);
    }
}

/* State ---------------------------------------------------------------------------------------- */

struct state {
    bool is_number; /* with a value to begin with */
    double first;
    char type[16];
    char length[24]; /* "": one; "n_synapses"; a number */
};

/* "int8_t[n_synapses]" */
static bool parse_state(const char *text, struct state *state) {
    static const char *const known[] = {"double",   "float",    "int",      "int8_t",
                                        "int16_t",  "int32_t",  "int64_t",  "uint8_t",
                                        "uint16_t", "uint32_t", "uint64_t", "size_t"};
    const size_t n = strcspn(text, " [");
    bool is_known = false;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        is_known = is_known || (strlen(known[i]) == n && strncmp(known[i], text, n) == 0);
    }
    if (!is_known) {
        return false;
    }
    memcpy(state->type, text, n);
    text += n + strspn(text + n, " ");
    if (*text == '\0') {
        return true;
    }
    const size_t length = strcspn(text + (*text == '['), "]");
    uint64_t number;
    if (*text != '[' || strcmp(text + 1 + length, "]") != 0 || length >= sizeof state->length) {
        return false;
    }
    memcpy(state->length, text + 1, length);
    return strcmp(state->length, "n_synapses") == 0 ||
           integer_read(state->length, length, 1, 65536, &number);
}

static struct state read_state(struct writer *writer, const char *name) {
    lua_State *L = writer->L;
    struct state state = {.type = ""};
    if (lua_type(L, -1) == LUA_TNUMBER && isfinite(lua_tonumber(L, -1))) {
        return (struct state){.is_number = true, .first = lua_tonumber(L, -1), .type = "double"};
    }
    if (lua_type(L, -1) != LUA_TSTRING || !parse_state(lua_tostring(L, -1), &state)) {
        session_fail(L,
                     "%s: state %s must be a number to begin with, or a type of C such as "
                     "\"int64_t\", \"int8_t[n_synapses]\" or \"double[10]\", not %s",
                     writer->who, name, describe(L, -1));
    }
    return state;
}

static bool is_per_synapse(const struct state *state) {
    return strcmp(state->length, "n_synapses") == 0;
}

static void write_state_field(struct writer *writer, const char *name) {
    const struct state state = read_state(writer, name);
    if (is_per_synapse(&state)) {
        c_text_add(&writer->text, "    %s *%s;\n", state.type, name);
    } else if (state.length[0] != '\0') {
        c_text_add(&writer->text, "    %s %s[%s];\n", state.type, name, state.length);
    } else {
        c_text_add(&writer->text, "    %s %s;\n", state.type, name);
    }
}

static void write_state_start(struct writer *writer, const char *name) {
    const struct state state = read_state(writer, name);
    char number[NUMBER_SIZE];
    if (is_per_synapse(&state)) {
        c_text_add(&writer->text, "    SYNRL_TRY(SYNRL_NEW(host, self->%s, n_synapses));\n", name);
    } else if (state.is_number && state.first != 0.0) {
        number_write_shortest(number, state.first);
        c_text_add(&writer->text, "    self->%s = %s;\n", name, number);
    }
}

static void write_state_visit(struct writer *writer, const char *name) {
    const struct state state = read_state(writer, name);
    if (is_per_synapse(&state)) {
        c_text_add(&writer->text,
                   "    SYNRL_TRY(SYNRL_STATE_ARRAY(state, self->%s, state->n_synapses));\n", name);
    } else {
        c_text_add(&writer->text, "    SYNRL_TRY(SYNRL_STATE_FIELD(state, self->%s));\n", name);
    }
}

static void write_metric(struct writer *writer, const char *name) {
    lua_State *L = writer->L;
    if (lua_type(L, -1) != LUA_TSTRING) {
        session_fail(L, "%s: metric %s must be its meaning, a string, not %s", writer->who, name,
                     describe(L, -1));
    }
    const char *meaning = lua_tostring(L, -1);
    const int top = lua_gettop(L);
    const bool is_state = table_field(writer, "state") && lua_getfield(L, -1, name) != LUA_TNIL;
    const struct state state = is_state ? read_state(writer, name) : (struct state){.type = ""};
    lua_settop(L, top);
    if (strcmp(state.type, "double") != 0 || state.length[0] != '\0') {
        session_fail(L, "%s: metric %s must be a number of its state", writer->who, name);
    }
    c_text_add(&writer->text, "    SYNRL_METRIC(struct rule, %s, ", name);
    c_text_add_literal(&writer->text, meaning);
    c_text_add(&writer->text, "),\n");
}

/* The file ------------------------------------------------------------------------------------- */

static void write_types(struct writer *writer) {
    struct c_text *text = &writer->text;
    c_text_add(text,
               "#include <math.h>\n#include <string.h>\n#include <synrl/rule.h>\n\n"
               "struct config {\n");
    writer->has_parameters = for_each(writer, "parameters", write_parameter_field) > 0;
    if (writer->has_parameters) {
        c_text_add(text, "};\nstatic const synrl_param params[] = {\n");
        for_each(writer, "parameters", write_parameter_row);
        c_text_add(text, "};\n");
    } else {
        c_text_add(text, "    char none;\n};\n");
    }
    c_text_add(text, "struct rule {\n");
    if (for_each(writer, "state", write_state_field) == 0) {
        c_text_add(text, "    char none;\n");
    }
    c_text_add(text, "};\n");
}

static void write_metrics(struct writer *writer) {
    if (table_field(writer, "metrics")) {
        c_text_add(&writer->text, "static const synrl_metric metrics[] = {\n");
        if (for_each(writer, "metrics", write_metric) == 0) {
            session_fail(writer->L, "%s: metrics is empty", writer->who);
        }
        c_text_add(&writer->text, "};\n");
        lua_pop(writer->L, 1);
    }
}

static void write_state(struct writer *writer) {
    c_text_add(&writer->text,
               "static synrl_status state(const synrl_host *host, const void *config, void *rule, "
               "synrl_state *state) {\n    struct rule *self = rule;\n    (void)self;\n");
    for_each(writer, "state", write_state_visit);
    c_text_add(&writer->text, "    return SYNRL_OK;\n}\n");
}

static const char operation[] =
    "static synrl_status %s(const synrl_host *host, const void *parameters, void *rule, "
    "synrl_env *env)";

/* An operation with the variables that it has. */
static void begin_operation(struct writer *writer, const char *name) {
    struct c_text *text = &writer->text;
    c_text_add(text, operation, name);
    c_text_add(text,
               " {\n    const struct config *const config = parameters;\n"
               "    struct rule *const self = rule;\n"
               "    const size_t n_synapses = env->layout->n_synapses;\n"
               "    (void)config, (void)self, (void)n_synapses;\n");
}

static void end_operation(struct writer *writer, const char *name, const char *code) {
    for_each(writer, "parameters", write_parameter_local);
    c_text_add(&writer->text, "    const synrl_outcome *outcome = NULL;\n    (void)outcome;\n{\n");
    const char *place = lua_pushfstring(writer->L, "%s of %s", name, writer->who);
    c_text_add_script(&writer->text, place, code);
    lua_pop(writer->L, 1);
    c_text_add(&writer->text, "} return SYNRL_OK; }\n");
}

static const char *traits(struct writer *writer) {
    const char *reads = text_field(writer, "reads");
    if (reads == NULL || strcmp(reads, "rewards") == 0) {
        return "0";
    }
    if (strcmp(reads, "losses") == 0) {
        return "SYNRL_RULE_READS_LOSS";
    }
    if (strcmp(reads, "more") == 0) {
        return "SYNRL_RULE_READS_MORE";
    }
    session_fail(writer->L, "%s: reads must be \"rewards\", \"losses\" or \"more\", not %s",
                 writer->who, describe(writer->L, -1));
}

static void write_entry(struct writer *writer) {
    struct c_text *text = &writer->text;
    const char *source = text_field(writer, "source"), *summary = text_field(writer, "summary");
    const char *reads = traits(writer);
    c_text_add(text, operation, "create");
    c_text_add(text, ";\n");
    c_text_add(text, operation, "step");
    c_text_add(text, ";\nSYNRL_RULE(%s, \"1.0.0\", ", writer->name);
    c_text_add_literal(text, summary != NULL ? summary : "written in a script");
    c_text_add(text, ", ");
    c_text_add_literal(text, source != NULL ? source : "");
    c_text_add(text, ", %s, struct rule, .traits = %s",
               writer->has_parameters ? "SYNRL_PARAMS(params)" : "SYNRL_NO_PARAMS", reads);
    if (table_field(writer, "metrics")) {
        c_text_add(text, ", SYNRL_METRICS(metrics)");
    }
    c_text_add(text, ",\n.create = create, .step = step, .state = state);\n");
}

/* `step` comes last, so that what is missing at its end is missed at its end. */
static void write_file(struct writer *writer, const char *step) {
    struct c_text *text = &writer->text;
    const char *functions = text_field(writer, "functions"), *create = text_field(writer, "create");
    write_types(writer);
    write_metrics(writer);
    write_state(writer);
    if (functions != NULL) {
        c_text_add_script(text, lua_pushfstring(writer->L, "functions of %s", writer->who),
                          functions);
        lua_pop(writer->L, 1);
    }
    write_entry(writer);
    begin_operation(writer, "create");
    for_each(writer, "state", write_state_start);
    end_operation(writer, "create", create != NULL ? create : "");
    begin_operation(writer, "step");
    end_operation(writer, "step", step);
}

static const char *read_name(lua_State *L, int table) {
    size_t length;
    if (lua_getfield(L, table, "name") != LUA_TSTRING) {
        session_fail(L, "synrl.rule.c: name must be a string, not %s", describe(L, -1));
    }
    const char *name = lua_tolstring(L, -1, &length);
    if (strlen(name) != length || !is_plugin_id(name) || !c_text_is_name(name)) {
        session_fail(L,
                     "synrl.rule.c: name \"%s\": must be lower-case letters, digits and _, at most "
                     "63, and no word of C",
                     name);
    }
    return name;
}

/* Compiles the two texts on top of the stack. An error within them has its own place. */
static const struct plugin *compile(struct writer *writer) {
    lua_State *L = writer->L;
    struct session *session = session_of(L);
    const struct compile_source source = {.kind = SYNRL_KIND_RULE,
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
    return plugin;
}

int rule_c(lua_State *L) {
    static const char *const keys[] = {"create", "functions", "metrics", "name", "parameters",
                                       "reads",  "source",    "state",   "step", "summary"};
    lua_settop(L, 1);
    keys_check(L, 1, "synrl.rule.c", COUNT_OF(keys), keys);
    struct writer writer = {.L = L, .table = 1, .name = read_name(L, 1)};
    writer.who = lua_pushfstring(L, "rule \"%s\"", writer.name);
    c_text_begin(L, &writer.text);
    const char *step = text_field(&writer, "step");
    if (step == NULL) {
        session_fail(L, "%s: it has no step: what it does in one iteration, in C", writer.who);
    }
    write_file(&writer, step);
    c_text_end(&writer.text);
    component_make_of(L, compile(&writer), 0);
    return 1;
}
