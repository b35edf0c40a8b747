/* SPDX-License-Identifier: MIT */
/* The checks that a plugin's entry has to pass before any of its code runs. */
#include "plugin/plugin_check.h"

#include <string.h>

#include "plugin/kind.h"
#include "plugin/param_types.h"
#include "synrl/activation.h"
#include "synrl/comm.h"
#include "synrl/dataset.h"
#include "synrl/layer.h"
#include "synrl/loss.h"
#include "synrl/model.h"
#include "synrl/rule.h"

bool is_plugin_id(const char *text) {
    const size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return text[0] >= 'a' && text[0] <= 'z' && n < 64 && text[n] == '\0';
}

static size_t param_size(const synrl_param *param) {
    return param_type(param->type)->size;
}

enum { ENTRY_SIZE_MOST = 4096 };

static synrl_status check_version(struct core *core, const synrl_plugin *entry, const char *file) {
    const bool is_newer =
        entry->abi_major > SYNRL_ABI_MAJOR ||
        (entry->abi_major == SYNRL_ABI_MAJOR && entry->abi_minor > SYNRL_ABI_MINOR);
    if (is_newer || entry->abi_major < SYNRL_ABI_MAJOR) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: built for ABI %u.%u, this synrl speaks %d.%d; %s", file,
                         entry->abi_major, entry->abi_minor, SYNRL_ABI_MAJOR, SYNRL_ABI_MINOR,
                         is_newer ? "it needs a newer synrl" : "rebuild it");
    }
    if (entry->size < sizeof(synrl_plugin) || entry->size > ENTRY_SIZE_MOST) {
        return core_fail(core, SYNRL_INVALID, "%s: its entry has %u bytes: must be %zu .. %d", file,
                         entry->size, sizeof(synrl_plugin), ENTRY_SIZE_MOST);
    }
    if (entry->n_params > 0 && entry->param_size != sizeof(synrl_param)) {
        return core_fail(
            core, SYNRL_INVALID,
            "%s: its parameters have %u bytes each: must be %zu, as SYNRL_ENTRY sets it", file,
            entry->param_size, sizeof(synrl_param));
    }
    return SYNRL_OK;
}

static synrl_status check_identity(struct core *core, const synrl_plugin *entry, const char *file) {
    if (entry->kind < SYNRL_KIND_ACTIVATION || entry->kind > SYNRL_KIND_COMM) {
        return core_fail(core, SYNRL_INVALID, "%s: is of kind %u: must be %d .. %d", file,
                         entry->kind, SYNRL_KIND_ACTIVATION, SYNRL_KIND_COMM);
    }
    if (entry->id == NULL || entry->version == NULL || entry->summary == NULL ||
        entry->source == NULL) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: id, version, summary or source is missing from its entry", file);
    }
    if (!is_plugin_id(entry->id)) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: its id is \"%s\": must be lower-case letters, digits and _", file,
                         entry->id);
    }
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    const size_t length = strlen(entry->id);
    if (strncmp(name, entry->id, length) != 0 || strcmp(name + length, ".so") != 0) {
        return core_fail(core, SYNRL_INVALID, "%s: its id is \"%s\", so it must be named %s.so",
                         file, entry->id, entry->id);
    }
    return SYNRL_OK;
}

static synrl_status check_param_name(struct core *core, const synrl_plugin *entry, uint32_t p,
                                     const char *file) {
    const char *name = entry->params[p].name;
    if (name == NULL || entry->params[p].meaning == NULL) {
        return core_fail(core, SYNRL_INVALID, "%s: parameter %u has no name or no meaning", file,
                         p + 1);
    }
    if (!is_plugin_id(name)) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: parameter \"%s\": must be lower-case letters, digits and _", file,
                         name);
    }
    for (uint32_t before = 0; before < p; before++) {
        if (strcmp(entry->params[before].name, name) == 0) {
            return core_fail(core, SYNRL_INVALID, "%s: parameter \"%s\" is listed twice", file,
                             name);
        }
    }
    return SYNRL_OK;
}

/* Two rows that write to the same bytes of the config. */
static synrl_status check_overlap(struct core *core, const synrl_plugin *entry, uint32_t p,
                                  const char *file) {
    const synrl_param *param = &entry->params[p];
    for (uint32_t before = 0; before < p; before++) {
        const synrl_param *other = &entry->params[before];
        if (param->offset < other->offset + param_size(other) &&
            other->offset < param->offset + param_size(param)) {
            return core_fail(core, SYNRL_INVALID,
                             "%s: parameters \"%s\" and \"%s\" are written to the same field", file,
                             other->name, param->name);
        }
    }
    return SYNRL_OK;
}

