/* Learning rules. */
#ifndef SYNRL_RULE_H
#define SYNRL_RULE_H

#include "env.h"
#include "host.h"
#include "plugin.h"
#include "policy.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct synrl_rule_ops {
    uint32_t size;
    /* Makes what the rule remembers, for the synapses of env->layout. No step has been taken and
     * none may be taken here. On failure nothing is left behind. */
    synrl_status (*create)(const synrl_host *host, const void *config, synrl_env *env, void **self);
    void (*destroy)(void *self);
    /* Runs ONE iteration. After a failure the run ends; self may only be destroyed. */
    synrl_status (*step)(void *self, synrl_env *env);
    /* Optional: the policy it follows, as it is now; belongs to self. */
    const synrl_policy *(*policy)(const void *self);
    /* What it remembers, to go on later bit for bit. load: SYNRL_INVALID where the bytes do not
     * fit. A rule that remembers nothing leaves all three out. */
    size_t (*state_size)(const void *self);
    void (*save)(const void *self, void *state);
    synrl_status (*load)(void *self, const void *state, size_t size);
} synrl_rule_ops;

#ifdef __cplusplus
}
#endif
#endif
