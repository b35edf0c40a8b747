/* SPDX-License-Identifier: MIT */
/* A rule whose iteration is a Lua function: a plugin without a file, whose operations call the
 * functions of a script, protected, on the thread that last called into the module.
 *
 * What it remembers is a table of numbers and arrays, visited in the order of their names. The
 * functions are not recorded: a resume runs the script again, and compares its text. */
#include "lua/rule_lua.h"

#include <math.h>
#include <string.h>

#include "base/count.h"
#include "base/number.h"
#include "lua/array.h"
#include "lua/callback.h"
#include "lua/fields.h"
#include "lua/make.h"
#include "lua/rule_env.h"
#include "lua/session.h"
#include "plugin/plugin_check.h"
#include "synrl/rule.h"

enum { FIELDS_MOST = 32, METRIC_NAME_MOST = 31 };

/* A field of the state: a number to begin with, or an array of zeros. */
struct field {
    const char *name;
    bool is_array, is_per_synapse;
    size_t n; /* of an array; of one per synapse in the instance */
    double first;
};

/* Lives as long as the Lua state: in its registry, with the strings that it points to. */
struct definition {
    struct plugin plugin;
    synrl_plugin entry;
    synrl_rule_ops ops;
    struct session *session;
    int step, create; /* references of functions; LUA_NOREF: none */
    int strings;      /* of a table that holds on to all texts */
    uint32_t n_state;
    struct field state[FIELDS_MOST];
    synrl_param params[FIELDS_MOST];
    char defaults[FIELDS_MOST][NUMBER_SIZE];
    synrl_metric metrics[SYNRL_METRICS_MAX];
};

/* The config: what it is made of, as component_create_of puts it there, and the parameters. */
struct config {
    const struct definition *definition;
    const synrl_schedule *values[FIELDS_MOST];
};

struct rule {
    const struct definition *definition;
    int self, environment; /* references of the table and of the environment's userdata */
    struct rule_env *env;
    size_t n_synapses;
    double metrics[SYNRL_METRICS_MAX];
};

/* The operations ------------------------------------------------------------------------------- */

static size_t length_of(const struct rule *rule, const struct field *field) {
    return field->is_per_synapse ? rule->n_synapses : field->n;
}

/* Throws where a field of the state, in the table at the index, is no longer what it must be. */
static void check_state(lua_State *L, const struct rule *rule, int self) {
    const struct definition *definition = rule->definition;
    for (uint32_t f = 0; f < definition->n_state; f++) {
        const struct field *field = &definition->state[f];
        lua_pushstring(L, field->name);
        lua_rawget(L, self);
        const struct array *array = field->is_array ? array_at(L, -1) : NULL;
        if (field->is_array ? array == NULL || array->n != length_of(rule, field)
                            : lua_type(L, -1) != LUA_TNUMBER) {
            lua_pushfstring(L, field->is_array ? "an array of %I" : "a number",
                            (LUAI_UACINT)length_of(rule, field));
            session_fail(L, "state %s is %s: must be %s", field->name, describe(L, -2),
                         lua_tostring(L, -1));
        }
        lua_pop(L, 1);
    }
}

struct call {
    struct rule *rule;
    const struct config *config;
    int function;
    const char *name;
    synrl_status status; /* of a schedule */
};

/* The parameters as they are in this iteration. */
static bool set_parameters(lua_State *L, struct call *call, int self) {
    const synrl_plugin *entry = &call->rule->definition->entry;
    for (uint32_t p = 0; p < entry->n_params; p++) {
        double value;
        call->status = synrl_at(call->config->values[p], call->rule->env->env->iteration, &value);
        if (call->status != SYNRL_OK) {
            return false;
        }
        lua_pushstring(L, entry->params[p].name);
        lua_pushnumber(L, value);
        lua_rawset(L, self);
    }
    return true;
}