static synrl_status check_param(struct core *core, const synrl_plugin *entry, uint32_t p,
                                const char *file) {
    SYNRL_TRY(check_param_name(core, entry, p, file));
    const synrl_param *param = &entry->params[p];
    const struct param_type *type = param_type(param->type);
    if (type == NULL) {
        return core_fail(core, SYNRL_INVALID, "%s: parameter \"%s\" is of type %d: unknown", file,
                         param->name, (int)param->type);
    }
    if (param->offset > entry->config_size || type->size > entry->config_size - param->offset) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: parameter \"%s\" lies outside of the config's %u bytes", file,
                         param->name, entry->config_size);
    }
    if (param->offset % type->alignment != 0) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: parameter \"%s\" is at offset %zu: must be a multiple of %zu", file,
                         param->name, param->offset, type->alignment);
    }
    SYNRL_TRY(check_overlap(core, entry, p, file));
    if (param_has_choices(param->type) && (param->choices == NULL || !param->choices[0])) {
        return core_fail(core, SYNRL_INVALID, "%s: parameter \"%s\" has no choices", file,
                         param->name);
    }
    if (!(param->min <= param->max)) {
        return core_fail(core, SYNRL_INVALID, "%s: parameter \"%s\": no value is in %g .. %g", file,
                         param->name, param->min, param->max);
    }
    return SYNRL_OK;
}

static synrl_status check_params(struct core *core, const synrl_plugin *entry, const char *file) {
    if (entry->n_params > 0 && entry->params == NULL) {
        return core_fail(core, SYNRL_INVALID, "%s: has %u parameters, but no table of them", file,
                         entry->n_params);
    }
    for (uint32_t p = 0; p < entry->n_params; p++) {
        SYNRL_TRY(check_param(core, entry, p, file));
    }
    return SYNRL_OK;
}

/* Operations ----------------------------------------------------------------------------------- */

/* The name of the first required operation that is missing, or NULL. */
#define REQUIRE(slot)               \
    if (!SYNRL_OFFERS(ops, slot)) { \
        return #slot;               \
    }

static const char *missing_activation(const synrl_activation_ops *ops) {
    REQUIRE(apply)
    return NULL;
}

static const char *missing_loss(const synrl_loss_ops *ops) {
    REQUIRE(terms)
    REQUIRE(finish)
    return ops->target_format == SYNRL_TARGET_VECTORS || ops->target_format == SYNRL_TARGET_LABELS
               ? NULL
               : "target_format";
}

static const char *missing_dataset(const synrl_dataset_ops *ops) {
    REQUIRE(create)
    return NULL;
}

static const char *missing_model(const synrl_model_ops *ops) {
    REQUIRE(create)
    REQUIRE(forward)
    if (SYNRL_OFFERS(ops, prepare_backward) || SYNRL_OFFERS(ops, backward)) {
        REQUIRE(prepare_backward)
        REQUIRE(backward)
    }
    return ops->tensor_size >= sizeof(synrl_tensor) ? NULL : "tensor_size";
}

static const char *missing_rule(const synrl_rule_ops *ops) {
    REQUIRE(step)
    return ops->n_metrics > 0 && ops->metrics == NULL ? "metrics" : NULL;
}

static const char *missing_layer(const synrl_layer_ops *ops) {
    REQUIRE(create)
    if (SYNRL_OFFERS(ops, backward)) {
        REQUIRE(forward)
    }
    return ops->tensor_size >= sizeof(synrl_tensor) ? NULL : "tensor_size";
}

static const char *missing_comm(const synrl_comm_ops *ops) {
    REQUIRE(create)
    REQUIRE(all_reduce)
    REQUIRE(start_all_reduce)
    REQUIRE(wait)
    REQUIRE(broadcast)
    REQUIRE(abort)
    return NULL;
}

static const char *missing_operation(const synrl_plugin *entry) {
    switch ((synrl_kind)entry->kind) {
    case SYNRL_KIND_ACTIVATION:
        return missing_activation(entry->ops);
    case SYNRL_KIND_LOSS:
        return missing_loss(entry->ops);
    case SYNRL_KIND_DATASET:
        return missing_dataset(entry->ops);
    case SYNRL_KIND_MODEL:
        return missing_model(entry->ops);
    case SYNRL_KIND_RULE:
        return missing_rule(entry->ops);
    case SYNRL_KIND_LAYER:
        return missing_layer(entry->ops);
    case SYNRL_KIND_COMM:
        return missing_comm(entry->ops);
    }
    return "all";
}

