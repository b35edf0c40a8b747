/* SPDX-License-Identifier: MIT */
/* What scripts and command lines give: tables of any values to the functions of the Lua module,
 * overrides of options, parameters as text, and JSON on its way through Lua. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz/guided/frame.h"
#include "lua/json.h"
#include "lua/module.h"
#include "plugin/component.h"

/* The one Lua state of a harness. */
static lua_State *state;
static struct settings settings;

static void stay_silent(void *context, synrl_log_level level, const char *line) {
    (void)context;
    (void)level;
    (void)line;
}

static void open_lua(struct frame *frame) {
    (void)frame;
    state = luaL_newstate();
    if (state == NULL) {
        frame_fail("no Lua");
    }
    luaL_openlibs(state);
    settings = settings_default();
    settings.n_threads = 1;
    settings.runs = NULL;
    settings.log = stay_silent;
    settings_give(state, &settings);
    luaL_requiref(state, "synrl", luaopen_synrl, 1);
    lua_settop(state, 0);
}

static void close_lua(struct frame *frame) {
    (void)frame;
    lua_close(state);
}

/* A value made of bytes: a tag, then what it needs ---------------------------------------------- */

enum { DEPTH_MOST = 6 };

static const char *const keys[] = {"memory",  "n_actions", "n_rewards", "n_features", "features",
                                   "actions", "rewards",   "path",      "a",          "seed"};

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

/* Schedules ------------------------------------------------------------------------------------ */

static int try_schedule(lua_State *L) {
    struct input *input = lua_touserdata(L, 1);
    push_function(L, "schedule", NULL);
    push_value(L, input, 0);
    if (!call(L, 1, 1)) {
        return 0;
    }
    const int schedule = lua_gettop(L);
    for (int i = 0; i < 4; i++) {
        lua_pushvalue(L, schedule);
        lua_pushinteger(L, take_integer(input));
        call(L, 1, 1);
        lua_settop(L, schedule);
    }
    push_function(L, "rule", NULL);
    lua_pushliteral(L, "static");
    lua_newtable(L);
    lua_pushvalue(L, schedule);
    lua_setfield(L, -2, "epsilon");
    call(L, 2, 1);
    return 0;
}

/* Policies ------------------------------------------------------------------------------------- */

static int answer(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

/* policy.new, policy.from and, of what they give, the state's values. */
static int try_policy(lua_State *L) {
    struct input *input = lua_touserdata(L, 1);
    const bool from = input_byte(input) % 2 == 0;
    push_function(L, "policy", from ? "from" : "new");
    if (from) {
        push_value(L, input, 0);
        lua_pushcclosure(L, answer, 1);
    }
    push_value(L, input, 0);
    if (!call(L, from ? 2 : 1, 1)) {
        return 0;
    }
    static const char *const methods[] = {"q", "greedy", "freeze"};
    const int policy = lua_gettop(L);
    lua_getfield(L, policy, methods[input_byte(input) % COUNT_OF(methods)]);
    lua_pushvalue(L, policy);
    push_value(L, input, 0);
    call(L, 2, LUA_MULTRET);
    luaL_tolstring(L, policy, NULL);
    return 0;
}

/* Options: a table of defaults, and overrides, one on a line ----------------------------------- */

enum { OVERRIDES_MOST = 8, OVERRIDE_SIZE = 128 };

static int try_options(lua_State *L) {
    static char texts[OVERRIDES_MOST][OVERRIDE_SIZE];
    static const char *overrides[OVERRIDES_MOST];
    struct input *input = lua_touserdata(L, 1);
    push_function(L, "options", NULL);
    push_table(L, input, 0, false);
    settings.n_overrides = 0;
    settings.overrides = overrides;
    settings.options_taken = settings.misused = false;
    while (input_size(input) > 0 && settings.n_overrides < OVERRIDES_MOST) {
        overrides[settings.n_overrides] =
            input_line(input, texts[settings.n_overrides], OVERRIDE_SIZE);
        settings.n_overrides++;
    }
    call(L, 1, 1);
    return 0;
}

/* JSON: what goes through Lua comes back the same, and so does what is written as text ---------- */

static int push_json(lua_State *L) {
    json_to_lua(L, lua_touserdata(L, 1));
    return 1;
}

static void check_text(const json_t *json) {
    char *text = json_text(json, JSON_ENCODE_ANY);
    json_t *again = text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    if (again == NULL || json_equal(again, json) == 0) {
        frame_fail("written, it is another: %s", text != NULL ? text : "no text");
    }
    json_decref(again);
    free(text);
}

static void read_json(struct frame *frame, const uint8_t *bytes, size_t n) {
    char problem[256];
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

static void run_protected(lua_CFunction function, const uint8_t *bytes, size_t n) {
    struct input input = {bytes, bytes + n};
    lua_pushcfunction(state, function);
    lua_pushlightuserdata(state, &input);
    if (lua_pcall(state, 1, 0, 0) != LUA_OK) {
        frame_fail("%s", lua_tostring(state, -1));
    }
    lua_settop(state, 0);
}

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
    run_protected(try_options, bytes, n);
}

const struct harness script_harnesses[] = {
    {"schedule", 4, open_lua, close_lua, read_schedule},
    {"policy_table", 4, open_lua, close_lua, read_policy_table},
    {"options", 4, open_lua, close_lua, read_options},
    {"json", 4, open_lua, close_lua, read_json},
    {"parameters", 16, NULL, NULL, read_parameters},
    {.name = NULL},
};
