/* SPDX-License-Identifier: MIT */
/* Activations and losses whose operations call the functions of a script, protected. Lua has one
 * thread: while there is a network with one of them, the caller of the pool does the work of all
 * workers (pool_keep), with the same bits as ever.
 *
 * The operations return nothing, so an error is kept in the session, and noted as a violation, with
 * which the pass fails. What they were to write is then NaN. */
#include "lua/unit_lua.h"

#include <math.h>
#include <string.h>

#include "base/count.h"
#include "base/host.h"
#include "engine/pool.h"
#include "lua/array.h"
#include "lua/callback.h"
#include "lua/definition.h"
#include "lua/fields.h"
#include "lua/session.h"
#include "synrl/loss.h"

/* Lives as long as the Lua state. */
struct unit {
    struct plugin plugin;
    synrl_plugin entry;
    synrl_activation_ops activation;
    synrl_loss_ops loss;
    struct session *session;
    int apply, derivative;       /* references of functions; LUA_NOREF: none */
    int terms, finish, gradient; /* the same of a loss */
    struct definition_params params;
};

/* The config: what it is made of, as component_create_of puts it there, and the parameters. */
struct config {
    struct unit *unit;
    double values[FIELDS_MOST];
};

/* Calls of functions --------------------------------------------------------------------------- */

/* One call. `push` pushes the arguments, without the parameters, and returns how many; `take` reads
 * the result, which is on top. */
struct call {
    const struct config *config;
    int function;
    const char *name;
    int (*push)(lua_State *L, const struct call *call);
    void (*take)(lua_State *L, const struct call *call);
    size_t n;           /* of an activation: values */
    const float *x, *y; /* [n] */
    const synrl_loss_block *block;
    double sum;
    size_t n_samples, n_outputs;
    float *to;      /* where the result goes */
    double *number; /* or this */
};

static void push_parameters(lua_State *L, const struct config *config) {
    const struct definition_params *params = &config->unit->params;
    lua_createtable(L, 0, (int)params->n);
    for (uint32_t p = 0; p < params->n; p++) {
        lua_pushnumber(L, config->values[p]);
        lua_setfield(L, -2, params->rows[p].name);
    }
}

static int run(lua_State *L) {
    const struct call *call = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->function);
    const int n = call->push(L, call);
    push_parameters(L, call->config);
    lua_call(L, n + 1, 1);
    call->take(L, call);
    return 0;
}

/* False where the function has failed, now or before in this pass. */
static bool call_script(const synrl_host *host, struct call *call) {
    struct unit *unit = call->config->unit;
    struct session *session = unit->session;
    struct callback callback = {.name = call->name,
                                .kind = kind_name((synrl_kind)unit->entry.kind),
                                .id = unit->entry.id,
                                .iteration = ITERATION_NONE};
    lua_State *L = session->L;
    if (session->has_error) { /* of which only the first is kept */
        host_violate(host->context, "a function of the script has failed");
        return false;
    }
    if (lua_checkstack(L, 12) == 0) {
        host_violate(host->context, "Lua's stack is full");
        return false;
    }
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, call);
    const enum control before = session_control(session, CONTROL_SCHEDULE);
    session->is_in_pass = true;
    const int outcome = callback_call(L, &callback, 1);
    session->is_in_pass = false;
    session_control(session, before);
    session->L = L;
    if (outcome != LUA_OK) {
        session_keep_error(L, session);
        host_violate(host->context, "%s", session->core->message);
    }
    return outcome == LUA_OK;
}

static void fill(float *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        values[i] = NAN;
    }
}

static void push_floats(lua_State *L, size_t n, const float *values) {
    struct array *array = array_push(L, n);
    for (size_t i = 0; i < n; i++) {
        array->x[i] = (double)values[i];
    }
}

/* The array of n numbers at the index. */
static void take_floats(lua_State *L, int index, size_t n, const char *what, float *to) {
    const struct array *array = array_check(L, index, n, what);
    for (size_t i = 0; i < n; i++) {
        to[i] = (float)array->x[i];
    }
}

/* Activations ---------------------------------------------------------------------------------- */

static int push_values(lua_State *L, const struct call *call) {
    push_floats(L, call->n, call->x);
    if (call->y != NULL) {
        push_floats(L, call->n, call->y);
    }
    return call->y != NULL ? 2 : 1;
}

static void take_values(lua_State *L, const struct call *call) {
    take_floats(L, -1, call->n, "what it returns", call->to);
}