/* Every table begins with its size; a table without it offers nothing. */
static synrl_status check_ops_size(struct core *core, const synrl_plugin *entry, const char *file) {
    uint32_t size;
    memcpy(&size, entry->ops, sizeof size);
    if (size < 2 * sizeof(uint32_t) || size > 4096) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: its operations have size %u: must be the sizeof of their table, as "
                         "the macro of the kind sets it",
                         file, size);
    }
    return SYNRL_OK;
}

/* Metrics -------------------------------------------------------------------------------------- */

static synrl_status check_metric(struct core *core, const synrl_rule_ops *ops, uint32_t m,
                                 const char *file) {
    const synrl_metric *metric = &ops->metrics[m];
    if (metric->name == NULL || !is_plugin_id(metric->name) || strlen(metric->name) > 31) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: metric %u is called \"%s\": must be up to 31 lower-case letters, "
                         "digits and _",
                         file, m + 1, metric->name != NULL ? metric->name : "");
    }
    if (metric->offset % sizeof(double) != 0 || metric->offset > ops->self_size ||
        ops->self_size - metric->offset < sizeof(double)) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: metric \"%s\" is not a double of the instance's %u bytes", file,
                         metric->name, ops->self_size);
    }
    for (uint32_t before = 0; before < m; before++) {
        if (strcmp(ops->metrics[before].name, metric->name) == 0) {
            return core_fail(core, SYNRL_INVALID, "%s: metric \"%s\" is listed twice", file,
                             metric->name);
        }
    }
    return SYNRL_OK;
}

/* What is remembered has to be somewhere. */
static synrl_status check_self_size(struct core *core, uint32_t self_size, bool has_state,
                                    const char *file) {
    return self_size > 0 || !has_state
               ? SYNRL_OK
               : core_fail(core, SYNRL_INVALID,
                           "%s: offers state, and self_size is 0: must be the sizeof of its "
                           "instance, as the macro of the kind sets it",
                           file);
}

static synrl_status check_traits(struct core *core, uint32_t traits, uint32_t known,
                                 const char *file) {
    return (traits & ~known) == 0
               ? SYNRL_OK
               : core_fail(core, SYNRL_INVALID, "%s: has traits %#x: known are %#x", file, traits,
                           known);
}

static synrl_status check_loss(struct core *core, const synrl_loss_ops *ops, const char *file) {
    return SYNRL_REACHES(ops, traits) ? check_traits(core, ops->traits, SYNRL_LOSS_LOGITS, file)
                                      : SYNRL_OK;
}

static synrl_status check_rule(struct core *core, const synrl_rule_ops *ops, const char *file) {
    const uint32_t known = SYNRL_RULE_STATELESS | SYNRL_RULE_READS_LOSS | SYNRL_RULE_READS_MORE;
    SYNRL_TRY(check_traits(core, ops->traits, known, file));
    if (ops->n_metrics > SYNRL_METRICS_MAX) {
        return core_fail(core, SYNRL_INVALID, "%s: has %u metrics: must be at most %d", file,
                         ops->n_metrics, SYNRL_METRICS_MAX);
    }
    for (uint32_t m = 0; m < ops->n_metrics; m++) {
        SYNRL_TRY(check_metric(core, ops, m, file));
    }
    return check_self_size(core, ops->self_size, SYNRL_OFFERS(ops, state), file);
}

synrl_status plugin_check(struct core *core, const synrl_plugin *entry, const char *file) {
    SYNRL_TRY(check_version(core, entry, file));
    SYNRL_TRY(check_identity(core, entry, file));
    SYNRL_TRY(check_params(core, entry, file));
    if (entry->ops != NULL) {
        SYNRL_TRY(check_ops_size(core, entry, file));
    }
    const char *missing = entry->ops != NULL ? missing_operation(entry) : "every one";
    if (missing != NULL) {
        return core_fail(core, SYNRL_INVALID, "%s: operation missing from %s \"%s\": %s", file,
                         kind_name((synrl_kind)entry->kind), entry->id, missing);
    }
    if (entry->kind == SYNRL_KIND_LOSS) {
        return check_loss(core, entry->ops, file);
    }
    if (entry->kind == SYNRL_KIND_MODEL) {
        const synrl_model_ops *ops = entry->ops;
        return check_self_size(core, ops->self_size, SYNRL_OFFERS(ops, state), file);
    }
    return entry->kind == SYNRL_KIND_RULE ? check_rule(core, entry->ops, file) : SYNRL_OK;
}