static void read_metrics(lua_State *L, struct rule *rule, int self) {
    const synrl_rule_ops *ops = &rule->definition->ops;
    for (uint32_t m = 0; m < ops->n_metrics; m++) {
        lua_pushstring(L, ops->metrics[m].name);
        lua_rawget(L, self);
        rule->metrics[m] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
}

static int run_function(lua_State *L) {
    struct call *call = lua_touserdata(L, 1);
    struct rule *rule = call->rule;
    lua_rawgeti(L, LUA_REGISTRYINDEX, rule->self);
    if (!set_parameters(L, call, 2)) {
        return 0;
    }
    if (call->function != LUA_NOREF) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, call->function);
        lua_pushvalue(L, 2);
        lua_rawgeti(L, LUA_REGISTRYINDEX, rule->environment);
        lua_call(L, 2, 0);
    }
    check_state(L, rule, 2);
    read_metrics(L, rule, 2);
    return 0;
}

static synrl_status call_script(struct call *call, lua_CFunction function) {
    const struct rule *rule = call->rule;
    struct session *session = rule->definition->session;
    struct callback callback = {.name = call->name,
                                .rule = rule->definition->entry.id,
                                .iteration = strcmp(call->name, "create") == 0
                                                 ? ITERATION_NONE
                                                 : rule->env->env->iteration};
    lua_State *L = session->L;
    if (lua_checkstack(L, 12) == 0) {
        return core_fail(session->core, SYNRL_NO_MEMORY, "Lua's stack is full");
    }
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, call);
    const enum control before = session_control(session, CONTROL_SCHEDULE);
    const int outcome = callback_call(L, &callback, 1);
    session_control(session, before);
    session->L = L;
    return outcome == LUA_OK ? call->status : session_keep_error(L, session);
}

/* (table, name) of a name that the table lacks. */
static int refuse_unknown(lua_State *L) {
    session_fail(L, "self.%s: must be one of its parameters and its state",
                 luaL_tolstring(L, 2, NULL));
}

static void push_start(lua_State *L, const struct rule *rule, const struct field *field) {
    if (field->is_array) {
        struct array *array = array_push(L, length_of(rule, field));
        memset(array->x, 0, array->n * sizeof *array->x);
    } else {
        lua_pushnumber(L, field->first);
    }
}

/* Makes the table `self` and the environment's userdata, then runs `create`. */
static int run_create(lua_State *L) {
    struct call *call = lua_touserdata(L, 1);
    struct rule *rule = call->rule;
    const struct definition *definition = rule->definition;
    struct rule_env *env = box_push(L, &rule_env_type, sizeof *env);
    *env = *rule->env;
    rule->env = env;
    rule->environment = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L);
    for (uint32_t f = 0; f < definition->n_state; f++) {
        push_start(L, rule, &definition->state[f]);
        lua_setfield(L, -2, definition->state[f].name);
    }
    lua_newtable(L);
    lua_pushcfunction(L, refuse_unknown);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_unknown);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, -2);
    lua_insert(L, 2);
    lua_setmetatable(L, -2);
    lua_settop(L, 2);
    rule->self = luaL_ref(L, LUA_REGISTRYINDEX);
    return run_function(L);
}

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *rule = self;
    const struct config *c = config;
    /* Draws of create are apart from those of the first iteration. */
    struct rule_env start = {.host = host, .env = env, .n_draws = 1U << 16};
    rule->definition = c->definition;
    rule->self = rule->environment = LUA_NOREF;
    rule->n_synapses = env->layout->n_synapses;
    rule->env = &start;
    SYNRL_TRY(SYNRL_NEW(host, start.actions, rule->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, start.values, rule->n_synapses));
    struct call call = {
        .rule = rule, .config = c, .function = rule->definition->create, .name = "create"};
    const synrl_status status = call_script(&call, run_create);
    if (rule->env == &start) {
        rule->env = NULL;
    } else {
        rule->env->env = NULL;
    }
    return status;
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *rule = self;
    struct call call = {
        .rule = rule, .config = config, .function = rule->definition->step, .name = "step"};
    (void)host;
    rule->env->env = env;
    rule->env->n_draws = 0;
    const synrl_status status = call_script(&call, run_function);
    rule->env->env = NULL;
    return status;
}

struct visit {
    struct rule *rule;
    synrl_state *state;
    synrl_status status;
};