static void ask_values(const synrl_host *host, struct call *call) {
    call->push = push_values;
    call->take = take_values;
    if (!call_script(host, call)) {
        fill(call->to, call->n);
    }
}

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    const struct config *of = config;
    ask_values(
        host,
        &(struct call){
            .config = of, .function = of->unit->apply, .name = "apply", .n = n, .x = x, .to = y});
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    const struct config *of = config;
    ask_values(host, &(struct call){.config = of,
                                    .function = of->unit->derivative,
                                    .name = "derivative",
                                    .n = n,
                                    .x = x,
                                    .y = y,
                                    .to = slope});
}

/* Losses --------------------------------------------------------------------------------------- */

/* [n][SYNRL_LANES] as a list of arrays. */
static void push_list(lua_State *L, size_t n, const float *values) {
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        push_floats(L, SYNRL_LANES, values + i * SYNRL_LANES);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* Outputs, and targets or the numbers of classes, from 1. */
static int push_block(lua_State *L, const struct call *call) {
    const synrl_loss_block *block = call->block;
    push_list(L, block->n_outputs, block->outputs);
    if (block->labels == NULL) {
        push_list(L, block->n_outputs, block->targets);
        return 2;
    }
    struct array *labels = array_push(L, SYNRL_LANES);
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        labels->x[s] = (double)block->labels[s] + 1.0;
    }
    return 2;
}

static void take_terms(lua_State *L, const struct call *call) {
    take_floats(L, -1, SYNRL_LANES, "what it returns", call->to);
}

static void terms(const synrl_host *host, const void *config, const synrl_loss_block *block,
                  float *out) {
    const struct config *of = config;
    struct call call = {.config = of, .function = of->unit->terms, .name = "terms"};
    call.push = push_block;
    call.take = take_terms;
    call.block = block;
    call.to = out;
    if (!call_script(host, &call)) {
        fill(out, SYNRL_LANES);
    }
}

static int push_sum(lua_State *L, const struct call *call) {
    lua_pushnumber(L, call->sum);
    lua_pushinteger(L, (lua_Integer)call->n_samples);
    lua_pushinteger(L, (lua_Integer)call->n_outputs);
    return 3;
}

static void take_number(lua_State *L, const struct call *call) {
    if (lua_type(L, -1) != LUA_TNUMBER) {
        session_fail(L, "what it returns must be a number, not %s", describe(L, -1));
    }
    *call->number = lua_tonumber(L, -1);
}

static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    const struct config *of = config;
    double loss = (double)NAN;
    if (of->unit->finish == LUA_NOREF) {
        return sum / (double)n_samples;
    }
    struct call call = {.config = of, .function = of->unit->finish, .name = "finish"};
    call.push = push_sum;
    call.take = take_number;
    call.sum = sum;
    call.n_samples = n_samples;
    call.n_outputs = n_outputs;
    call.number = &loss;
    call_script(host, &call);
    return loss;
}

static int push_slope_arguments(lua_State *L, const struct call *call) {
    push_block(L, call);
    lua_pushnumber(L, call->sum);
    lua_pushinteger(L, (lua_Integer)call->n_samples);
    return 4;
}

/* A list with one array per output; of a single output the array does. */
static void take_slopes(lua_State *L, const struct call *call) {
    const size_t n = call->block->n_outputs;
    size_t n_given;
    if (n == 1 && array_at(L, -1) != NULL) {
        take_floats(L, -1, SYNRL_LANES, "what it returns", call->to);
        return;
    }
    if (!lua_istable(L, -1) || !table_is_list(L, lua_gettop(L), &n_given) || n_given != n) {
        session_fail(L, "what it returns must be a list of %I arrays, one per output, not %s",
                     (LUAI_UACINT)n, describe(L, -1));
    }
    for (size_t o = 0; o < n; o++) {
        lua_rawgeti(L, -1, (lua_Integer)o + 1);
        take_floats(L, -1, SYNRL_LANES, "a slope", call->to + o * SYNRL_LANES);
        lua_pop(L, 1);
    }
}

static void gradient(const synrl_host *host, const void *config, const synrl_loss_block *block,
                     double sum, size_t n_samples, float *slope) {
    const struct config *of = config;
    struct call call = {.config = of, .function = of->unit->gradient, .name = "gradient"};
    call.push = push_slope_arguments;
    call.take = take_slopes;
    call.block = block;
    call.sum = sum;
    call.n_samples = n_samples;
    call.to = slope;
    if (!call_script(host, &call)) {
        fill(slope, block->n_outputs * SYNRL_LANES);
    }
}

