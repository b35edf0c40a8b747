/* SPDX-License-Identifier: MIT */
/* A rule in which nothing is wrong. Each file of this folder defines one thing otherwise, and is
 * refused for it. */
#include <synrl/rule.h>

#ifndef ABI_MAJOR
#define ABI_MAJOR SYNRL_ABI_MAJOR
#endif
#ifndef ABI_MINOR
#define ABI_MINOR SYNRL_ABI_MINOR
#endif
#ifndef ENTRY_ID
#define ENTRY_ID ID
#endif
#ifndef ENTRY_SIZE
#define ENTRY_SIZE sizeof(synrl_plugin)
#endif
#ifndef PARAM_SIZE
#define PARAM_SIZE sizeof(synrl_param)
#endif
#ifndef KIND
#define KIND SYNRL_KIND_RULE
#endif
#ifndef SUMMARY
#define SUMMARY "a plugin that is broken on purpose"
#endif
#ifndef STEP
#define STEP step
#endif
#ifndef TRAITS
#define TRAITS 0
#endif
#ifndef OPS_SIZE
#define OPS_SIZE sizeof(synrl_rule_ops)
#endif
#ifndef SELF_SIZE
#define SELF_SIZE sizeof(struct rule)
#endif
#ifndef METRICS
#define METRICS NULL
#define N_METRICS 0
#endif
#ifndef N_METRICS
#define N_METRICS SYNRL_COUNT(METRICS)
#endif
#ifndef PARAMS
#define PARAMS NULL
#define N_PARAMS 0
#endif
#ifndef N_PARAMS
#define N_PARAMS SYNRL_COUNT(PARAMS)
#endif
#ifndef CONFIG_SIZE
#define CONFIG_SIZE 64
#endif

struct rule {
    double temperature;
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    return host->fail(host, SYNRL_UNSUPPORTED, "never to be called");
}

static inline synrl_status step(const synrl_host *host, const void *config, void *self,
                                synrl_env *env) {
    return SYNRL_UNSUPPORTED;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    return SYNRL_STATE_FIELD(state, ((struct rule *)self)->temperature);
}

static const synrl_rule_ops ops = {.size = (uint32_t)(OPS_SIZE),
                                   .self_size = (uint32_t)(SELF_SIZE),
                                   .traits = TRAITS,
                                   .n_metrics = (uint32_t)(N_METRICS),
                                   .metrics = METRICS,
                                   .create = create,
                                   .step = STEP,
                                   .state = state};
#ifndef OPS
#define OPS &ops
#else
SYNRL_EXPORT const void *unused_ops = &ops;
#endif

const synrl_plugin synrl_plugin_entry = {
    .abi_major = ABI_MAJOR,
    .abi_minor = ABI_MINOR,
    .size = (uint32_t)(ENTRY_SIZE),
    .param_size = (uint32_t)(PARAM_SIZE),
    .kind = KIND,
    .id = ENTRY_ID,
    .version = "1.0.0",
    .summary = SUMMARY,
    .source = "tests/bad",
    .n_params = (uint32_t)(N_PARAMS),
    .config_size = CONFIG_SIZE,
    .params = PARAMS,
    .ops = OPS,
};
