/* SPDX-License-Identifier: MIT */
/* What is known of each type of parameter. */
#include "plugin/param_types.h"

#include "base/count.h"
#include "synrl/activation.h"
#include "synrl/layer.h"

#define ROW(type, word, must, c_type, functions, item) \
    [SYNRL_PARAM_##type] = {word, must, sizeof(c_type), _Alignof(c_type)},

const struct param_type *param_type(synrl_param_type type) {
    static const struct param_type types[] = {PARAM_TYPES(ROW)};
    return (size_t)type < COUNT_OF(types) && types[type].word != NULL ? &types[type] : NULL;
}
