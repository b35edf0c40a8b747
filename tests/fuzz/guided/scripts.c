/* SPDX-License-Identifier: MIT */
/* What scripts and command lines give: tables of any values to the functions of the Lua module,
 * overrides of options, parameters as text, and JSON on its way through Lua. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz/guided/frame.h"
#include "lua/component.h"
#include "lua/json.h"
#include "lua/module.h"
#include "lua/session.h"

/* The one Lua state of a harness; and that of options under the stock interpreter, which gives no
 * settings. */
static lua_State *state, *stock;
static struct settings settings;

static void stay_silent(void *context, synrl_log_level level, const char *line) {
    (void)context;
    (void)level;
    (void)line;
}

static lua_State *open_state(bool with_settings) {
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        frame_fail("no Lua");
    }
    luaL_openlibs(L);
    if (with_settings) {
        settings_give(L, &settings);
    }
    luaL_requiref(L, "synrl", luaopen_synrl, 1);
    lua_settop(L, 0);
    return L;
}

static char policy_path[256];

static void open_lua(struct frame *frame) {
    snprintf(policy_path, sizeof policy_path, "%s", frame_path(frame, "policy.csv"));
    setenv("SYNRL_PLUGIN_PATH", BUILD_DIR "/plugins", 1); /* for the core of a session */
    settings = settings_default();
    settings.n_threads = 1;
    settings.runs = NULL;
    settings.log = stay_silent;
    state = open_state(true);
}

static void open_both(struct frame *frame) {
    if (freopen("/dev/null", "we", stdout) == NULL) { /* where the help goes */
        frame_fail("no /dev/null");
    }
    open_lua(frame);
    stock = open_state(false);
}

static void close_lua(struct frame *frame) {
    (void)frame;
    lua_close(state);
    if (stock != NULL) {
        lua_close(stock);
    }
}

/* A value made of bytes: a tag, then what it needs ---------------------------------------------- */

enum { DEPTH_MOST = 6 };

static const char *const keys[] = {"memory",  "n_actions", "n_rewards", "n_features", "features",
                                   "actions", "rewards",   "path",      "a",          "seed",
                                   "from",    "to",        "iterations"};

static int64_t take_integer(struct input *input) {
    uint64_t value = 0;
    for (int b = 0; b < 8; b++) {
        value = value << 8 | input_byte(input);
    }
    return (int64_t)value;
}

static double take_number(struct input *input) {
    const int64_t bits = take_integer(input);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static void push_value(lua_State *L, struct input *input, int depth);

static void push_table(lua_State *L, struct input *input, int depth, bool is_list) {
    const int n = input_byte(input) % 8;
    lua_newtable(L);
    for (int i = 1; i <= n && depth < DEPTH_MOST; i++) {
        if (is_list) {
            lua_pushinteger(L, i);
        } else {
            lua_pushstring(L, keys[input_byte(input) % COUNT_OF(keys)]);
        }
        push_value(L, input, depth + 1);
        lua_rawset(L, -3);
    }
}

static void push_value(lua_State *L, struct input *input, int depth) {
    luaL_checkstack(L, 8, NULL);
    const uint8_t tag = input_byte(input);
    struct input part;
    switch (tag % 8) {
    case 0:
        lua_pushinteger(L, (int8_t)input_byte(input));
        break;
    case 1:
        lua_pushinteger(L, take_integer(input));
        break;
    case 2:
        lua_pushnumber(L, take_number(input));
        break;
    case 3:
        part = input_part(input, input_byte(input) % 16);
        lua_pushlstring(L, (const char *)part.at, input_size(&part));
        break;
    case 4:
        lua_pushboolean(L, tag / 8 % 2);
        break;
    case 5:
    case 6:
        push_table(L, input, depth, tag % 8 == 5);
        break;
    default:
        lua_pushnil(L);
        break;
    }
}

/* Runs protected; an error must be a message. */
static bool call(lua_State *L, int n_arguments, int n_results) {
    if (lua_pcall(L, n_arguments, n_results, 0) == LUA_OK) {
        return true;
    }
    if (lua_type(L, -1) != LUA_TSTRING || lua_rawlen(L, -1) == 0) {
        frame_fail("an error without a message");
    }
    return false;
}

/* Pushes synrl.NAME, or synrl.NAME.PART. */
static void push_function(lua_State *L, const char *name, const char *part) {
    lua_getglobal(L, "synrl");
    lua_getfield(L, -1, name);
    if (part != NULL) {
        lua_getfield(L, -1, part);
    }
}

static void run_protected_in(lua_State *L, lua_CFunction function, const uint8_t *bytes, size_t n) {
    struct input input = {bytes, bytes + n};
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, &input);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        frame_fail("%s", lua_tostring(L, -1));
    }
    lua_settop(L, 0);
}