/* What is loaded becomes new arrays. */
static int run_state(lua_State *L) {
    struct visit *visit = lua_touserdata(L, 1);
    const struct rule *rule = visit->rule;
    const struct definition *definition = rule->definition;
    lua_rawgeti(L, LUA_REGISTRYINDEX, rule->self);
    for (uint32_t f = 0; f < definition->n_state && visit->status == SYNRL_OK; f++) {
        const struct field *field = &definition->state[f];
        lua_getfield(L, 2, field->name);
        double number = lua_tonumber(L, -1);
        struct array *array = field->is_array ? array_at(L, -1) : NULL;
        if (array != NULL && visit->state->is_loading) {
            array = array_push(L, array->n);
        }
        visit->status = array != NULL ? SYNRL_STATE_ARRAY(visit->state, array->x, array->n)
                                      : SYNRL_STATE_FIELD(visit->state, number);
        if (visit->state->is_loading) {
            if (array == NULL) {
                lua_pushnumber(L, number);
            }
            lua_setfield(L, 2, field->name);
        }
        lua_settop(L, 2);
    }
    read_metrics(L, visit->rule, 2);
    return 0;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct visit visit = {.rule = self, .state = state};
    struct session *session = visit.rule->definition->session;
    lua_State *L = session->L;
    (void)host, (void)config;
    if (lua_checkstack(L, 8) == 0) {
        return core_fail(session->core, SYNRL_NO_MEMORY, "Lua's stack is full");
    }
    lua_pushcfunction(L, run_state);
    lua_pushlightuserdata(L, &visit);
    return lua_pcall(L, 1, 0, 0) == LUA_OK ? visit.status : session_keep_error(L, session);
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    const struct rule *rule = self;
    (void)host, (void)config;
    if (rule->definition != NULL) {
        lua_State *L = rule->definition->session->L;
        luaL_unref(L, LUA_REGISTRYINDEX, rule->self);
        luaL_unref(L, LUA_REGISTRYINDEX, rule->environment);
    }
}

/* The definition ------------------------------------------------------------------------------- */

struct reader {
    lua_State *L;
    const char *who;
    struct definition *definition;
    int strings; /* index of the table that holds on to texts */
};

/* Pops a string, and keeps it for as long as the definition lives. */
static const char *keep(const struct reader *reader) {
    lua_State *L = reader->L;
    const char *text = lua_tostring(L, -1);
    lua_rawseti(L, reader->strings, (lua_Integer)lua_rawlen(L, reader->strings) + 1);
    return text;
}

/* The kept string of the script's table, or `otherwise`. */
static const char *text_field(const struct reader *reader, int table, const char *name,
                              const char *otherwise) {
    lua_State *L = reader->L;
    if (!field_push(L, table, name)) {
        return otherwise;
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        session_fail(L, "%s: %s must be a string, not %s", reader->who, name, describe(L, -1));
    }
    return keep(reader);
}

static int function_field(const struct reader *reader, const char *name) {
    lua_State *L = reader->L;
    if (!field_push(L, 1, name)) {
        return LUA_NOREF;
    }
    if (!lua_isfunction(L, -1)) {
        session_fail(L, "%s: %s must be a function (of C, synrl.rule.c), not %s", reader->who, name,
                     describe(L, -1));
    }
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Calls read for every entry of the table under this name, in alphabetical order, with its value on
 * top. */
static void for_each(const struct reader *reader, const char *field, uint32_t most,
                     void (*read)(const struct reader *reader, const char *name)) {
    lua_State *L = reader->L;
    const int top = lua_gettop(L);
    size_t n;
    if (!field_push(L, 1, field)) {
        return;
    }
    if (!lua_istable(L, -1)) {
        session_fail(L, "%s: %s must be a table, not %s", reader->who, field, describe(L, -1));
    }
    const char *who = lua_pushfstring(L, "%s: %s", reader->who, field);
    const char **names = keys_sorted(L, top + 1, who, &n);
    if (n > most) {
        session_fail(L, "%s: %I of them: must be at most %I", who, (LUAI_UACINT)n,
                     (LUAI_UACINT)most);
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_plugin_id(names[i])) {
            session_fail(L, "%s: \"%s\": must be lower-case letters, digits and _", who, names[i]);
        }
        lua_pushstring(L, names[i]);
        const char *name = keep(reader);
        lua_getfield(L, top + 1, name);
        read(reader, name);
        lua_settop(L, top + 3);
    }
    lua_settop(L, top);
}

