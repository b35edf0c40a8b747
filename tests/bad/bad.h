/* A rule in which nothing is wrong. Each file of this folder defines one thing otherwise, and is
 * refused for it. */
#include <synrl/rule.h>

#ifndef ABI_MAJOR
#define ABI_MAJOR SYNRL_ABI_MAJOR
#endif
#ifndef ABI_MINOR
#define ABI_MINOR SYNRL_ABI_MINOR
#endif
#ifndef ENTRY_SIZE
#define ENTRY_SIZE sizeof(synrl_plugin)
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
#ifndef STATE_SIZE
#define STATE_SIZE NULL
#endif
#ifndef OPS_SIZE
#define OPS_SIZE sizeof(synrl_rule_ops)
#endif
#ifndef PARAMS
#define PARAMS NULL
#define N_PARAMS 0
#endif
#ifndef N_PARAMS
#define N_PARAMS (sizeof PARAMS / sizeof PARAMS[0])
#endif
#ifndef CONFIG_SIZE
#define CONFIG_SIZE 64
#endif

static synrl_status create(const synrl_host *host, const void *config, synrl_env *env,
                           void **self) {
    (void)config;
    (void)env;
    *self = NULL;
    return host->fail(host, SYNRL_UNSUPPORTED, "never to be called");
}

static void destroy(void *self) {
    (void)self;
}

static inline synrl_status step(void *self, synrl_env *env) {
    (void)self;
    (void)env;
    return SYNRL_UNSUPPORTED;
}

static inline size_t state_size(const void *self) {
    (void)self;
    return 0;
}

static const synrl_rule_ops ops = {.size = (uint32_t)(OPS_SIZE),
                                   .create = create,
                                   .destroy = destroy,
                                   .step = STEP,
                                   .state_size = STATE_SIZE};
#ifndef OPS
#define OPS &ops
#else
SYNRL_EXPORT const void *unused_ops = &ops;
#endif

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    .abi_major = ABI_MAJOR,
    .abi_minor = ABI_MINOR,
    .size = (uint32_t)(ENTRY_SIZE),
    .kind = KIND,
    .id = ID,
    .version = "1.0.0",
    .summary = SUMMARY,
    .source = "tests/bad",
    .params = PARAMS,
    .n_params = (uint32_t)(N_PARAMS),
    .config_size = CONFIG_SIZE,
    .ops = OPS,
};