/* Definitions ---------------------------------------------------------------------------------- */

static void note_threads(struct session *session) {
    if (!session->has_noted_threads && pool_size(session->core->pool) > 1) {
        core_log(
            session->core, SYNRL_LOG_INFO,
            "Lua has one thread: networks with an activation or a loss of Lua functions run on "
            "one, with the same results");
    }
    session->has_noted_threads = true;
}

static struct unit *push_unit(lua_State *L) {
    struct unit *unit = lua_newuserdatauv(L, sizeof *unit, 1);
    memset(unit, 0, sizeof *unit);
    unit->session = session_of(L);
    note_threads(unit->session);
    return unit;
}

static int needed_function(const struct definition_reader *reader, const char *name,
                           const char *arguments) {
    const int function = definition_function(reader, name);
    if (function == LUA_NOREF) {
        session_fail(reader->L, "%s: it has no %s: function(%s)", reader->who, name, arguments);
    }
    return function;
}

static int end(const struct definition_reader *reader, int userdata, synrl_kind kind,
               const char *name, const void *ops) {
    struct unit *unit = lua_touserdata(reader->L, userdata);
    definition_params(reader, SYNRL_PARAM_NUMBER, offsetof(struct config, values), sizeof(double),
                      &unit->params);
    definition_entry(reader, kind, name, &unit->params, sizeof(struct config), ops, &unit->entry);
    return definition_end(reader, userdata, &unit->plugin, &unit->entry);
}

int activation_lua(lua_State *L) {
    static const char *const keys[] = {"apply",      "derivative", "name",
                                       "parameters", "source",     "summary"};
    struct definition_reader reader;
    const char *name = definition_begin(L, &reader, "activation", COUNT_OF(keys), keys);
    struct unit *unit = push_unit(L);
    const int userdata = lua_gettop(L);
    unit->apply = needed_function(&reader, "apply", "x, parameters");
    unit->derivative = definition_function(&reader, "derivative");
    unit->activation =
        (synrl_activation_ops){.size = sizeof(synrl_activation_ops),
                               .apply = apply,
                               .derivative = unit->derivative != LUA_NOREF ? derivative : NULL};
    return end(&reader, userdata, SYNRL_KIND_ACTIVATION, name, &unit->activation);
}

static synrl_target_format target_format(const struct definition_reader *reader) {
    const char *targets = definition_text(reader, 1, "targets", "vectors");
    if (strcmp(targets, "vectors") != 0 && strcmp(targets, "labels") != 0) {
        session_fail(reader->L, "%s: targets must be \"vectors\" or \"labels\", not \"%s\"",
                     reader->who, targets);
    }
    return strcmp(targets, "labels") == 0 ? SYNRL_TARGET_LABELS : SYNRL_TARGET_VECTORS;
}

static uint32_t traits(const struct definition_reader *reader) {
    lua_State *L = reader->L;
    lua_getfield(L, 1, "logits");
    if (!lua_isnil(L, -1) && !lua_isboolean(L, -1)) {
        session_fail(L, "%s: logits must be true or false, not %s", reader->who, describe(L, -1));
    }
    const bool are_logits = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return are_logits ? SYNRL_LOSS_LOGITS : 0;
}

int loss_lua(lua_State *L) {
    static const char *const keys[] = {"finish", "gradient", "logits",  "name", "parameters",
                                       "source", "summary",  "targets", "terms"};
    struct definition_reader reader;
    const char *name = definition_begin(L, &reader, "loss", COUNT_OF(keys), keys);
    struct unit *unit = push_unit(L);
    const int userdata = lua_gettop(L);
    unit->terms = needed_function(&reader, "terms", "outputs, targets, parameters");
    unit->finish = definition_function(&reader, "finish");
    unit->gradient = definition_function(&reader, "gradient");
    unit->loss = (synrl_loss_ops){.size = sizeof(synrl_loss_ops),
                                  .target_format = target_format(&reader),
                                  .terms = terms,
                                  .finish = finish,
                                  .gradient = unit->gradient != LUA_NOREF ? gradient : NULL,
                                  .traits = traits(&reader)};
    return end(&reader, userdata, SYNRL_KIND_LOSS, name, &unit->loss);
}
