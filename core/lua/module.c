/* SPDX-License-Identifier: MIT */
/* The module: what `require "synrl"` returns. */
#include "lua/module.h"

#include "lua/array.h"
#include "lua/component.h"
#include "lua/data_derive.h"
#include "lua/data_make.h"
#include "lua/dataset.h"
#include "lua/evaluate.h"
#include "lua/evaluation.h"
#include "lua/history.h"
#include "lua/in_script.h"
#include "lua/known.h"
#include "lua/load.h"
#include "lua/make.h"
#include "lua/options.h"
#include "lua/plot.h"
#include "lua/policy.h"
#include "lua/result.h"
#include "lua/rule_env.h"
#include "lua/schedule.h"
#include "lua/session.h"
#include "lua/sources.h"
#include "lua/sweep.h"
#include "lua/train.h"

static void open_policy(lua_State *L) {
    lua_newtable(L);
    luaL_setfuncs(L, policy_functions, 0);
    lua_setfield(L, -2, "policy");
}

__attribute__((visibility("default"))) int luaopen_synrl(lua_State *L) {
    static const struct type *const types[] = {&component_type,
                                               &dataset_type,
                                               &policy_type,
                                               &schedule_type,
                                               &result_type,
                                               &run_type,
                                               &text_type,
                                               &evaluation_type,
                                               &kept_json_type,
                                               &rule_env_type,
                                               &trained_type,
                                               &history_type,
                                               NULL};
    static const luaL_Reg *const functions[] = {
        data_make_functions, make_functions,  array_functions,    dataset_functions,
        schedule_functions,  train_functions, evaluate_functions, options_functions,
        plot_functions,      sweep_functions, load_functions,     NULL};
    luaL_checkversion(L);
    session_open(L);
    sources_watch(L);
    for (size_t t = 0; types[t] != NULL; t++) {
        type_register(L, types[t]);
    }
    array_register(L);
    type_add_methods(L, &dataset_type, data_derive_methods);
    lua_newtable(L);
    for (size_t f = 0; functions[f] != NULL; f++) {
        luaL_setfuncs(L, functions[f], 0);
    }
    open_policy(L);
    in_script_open(L);
    lua_pushliteral(L, SYNRL_VERSION);
    lua_setfield(L, -2, "version");
    known_set(L, "the module synrl", 0, NULL);
    return 1;
}
