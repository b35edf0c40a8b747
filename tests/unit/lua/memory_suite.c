/* SPDX-License-Identifier: MIT */
/* Memory that runs out under the Lua module: the nth allocation fails, and all after it, n = 0, 1,
 * 2 ... until a script that makes one of everything succeeds. Lua's memory and the core's come from
 * the same allocator here. Each failure has to be an error of the script that tells of memory, and
 * when the state is closed nothing is left. */
#include <dlfcn.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "lua/module.h"
#include "train/evaluate.h"

#include "support/test.h"

SUITE("memory");

struct memory {
    size_t n_allowed; /* allocations until it has run out */
    size_t n_live;
};

static bool take(struct memory *memory) {
    if (memory->n_allowed == 0) {
        return false;
    }
    memory->n_allowed--;
    return true;
}

static void *core_allocate(void *context, size_t size) {
    struct memory *memory = context;
    void *made = take(memory) ? aligned_alloc(64, (size + 63) / 64 * 64) : NULL;
    memory->n_live += made != NULL;
    return made;
}

static void core_give_back(void *context, void *block) {
    struct memory *memory = context;
    memory->n_live--;
    free(block);
}

/* Lua relies on it that a block can be made smaller. */
static void *lua_memory(void *context, void *block, size_t old_size, size_t new_size) {
    struct memory *memory = context;
    if (new_size == 0) {
        memory->n_live -= block != NULL;
        free(block);
        return NULL;
    }
    const bool smaller = block != NULL && new_size <= old_size;
    if (!smaller && !take(memory)) {
        return NULL;
    }
    void *moved = realloc(block, new_size);
    memory->n_live += block == NULL && moved != NULL;
    return moved;
}

static const char script[] =
    "local synrl = ...\n"
    "local o = synrl.options({seed = 1, list = {1, 2}}, {list = 'a list'})\n"
    "local p = synrl.policy.new {memory = 1}\n"
    "p = synrl.policy.from(function(s) return {s.actions[1], s.rewards[1], 0} end, {memory = 1})\n"
    "local text = tostring(p:freeze()) .. p.hash .. p:greedy {actions = {1}, rewards = {-1}}\n"
    "local alpha = synrl.schedule {{0, 0.1}, {1, 0.01}}\n"
    "local rule = synrl.rule('static', {policy = p, alpha_s = alpha, epsilon = function(i)\n"
    "  return 0.25 end})\n"
    "local sine = synrl.activation('sin')\n"
    "local model = synrl.model('mlp', {layers = {2, 3, 1}, activation = sine})\n"
    "local data = synrl.dataset('boundary', {samples = 10, hidden = 3})\n"
    "local first, second = data:split(0.5, o.seed)\n"
    "local info = first:info()\n"
    "local n = 0\n"
    "local r = synrl.train {data = first, valid = second, model = model, loss = 'mse',\n"
    "  rule = rule, iterations = 2, on_evaluate = function(m) n = n + m.iteration; m.own = n end,\n"
    "  stop = function(m) return false end, batch = {size = 3, every = 1}}\n"
    "local weights, found = r:weights(), r:evaluate(data)\n"
    "found = synrl.evaluate {weights = r, data = data, outputs = true}\n"
    "n = n + #r.history.loss - 3\n"
    "return n == 3 and #text > 10 and info.samples == 5 and r.summary.iterations == 2\n"
    "  and found.samples == 10\n";

static int run_script(lua_State *L) {
    settings_give(L, lua_touserdata(L, 1));
    luaL_requiref(L, "_G", luaopen_base, 1);
    luaL_requiref(L, "synrl", luaopen_synrl, 0);
    if (luaL_loadstring(L, script) != LUA_OK) {
        return lua_error(L);
    }
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    return 1;
}

/* Whether the script ran to its end with so many allocations. */
static bool attempt(size_t n_allowed) {
    struct memory memory = {n_allowed, 0};
    const struct allocator allocator = {&memory, core_allocate, core_give_back};
    struct settings settings = settings_default();
    settings.allocator = &allocator;
    settings.n_threads = 1;
    settings.runs = NULL;
    lua_State *L = lua_newstate(lua_memory, &memory);
    if (L == NULL) {
        ck_assert_uint_eq(memory.n_live, 0);
        return false;
    }
    lua_pushcfunction(L, run_script);
    lua_pushlightuserdata(L, &settings);
    const bool done = lua_pcall(L, 1, 1, 0) == LUA_OK;
    if (done) {
        ck_assert(lua_toboolean(L, -1));
    } else {
        const char *message = lua_tostring(L, -1);
        ck_assert_msg(message != NULL && strstr(message, "memory") != NULL, "with %zu: %s",
                      n_allowed, message);
    }
    lua_close(L);
    ck_assert_msg(memory.n_live == 0, "with %zu: %zu blocks left", n_allowed, memory.n_live);
    return done;
}

TEST(nothing_is_lost_when_memory_runs_out) {
    /* Kept open, so that its libraries are not loaded anew each time. */
    void *kept = dlopen(BUILD_DIR "/plugins/models/mlp.so", RTLD_NOW);
    ck_assert_int_eq(setenv("SYNRL_PLUGIN_PATH", BUILD_DIR "/plugins", 1), 0);
    size_t n = 0;
    while (!attempt(n)) {
        n++;
    }
    ck_assert_uint_gt(n, 500);
    if (kept != NULL) {
        dlclose(kept);
    }
}
