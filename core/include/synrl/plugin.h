/* The entry of a plugin: the one symbol that a shared object exports.
 *
 * It is constant data, read and checked before any code of the plugin runs. A plugin built for
 * another major version, or for a newer minor version, is refused with both versions named.
 *
 *     SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
 *         SYNRL_PLUGIN_ABI, .kind = SYNRL_KIND_RULE, .id = "my_rule", ...
 *     };
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

#define SYNRL_ABI_MAJOR 2
#define SYNRL_ABI_MINOR 0

typedef enum synrl_kind {
    SYNRL_KIND_ACTIVATION = 1, /* ops: synrl_activation_ops (activation.h) */
    SYNRL_KIND_LOSS = 2,       /* ops: synrl_loss_ops       (loss.h) */
    SYNRL_KIND_DATASET = 3,    /* ops: synrl_dataset_ops    (dataset.h) */
    SYNRL_KIND_MODEL = 4,      /* ops: synrl_model_ops      (model.h) */
    SYNRL_KIND_RULE = 5        /* ops: synrl_rule_ops       (rule.h) */
} synrl_kind;

typedef struct synrl_plugin {
    uint32_t abi_major, abi_minor; /* of the headers it was built with */
    uint32_t size;                 /* sizeof(synrl_plugin) at that time */
    uint32_t kind;                 /* synrl_kind */
    const char *id;                /* what scripts call it: [a-z][a-z0-9_]* */
    const char *version;           /* of the plugin itself, such as "1.0.0" */
    const char *summary;           /* one line */
    const char *source;            /* the equation, or the paper it comes from */
    const synrl_param *params;     /* its parameters, or NULL */
    uint32_t n_params;
    uint32_t config_size; /* bytes of the struct that the parameters are written into; 0: none */
    const void *ops;      /* the operations of its kind; never NULL */
} synrl_plugin;

#define SYNRL_PLUGIN_ABI                                        \
    .abi_major = SYNRL_ABI_MAJOR, .abi_minor = SYNRL_ABI_MINOR, \
    .size = (uint32_t)sizeof(synrl_plugin)

#define SYNRL_PLUGIN_PARAMS(table, config_type)                                    \
    .params = (table), .n_params = (uint32_t)(sizeof(table) / sizeof((table)[0])), \
    .config_size = (uint32_t)sizeof(config_type)

/* Every operation table begins with its size. Tables grow at the end only; a slot that is NULL, or
 * that lies behind the size, is "not offered". */
#define SYNRL_OPS_SIZE(ops_type) .size = (uint32_t)sizeof(ops_type)
#define SYNRL_OFFERS(ops, slot) \
    ((ops)->size >= offsetof(__typeof__(*(ops)), slot) + sizeof((ops)->slot) && (ops)->slot != NULL)

#define SYNRL_EXPORT __attribute__((visibility("default")))

SYNRL_EXPORT extern const synrl_plugin synrl_plugin_entry;

#ifdef __cplusplus
}
#endif
#endif