/* A bound of the parameter in the table at the index. */
static double bound(const struct reader *reader, int table, const char *name, const char *which,
                    double otherwise) {
    lua_State *L = reader->L;
    if (!field_push(L, table, which)) {
        return otherwise;
    }
    if (lua_type(L, -1) != LUA_TNUMBER || !isfinite(lua_tonumber(L, -1))) {
        session_fail(L, "%s: %s of parameter %s must be a finite number, not %s", reader->who,
                     which, name, describe(L, -1));
    }
    const double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

/* number, or { number, min =, max =, meaning = } */
static void read_parameter(const struct reader *reader, const char *name) {
    lua_State *L = reader->L;
    struct definition *definition = reader->definition;
    const uint32_t p = definition->entry.n_params++;
    synrl_param *param = &definition->params[p];
    const int table = lua_gettop(L);
    *param = (synrl_param){.name = name,
                           .type = SYNRL_PARAM_SCHEDULE,
                           .offset = offsetof(struct config, values) + p * sizeof(void *),
                           .default_text = definition->defaults[p],
                           .meaning = name};
    if (lua_istable(L, table)) {
        static const char *const bounds[] = {"min", "max"};
        const bool has_bound = bound(reader, table, name, bounds[0], -DBL_MAX) > -DBL_MAX ||
                               bound(reader, table, name, bounds[1], DBL_MAX) < DBL_MAX;
        param->min = has_bound ? bound(reader, table, name, bounds[0], -SYNRL_UNBOUNDED) : 0.0;
        param->max = has_bound ? bound(reader, table, name, bounds[1], SYNRL_UNBOUNDED) : 0.0;
        param->meaning = text_field(reader, table, "meaning", name);
        lua_rawgeti(L, table, 1);
    }
    if (lua_type(L, -1) != LUA_TNUMBER || !isfinite(lua_tonumber(L, -1))) {
        session_fail(L, "%s: the default of parameter %s must be a finite number, not %s",
                     reader->who, name, describe(L, -1));
    }
    const double value = lua_tonumber(L, -1);
    number_write_shortest(definition->defaults[p], value);
    if ((param->min != 0.0 || param->max != 0.0) && !(value >= param->min && value <= param->max)) {
        char limit[NUMBER_SIZE];
        number_write_shortest(limit, value < param->min ? param->min : param->max);
        session_fail(L, "%s: parameter %s = %s: must be at %s %s", reader->who, name,
                     definition->defaults[p], value < param->min ? "least" : "most", limit);
    }
}

/* A number to begin with, or "[n_synapses]" or "[10]". */
static void read_state(const struct reader *reader, const char *name) {
    lua_State *L = reader->L;
    struct definition *definition = reader->definition;
    struct field *field = &definition->state[definition->n_state++];
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    const size_t length = strlen(text);
    uint64_t n = 0;
    for (uint32_t p = 0; p < definition->entry.n_params; p++) {
        if (strcmp(definition->params[p].name, name) == 0) {
            session_fail(L, "%s: %s is a parameter and state", reader->who, name);
        }
    }
    *field = (struct field){.name = name, .is_array = length > 0};
    field->is_per_synapse = strcmp(text, "[n_synapses]") == 0;
    const bool is_sized = length > 2 && text[0] == '[' && text[length - 1] == ']' &&
                          integer_read(text + 1, length - 2, 1, 1 << 20, &n);
    field->n = (size_t)n;
    if (lua_type(L, -1) == LUA_TNUMBER && isfinite(lua_tonumber(L, -1))) {
        field->first = lua_tonumber(L, -1);
    } else if (!field->is_per_synapse && !is_sized) {
        session_fail(L,
                     "%s: state %s must be a number to begin with, or an array of zeros, "
                     "\"[n_synapses]\" or \"[10]\", not %s",
                     reader->who, name, describe(L, -1));
    }
}

static void read_metric(const struct reader *reader, const char *name) {
    lua_State *L = reader->L;
    struct definition *definition = reader->definition;
    bool is_number = false;
    for (uint32_t f = 0; f < definition->n_state; f++) {
        is_number = is_number || (strcmp(definition->state[f].name, name) == 0 &&
                                  !definition->state[f].is_array);
    }
    if (strlen(name) > METRIC_NAME_MOST) {
        session_fail(L, "%s: metric %s: a name has at most %d letters", reader->who, name,
                     METRIC_NAME_MOST);
    }
    if (!is_number) {
        session_fail(L, "%s: metric %s must be a number of its state", reader->who, name);
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        session_fail(L, "%s: metric %s must be its meaning, a string, not %s", reader->who, name,
                     describe(L, -1));
    }
    const uint32_t m = definition->ops.n_metrics++;
    definition->metrics[m] =
        (synrl_metric){.name = name,
                       .offset = offsetof(struct rule, metrics) + m * sizeof(double),
                       .meaning = keep(reader)};
    lua_pushnil(L); /* in the place of what keep has popped */
}

static uint32_t read_traits(const struct reader *reader) {
    static const struct {
        const char *word;
        uint32_t traits;
    } words[] = {
        {"rewards", 0}, {"losses", SYNRL_RULE_READS_LOSS}, {"more", SYNRL_RULE_READS_MORE}};
    const char *reads = text_field(reader, 1, "reads", "rewards");
    for (size_t w = 0; w < COUNT_OF(words); w++) {
        if (strcmp(reads, words[w].word) == 0) {
            return words[w].traits;
        }
    }
    session_fail(reader->L, "%s: reads must be \"rewards\", \"losses\" or \"more\", not \"%s\"",
                 reader->who, reads);
}

static void read_definition(const struct reader *reader, const char *name) {
    struct definition *definition = reader->definition;
    definition->ops = (synrl_rule_ops){.size = sizeof(synrl_rule_ops),
                                       .self_size = sizeof(struct rule),
                                       .traits = read_traits(reader),
                                       .metrics = definition->metrics,
                                       .create = create,
                                       .step = step,
                                       .state = state,
                                       .destroy = destroy};
    definition->entry =
        (synrl_plugin){.abi_major = SYNRL_ABI_MAJOR,
                       .abi_minor = SYNRL_ABI_MINOR,
                       .size = sizeof(synrl_plugin),
                       .param_size = sizeof(synrl_param),
                       .kind = SYNRL_KIND_RULE,
                       .id = name,
                       .version = "1.0.0",
                       .summary = text_field(reader, 1, "summary", "a function of a script"),
                       .source = text_field(reader, 1, "source", ""),
                       .config_size = sizeof(struct config),
                       .params = definition->params,
                       .ops = &definition->ops};
    for_each(reader, "parameters", FIELDS_MOST, read_parameter);
    for_each(reader, "state", FIELDS_MOST, read_state);
    for_each(reader, "metrics", SYNRL_METRICS_MAX, read_metric);
    definition->create = function_field(reader, "create");
    definition->step = function_field(reader, "step");
    definition->plugin = (struct plugin){.entry = &definition->entry,
                                         .file = "script",
                                         .code = plugin_code_function,
                                         .context = definition};
}

int rule_lua(lua_State *L) {
    static const char *const keys[] = {"create", "metrics", "name", "parameters", "reads",
                                       "source", "state",   "step", "summary"};
    lua_settop(L, 1);
    luaL_checkstack(L, 24, NULL);
    keys_check(L, 1, "synrl.rule", COUNT_OF(keys), keys);
    lua_settop(L, 1);
    lua_newtable(L);
    struct reader reader = {.L = L, .who = "synrl.rule", .strings = 2};
    const char *name = text_field(&reader, 1, "name", "lua");
    if (!is_plugin_id(name)) {
        session_fail(L,
                     "synrl.rule: name \"%s\": must be lower-case letters, digits and _, at "
                     "most 63",
                     name);
    }
    reader.who = lua_pushfstring(L, "rule \"%s\"", name);
    reader.definition = lua_newuserdatauv(L, sizeof *reader.definition, 1);
    memset(reader.definition, 0, sizeof *reader.definition);
    reader.definition->session = session_of(L);
    read_definition(&reader, name);
    if (reader.definition->step == LUA_NOREF) {
        session_fail(L, "%s: it has no step: what it does in one iteration, function(self, env)",
                     reader.who);
    }
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, 1);
    luaL_ref(L, LUA_REGISTRYINDEX); /* components may outlive every variable */
    component_make_of(L, &reader.definition->plugin, 0);
    return 1;
}
