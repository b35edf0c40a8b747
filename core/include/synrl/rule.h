/* SPDX-License-Identifier: MIT */
/* Learning rules: what the synapses do in each iteration. */
#ifndef SYNRL_RULE_H
#define SYNRL_RULE_H

#include "env.h"
#include "host.h"
#include "plugin.h"
#include "policy.h"
#include "rows.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a rule reads and remembers. It is held to it: the environment refuses, or gives NaN for,
 * what was not declared. */
enum {
    /* Remembers nothing from one iteration to the next. A rule with neither this nor `state` can be
     * trained, but not resumed. */
    SYNRL_RULE_STATELESS = 1,
    /* Reads losses: of `step`, of env->loss. They are recorded, 16 bytes per iteration, so that the
     * rule can be replayed without data. */
    SYNRL_RULE_READS_LOSS = 2,
    /* Reads or moves more: probes, gradients, weights, shifts, local information. It cannot be
     * replayed without data. Includes READS_LOSS. */
    SYNRL_RULE_READS_MORE = 4
};

/* A number of the rule's own, such as a temperature: a column of metrics.csv, of the page and of
 * TensorBoard. The field of the instance is read whenever metrics are recorded. */
typedef struct synrl_metric {
    const char *name; /* [a-z][a-z0-9_]*, at most 31 */
    size_t offset;    /* of a double in the instance */
    const char *meaning;
} synrl_metric;
#define SYNRL_METRICS_MAX 16

/* A field that is not a double does not compile. */
#define SYNRL_METRIC(type, field, meaning) \
    { #field, SYNRL_OFFSET(type, double, field), meaning }
#define SYNRL_METRICS(table) .n_metrics = (uint32_t)SYNRL_COUNT(table), .metrics = (table)

typedef struct synrl_rule_ops {
    uint32_t size, self_size; /* of the instance, which the host allocates, zeroed, and frees */
    uint32_t traits;
    uint32_t n_metrics;
    const synrl_metric *metrics; /* [n_metrics <= SYNRL_METRICS_MAX], or NULL */
    /* Optional. [main] Makes what the rule remembers, for the synapses of env->layout. The weights
     * do not move here. */
    synrl_status (*create)(const synrl_host *host, const void *config, void *self, synrl_env *env);
    /* [main] Runs ONE iteration. After a failure the run ends. */
    synrl_status (*step)(const synrl_host *host, const void *config, void *self, synrl_env *env);
    /* Optional. [main] After the last iteration, unless the run is interrupted: takes back what is
     * pending. */
    synrl_status (*finish)(const synrl_host *host, const void *config, void *self, synrl_env *env);
    /* Optional. [main] The policy it follows, as it is now; belongs to self. */
    const synrl_policy *(*policy)(const synrl_host *host, const void *config, void *self);
    /* [main] What it remembers from one iteration to the next (state.h). */
    synrl_status (*state)(const synrl_host *host, const void *config, void *self,
                          synrl_state *state);
    /* Optional. [main] Releases what is not memory of the host. Called after a failed create too.
     */
    void (*destroy)(const synrl_host *host, const void *config, void *self);
    /* Optional, since ABI 3.2. [main] Those of its traits that it has with these parameters; the
     * host grants no other. Without it: all of them, always. */
    uint32_t (*traits_with)(const synrl_host *host, const void *config);
} synrl_rule_ops;

/* SYNRL_RULE(my_rule, "1.0.0", "one line", "source", SYNRL_PARAMS(params), struct rule,
 *            .create = create, .step = step, .state = state); */
#define SYNRL_RULE(id, version, summary, source, params_, self_type, ...)             \
    static const synrl_rule_ops synrl_ops = {                                         \
        .size = sizeof(synrl_rule_ops), .self_size = sizeof(self_type), __VA_ARGS__}; \
    const synrl_plugin synrl_plugin_entry = {                                         \
        SYNRL_ENTRY(SYNRL_KIND_RULE, id, version, summary, source), params_, .ops = &synrl_ops}

#ifdef __cplusplus
}
#endif
#endif