static void run_protected(lua_CFunction function, const uint8_t *bytes, size_t n) {
    run_protected_in(state, function, bytes, n);
}

/* Schedules ------------------------------------------------------------------------------------ */

static int answer(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

/* A string is an error. */
static int answer_or_fail(lua_State *L) {
    answer(L);
    return lua_type(L, -1) == LUA_TSTRING ? lua_error(L) : 1;
}

static int raise_kept(lua_State *L) {
    session_raise(L, session_of(L));
}

/* Asks the epsilon of the rule on top of the stack, as a run does. */
static void ask_epsilon(lua_State *L, struct input *input) {
    const struct component *rule = component_at(L, -1);
    const int rule_at = lua_gettop(L);
    const synrl_plugin *entry = component_plugin(rule)->entry;
    for (uint32_t p = 0; p < entry->n_params; p++) {
        if (strcmp(entry->params[p].name, "epsilon") == 0) {
            const synrl_schedule *schedule;
            const char *config = component_config(rule);
            memcpy(&schedule, config + entry->params[p].offset, sizeof schedule);
            double value = 0;
            const uint64_t iteration = (uint64_t)take_integer(input);
            if (schedule->at(schedule, iteration, &value) != SYNRL_OK) {
                lua_pushcfunction(L, raise_kept);
                lua_pcall(L, 0, 0, 0); /* as a run does; a script's own error may be empty */
                lua_settop(L, rule_at);
            } else if (!(value >= 0 && value <= 1)) {
                frame_fail("epsilon is %g", value);
            }
        }
    }
    json_decref(component_json(rule));
}

/* synrl.rule("qlearning", {epsilon = what is on top of the stack}) */
static void try_rule(lua_State *L, struct input *input) {
    const int schedule = lua_gettop(L);
    push_function(L, "rule", NULL);
    lua_pushliteral(L, "qlearning");
    lua_newtable(L);
    lua_pushvalue(L, schedule);
    lua_setfield(L, -2, "epsilon");
    if (call(L, 2, 1)) {
        ask_epsilon(L, input);
        ask_epsilon(L, input);
    }
    lua_settop(L, schedule);
}

static int try_schedule(lua_State *L) {
    struct input *input = lua_touserdata(L, 1);
    push_function(L, "schedule", NULL);
    push_value(L, input, 0);
    if (call(L, 1, 1)) {
        const int schedule = lua_gettop(L);
        for (int i = 0; i < 4; i++) {
            lua_pushvalue(L, schedule);
            lua_pushinteger(L, take_integer(input));
            call(L, 1, 1);
            lua_settop(L, schedule);
        }
        try_rule(L, input);
    }
    if (input_size(input) > 0) {
        push_value(L, input, 0);
        lua_pushcclosure(L, answer_or_fail, 1);
        try_rule(L, input);
    }
    return 0;
}

/* Policies ------------------------------------------------------------------------------------- */

/* The digits of a state of the policy that the table on top of the stack asks for. */
static lua_Integer count_digits(lua_State *L) {
    lua_Integer n = 0;
    for (size_t k = 0; k < 5 && lua_istable(L, -1); k++) {
        lua_pushstring(L, keys[k]);
        lua_rawget(L, -2);
        const lua_Integer given =
            lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : lua_tointeger(L, -1);
        n += given > 0 && given <= SYNRL_MEMORY_MAX ? (k == 0 ? 2 * given : given) : 0;
        lua_pop(L, 1);
    }
    return n;
}

/* The stack has methods and arguments above `policy`: any error has a message. */
static void call_method(lua_State *L, int policy, const char *name, int n_arguments) {
    lua_getfield(L, policy, name);
    lua_insert(L, -1 - n_arguments);
    call(L, n_arguments, LUA_MULTRET);
}

/* A policy that is written and read again is the same. */
static void try_file(lua_State *L, int policy) {
    lua_pushvalue(L, policy);
    lua_pushstring(L, policy_path);
    call_method(L, policy, "save", 2);
    lua_settop(L, policy);
    push_function(L, "policy", "load");
    lua_pushstring(L, policy_path);
    if (!call(L, 1, 1) || lua_compare(L, policy, -1, LUA_OPEQ) == 0) {
        frame_fail("saved, it is another: %s", luaL_tolstring(L, -1, NULL));
    }
}

/* No path that is a string: it would be written to. */
static void try_path(lua_State *L, struct input *input, int policy) {
    static const char *const methods[] = {"save", "draw", "load"};
    const size_t m = input_byte(input) % COUNT_OF(methods);
    lua_pushvalue(L, policy);
    push_value(L, input, 0);
    if (lua_type(L, -1) == LUA_TSTRING) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    if (m < 2) {
        call_method(L, policy, methods[m], 2);
        return;
    }
    push_function(L, "policy", "load");
    lua_pushvalue(L, policy + 2);
    call(L, 1, 1);
}

static void try_policy_of(lua_State *L, struct input *input) {
    static const char *const methods[] = {"q", "greedy", "freeze"};
    static const char *const properties[] = {"n_actions", "n_rewards", "n_features", "features",
                                             "hash"};
    const int policy = lua_gettop(L);
    const uint8_t c = input_byte(input);
    if (c % 8 < 6) {
        lua_pushvalue(L, policy);
        if (c / 8 % 8 == 7) { /* of what is no policy */
            lua_pop(L, 1);
            push_value(L, input, 0);
        }
        push_value(L, input, 0);
        call_method(L, policy, methods[c % 8 % COUNT_OF(methods)], 2);
    } else if (c % 8 == 6) {
        try_path(L, input, policy);
    } else {
        try_file(L, policy);
    }
    lua_settop(L, policy);
    lua_getfield(L, policy, properties[c / 8 % COUNT_OF(properties)]);
    luaL_tolstring(L, policy, NULL);
}

/* policy.new, policy.from and, of what they give, the state's values. Large policies, whose
 * thousands of states would take most of the time, are made by few inputs, and not written. */
enum { DIGITS_FEW = 4, EVEN_LARGE = 0xFF };

static int try_policy(lua_State *L) {
    struct input *input = lua_touserdata(L, 1);
    const uint8_t c = input_byte(input);
    const bool from = c % 2 == 0;
    push_function(L, "policy", from ? "from" : "new");
    if (from) {
        push_value(L, input, 0);
        lua_pushcclosure(L, answer, 1);
    }
    push_value(L, input, 0);
    const bool is_large = count_digits(L) > DIGITS_FEW;
    if ((is_large && c != EVEN_LARGE) || !call(L, from ? 2 : 1, 1)) {
        return 0;
    }
    if (is_large) {
        input_byte(input); /* q, whatever it says */
        lua_pushvalue(L, -1);
        push_value(L, input, 0);
        call_method(L, lua_gettop(L) - 2, "q", 2);
        return 0;
    }
    try_policy_of(L, input);
    return 0;
}

/* Options: a byte of settings, a table of defaults, one of meanings, overrides on a line each ----
 */

enum { OVERRIDES_MOST = 8, OVERRIDE_SIZE = 128 };
enum { HELP = 1, HELP_JSON = 2, MEANINGS = 4, SEED = 8, NO_TABLE = 16, STOCK = 32 };

static char texts[OVERRIDES_MOST][OVERRIDE_SIZE];
static const char *overrides[OVERRIDES_MOST];

static void take_overrides(struct input *input) {
    settings.n_overrides = 0;
    settings.overrides = overrides;
    while (input_size(input) > 0 && settings.n_overrides < OVERRIDES_MOST) {
        overrides[settings.n_overrides] =
            input_line(input, texts[settings.n_overrides], OVERRIDE_SIZE);
        settings.n_overrides++;
    }
}

static int look_up(lua_State *L) {
    lua_gettable(L, 1);
    return 1;
}

/* What the options on top of the stack have of a name, and of a number. */
static void look_up_both(lua_State *L) {
    const int found = lua_gettop(L);
    for (int i = 0; i < 2; i++) {
        lua_pushcfunction(L, look_up);
        lua_pushvalue(L, found);
        if (i == 0) {
            lua_pushstring(L, settings.n_overrides > 0 ? texts[0] : "sead");
        } else {
            lua_pushinteger(L, 1);
        }
        call(L, 2, 1);
        lua_settop(L, found);
    }
}

/* Under the stock interpreter the overrides are those in `arg`, of the running script. */
static void push_script(lua_State *L, uint8_t c) {
    lua_newtable(L);
    for (size_t i = 0; i < settings.n_overrides; i++) {
        lua_pushstring(L, overrides[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushstring(L, (c & HELP) == 0 ? "s.lua" : "other.lua");
    lua_rawseti(L, -2, 0);
    lua_setglobal(L, "arg");
    static const char text[] = "local options = synrl.options(...) return options";
    if (luaL_loadbuffer(L, text, sizeof text - 1, "@s.lua") != LUA_OK) {
        frame_fail("%s", lua_tostring(L, -1));
    }
    session_of(L)->defaults.options_taken = false;
}

static int try_options(lua_State *L) {
    struct input *input = lua_touserdata(L, 1);
    const uint8_t c = input_byte(input);
    if ((c & NO_TABLE) != 0) {
        push_value(L, input, 0);
    } else {
        push_table(L, input, 0, false);
    }
    if ((c & MEANINGS) != 0) {
        push_value(L, input, 0);
    }
    take_overrides(input);
    settings.options_taken = (c & (NO_TABLE | HELP)) == (NO_TABLE | HELP);
    settings.helped = settings.misused = false;
    settings.help = (c & HELP) != 0;
    settings.help_json = (c & HELP_JSON) != 0;
    settings.has_seed = (c & SEED) != 0;
    settings.seed = c;
    if (L == stock) {
        push_script(L, c);
    } else {
        push_function(L, "options", NULL);
        lua_remove(L, -2);
    }
    lua_insert(L, 2);
    if (call(L, (c & MEANINGS) != 0 ? 2 : 1, 1)) {
        look_up_both(L);
    }
    json_decref(settings.cell_result);
    settings.cell_result = NULL;
    return 0;
}

/* JSON: what goes through Lua comes back the same, and so does what is written as text ---------- */

static int push_json(lua_State *L) {
    json_to_lua(L, lua_touserdata(L, 1));
    return 1;
}

static void check_text(const json_t *json) {
    char *text = json_text(json, JSON_ENCODE_ANY);
    json_t *again = text != NULL ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    if (again == NULL || json_equal(again, json) == 0) {
        frame_fail("written, it is another: %s", text != NULL ? text : "no text");
    }
    json_decref(again);
    free(text);
}

/* Adds to a table what JSON has not: a function, a table in itself, a key that is no name. */
static void add_strange(lua_State *L, int table, int what) {
    if (what == 1) {
        lua_pushcfunction(L, answer);
        lua_setfield(L, table, "f");
    } else if (what == 2) {
        lua_newtable(L); /* of its own, since it is gone into 64 times */
        lua_pushvalue(L, -1);
        lua_setfield(L, -2, "t");
        lua_setfield(L, table, "t");
    } else if (what == 3) {
        lua_pushboolean(L, 1);
        lua_pushvalue(L, -1);
        lua_rawset(L, table);
    }
}

/* A value of Lua as the script's result: JSON that can be read, or a reason. */
static int try_result(lua_State *L) {
    struct input *input = lua_touserdata(L, 1);
    const uint8_t c = input_byte(input);
    char problem[256];
    push_value(L, input, 0);
    const int value = lua_gettop(L);
    if (lua_istable(L, value)) {
        add_strange(L, value, c);
    }
    lua_settop(L, value);
    json_t *json = json_from_lua(L, value, problem, sizeof problem);
    if (json != NULL) {
        check_text(json);
    } else if (problem[0] == '\0') {
        frame_fail("no JSON of it, and no reason");
    }
    json_decref(json);
    return 0;
}

/* Text; or after a byte that begins none, a value of Lua. */
static void read_json(struct frame *frame, const uint8_t *bytes, size_t n) {
    char problem[256];
    if (n > 0 && bytes[0] == 0xFF) {
        run_protected_in(state, try_result, bytes + 1, n - 1);
        return;
    }
    json_t *json = json_loadb((const char *)bytes, n, JSON_DECODE_ANY, NULL);
    (void)frame;
    if (json == NULL) {
        return;
    }
    check_text(json);
    lua_pushcfunction(state, push_json);
    lua_pushlightuserdata(state, json);
    if (lua_pcall(state, 1, 1, 0) == LUA_OK) {
        json_t *back = json_from_lua(state, -1, problem, sizeof problem);
        if (back == NULL && problem[0] == '\0') {
            frame_fail("no JSON of it, and no reason");
        }
        json_decref(back);
    }
    lua_settop(state, 0);
    json_decref(json);
}

/* Parameters as text: "rule qlearning", then "name=text" on each line --------------------------- */

static void read_parameters(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const struct {
        synrl_kind kind;
        const char *id;
    } plugins[] = {{SYNRL_KIND_RULE, "qlearning"}, {SYNRL_KIND_RULE, "static"},
                   {SYNRL_KIND_MODEL, "mlp"},      {SYNRL_KIND_DATASET, "csv"},
                   {SYNRL_KIND_DATASET, "glyphs"}, {SYNRL_KIND_RULE, "gd"}};
    struct input input = {bytes, bytes + n};
    const size_t p = input_byte(&input) % COUNT_OF(plugins);
    struct component *component = NULL;
    char line[256];
    if (component_create(frame->core, plugins[p].kind, plugins[p].id, &component) != SYNRL_OK) {
        frame_fail("%s", frame->core->message);
    }
    synrl_status status = SYNRL_OK;
    while (status == SYNRL_OK && input_size(&input) > 0) {
        input_line(&input, line, sizeof line);
        const size_t length = strcspn(line, "=");
        const char *text = line[length] == '=' ? line + length + 1 : "";
        line[length] = '\0';
        status = component_set_text(component, line, text);
    }
    if (status == SYNRL_OK && component_finish(component) == SYNRL_OK) {
        json_decref(component_json(component));
    } else if (strstr(frame->core->message, plugins[p].id) == NULL) {
        frame_fail("a refusal that names no plugin: \"%s\"", frame->core->message);
    }
    component_release(component);
}

/* The table ------------------------------------------------------------------------------------ */

static void read_schedule(struct frame *frame, const uint8_t *bytes, size_t n) {
    (void)frame;
    run_protected(try_schedule, bytes, n);
}

static void read_policy_table(struct frame *frame, const uint8_t *bytes, size_t n) {
    (void)frame;
    run_protected(try_policy, bytes, n);
}

static void read_options(struct frame *frame, const uint8_t *bytes, size_t n) {
    (void)frame;
    run_protected_in(n > 0 && (bytes[0] & STOCK) != 0 ? stock : state, try_options, bytes, n);
}

const struct harness script_harnesses[] = {
    {"schedule", 4, open_lua, close_lua, read_schedule},
    {"policy_table", 4, open_lua, close_lua, read_policy_table},
    {"options", 4, open_both, close_lua, read_options},
    {"json", 4, open_lua, close_lua, read_json},
    {"parameters", 16, NULL, NULL, read_parameters},
    {.name = NULL},
};
