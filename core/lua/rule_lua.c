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
#include "lua/definition.h"
#include "lua/fields.h"
#include "lua/rule_env.h"
#include "lua/session.h"
#include "synrl/rule.h"

enum { METRIC_NAME_MOST = 31 };

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
    uint32_t n_state;
    struct field state[FIELDS_MOST];
    struct definition_params params;
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
                                .kind = "rule",
                                .id = rule->definition->entry.id,
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

/* A number to begin with, or "[n_synapses]" or "[10]". */
static void read_state(const struct definition_reader *reader, void *context, const char *name) {
    lua_State *L = reader->L;
    struct definition *definition = context;
    struct field *field = &definition->state[definition->n_state++];
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    const size_t length = strlen(text);
    uint64_t n = 0;
    for (uint32_t p = 0; p < definition->params.n; p++) {
        if (strcmp(definition->params.rows[p].name, name) == 0) {
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

static void read_metric(const struct definition_reader *reader, void *context, const char *name) {
    lua_State *L = reader->L;
    struct definition *definition = context;
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
                       .meaning = definition_keep(reader)};
    lua_pushnil(L); /* in the place of what keep has popped */
}

static uint32_t read_traits(const struct definition_reader *reader) {
    static const struct {
        const char *word;
        uint32_t traits;
    } words[] = {
        {"rewards", 0}, {"losses", SYNRL_RULE_READS_LOSS}, {"more", SYNRL_RULE_READS_MORE}};
    const char *reads = definition_text(reader, 1, "reads", "rewards");
    for (size_t w = 0; w < COUNT_OF(words); w++) {
        if (strcmp(reads, words[w].word) == 0) {
            return words[w].traits;
        }
    }
    session_fail(reader->L, "%s: reads must be \"rewards\", \"losses\" or \"more\", not \"%s\"",
                 reader->who, reads);
}

int rule_lua(lua_State *L) {
    static const char *const keys[] = {"create", "metrics", "name", "parameters", "reads",
                                       "source", "state",   "step", "summary"};
    struct definition_reader reader;
    const char *name = definition_begin(L, &reader, "rule", COUNT_OF(keys), keys);
    struct definition *definition = lua_newuserdatauv(L, sizeof *definition, 1);
    const int userdata = lua_gettop(L);
    memset(definition, 0, sizeof *definition);
    definition->session = session_of(L);
    definition->ops = (synrl_rule_ops){.size = sizeof(synrl_rule_ops),
                                       .self_size = sizeof(struct rule),
                                       .traits = read_traits(&reader),
                                       .metrics = definition->metrics,
                                       .create = create,
                                       .step = step,
                                       .state = state,
                                       .destroy = destroy};
    definition_params(&reader, SYNRL_PARAM_SCHEDULE, offsetof(struct config, values),
                      sizeof(void *), &definition->params);
    definition_each(&reader, "state", FIELDS_MOST, read_state, definition);
    definition_each(&reader, "metrics", SYNRL_METRICS_MAX, read_metric, definition);
    definition->create = definition_function(&reader, "create");
    definition->step = definition_function(&reader, "step");
    if (definition->step == LUA_NOREF) {
        session_fail(L, "%s: it has no step: what it does in one iteration, function(self, env)",
                     reader.who);
    }
    definition_entry(&reader, SYNRL_KIND_RULE, name, &definition->params, sizeof(struct config),
                     &definition->ops, &definition->entry);
    return definition_end(&reader, userdata, &definition->plugin, &definition->entry);
}
