/* SPDX-License-Identifier: MIT */
/* The entry of a plugin: the one symbol that a shared object exports.
 *
 * It is constant data, read and checked before any code of the plugin runs. A plugin built for
 * another major version, or for a newer minor version, is refused with both versions named. The
 * header of each kind has a macro that writes the entry: SYNRL_RULE in rule.h, SYNRL_LOSS in
 * loss.h, and so on.
 *
 * The file must be named after the id (my_rule.so) and lie in a folder of the search path, either
 * directly or in a sub-folder named after its kind ("rules/my_rule.so"). */
#ifndef SYNRL_PLUGIN_H
#define SYNRL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include "param.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SYNRL_ABI_MAJOR 3
#define SYNRL_ABI_MINOR 8

typedef enum synrl_kind {
    SYNRL_KIND_ACTIVATION = 1, /* ops: synrl_activation_ops (activation.h) */
    SYNRL_KIND_LOSS = 2,       /* ops: synrl_loss_ops       (loss.h) */
    SYNRL_KIND_DATASET = 3,    /* ops: synrl_dataset_ops    (dataset.h) */
    SYNRL_KIND_MODEL = 4,      /* ops: synrl_model_ops      (model.h) */
    SYNRL_KIND_RULE = 5,       /* ops: synrl_rule_ops       (rule.h) */
    SYNRL_KIND_LAYER = 6,      /* ops: synrl_layer_ops      (layer.h). Since ABI 3.8 */
    SYNRL_KIND_COMM = 7        /* ops: synrl_comm_ops       (comm.h). Since ABI 3.8 */
} synrl_kind;

typedef struct synrl_plugin {
    uint32_t abi_major, abi_minor; /* of the headers it was built with */
    uint32_t size;                 /* sizeof(synrl_plugin) at that time */
    uint32_t param_size;           /* sizeof(synrl_param) at that time */
    uint32_t kind;                 /* synrl_kind */
    const char *id;                /* as scripts call it: [a-z][a-z0-9_]*, at most 63 */
    const char *version;           /* of the plugin itself, such as "1.0.0" */
    const char *summary;           /* one line */
    const char *source;            /* the equation, or the paper it comes from */
    uint32_t n_params;
    uint32_t config_size; /* bytes of the struct that the parameters are written into; 0: none */
    const synrl_param *params; /* its parameters, or NULL */
    const void *ops;           /* the operations of its kind; never NULL */
} synrl_plugin;

/* The last argument but one of a kind's macro: the parameter table, or none. */
#define SYNRL_PARAMS(table) \
    .n_params = (uint32_t)SYNRL_COUNT(table), .config_size = sizeof(SYNRL_CONFIG), .params = (table)
#define SYNRL_NO_PARAMS .n_params = 0

/* The type of an instance for a plugin that keeps nothing. */
typedef char synrl_nothing;

#define SYNRL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the macros of the kinds begin with. */
#define SYNRL_ENTRY(kind_, id_, version_, summary_, source_)                                  \
    .abi_major = SYNRL_ABI_MAJOR, .abi_minor = SYNRL_ABI_MINOR, .size = sizeof(synrl_plugin), \
    .param_size = sizeof(synrl_param), .kind = (kind_), .id = #id_, .version = (version_),    \
    .summary = (summary_), .source = (source_)

/* Every operation table begins with its size. Tables grow at the end only; a slot that is NULL, or
 * that lies past the size, is not offered. */
#define SYNRL_REACHES(ops, slot) \
    ((ops)->size >= offsetof(__typeof__(*(ops)), slot) + sizeof((ops)->slot))
#define SYNRL_OFFERS(ops, slot) (SYNRL_REACHES(ops, slot) && (ops)->slot != NULL)

#define SYNRL_EXPORT __attribute__((visibility("default")))

SYNRL_EXPORT extern const synrl_plugin synrl_plugin_entry;

/* Operations have fixed arguments, host first, then config, then self; few plugins need all. */
#ifndef SYNRL_HOST_SIDE
#pragma GCC diagnostic ignored "-Wunused-parameter"
#ifdef __cplusplus /* and tables leave out what a plugin does not offer */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#endif

#ifdef __cplusplus
}
#endif
#endif
