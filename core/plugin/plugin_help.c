/* What a plugin can be told, as text: `synrl help KIND ID`. */
#include <stdio.h>
#include <string.h>

#include "plugin/component.h"
#include "plugin/kind.h"
#include "plugin/plugin_help.h"

static const char *type_word(synrl_param_type type) {
    switch (type) {
    case SYNRL_PARAM_NUMBER:
        return "number";
    case SYNRL_PARAM_INTEGER:
        return "integer";
    case SYNRL_PARAM_BOOLEAN:
        return "boolean";
    case SYNRL_PARAM_STRING:
        return "string";
    case SYNRL_PARAM_CHOICE:
        return "choice";
    case SYNRL_PARAM_INTEGERS:
        return "integers";
    case SYNRL_PARAM_NUMBERS:
        return "numbers";
    case SYNRL_PARAM_SCHEDULE:
        return "schedule";
    case SYNRL_PARAM_POLICY:
        return "policy";
    case SYNRL_PARAM_ACTIVATION:
        return "activation";
    case SYNRL_PARAM_ACTIVATIONS:
        return "activations";
    }
    return "";
}

/* "0 .. 1", "> 0", ">= 1", or the words of a choice. */
static void range_text(const synrl_param *param, char *text, size_t size) {
    text[0] = '\0';
    if (param->type == SYNRL_PARAM_CHOICE) {
        snprintf(text, size, "%s", param->choices);
    } else if (param->max == SYNRL_UNBOUNDED && param->min == SYNRL_POSITIVE) {
        snprintf(text, size, "> 0");
    } else if (param->max == SYNRL_UNBOUNDED) {
        snprintf(text, size, ">= %.15g", param->min);
    } else if (param->min != 0.0 || param->max != 0.0) {
        snprintf(text, size, "%.15g .. %.15g", param->min, param->max);
    }
}

static const char *default_word(const synrl_param *param) {
    if (param->default_text == NULL) {
        return "(required)";
    }
    return param->default_text[0] != '\0' ? param->default_text : "(none)";
}

/* text with a line added; frees text. NULL in, NULL out. */
static char *add_line(struct core *core, char *text, const synrl_param *param, int widths[3]) {
    char range[128];
    range_text(param, range, sizeof range);
    char *longer = text == NULL
                       ? NULL
                       : core_printf(core, "%s  %-*s  %-11s  %-*s  %-*s  %s\n", text, widths[0],
                                     param->name, type_word(param->type), widths[1],
                                     default_word(param), widths[2], range, param->meaning);
    core_free(core, text);
    return longer;
}

static void widen(int *width, const char *text) {
    const int length = (int)strlen(text);
    *width = length > *width ? length : *width;
}

char *plugin_help(struct core *core, const struct plugin *plugin) {
    const synrl_plugin *entry = plugin->entry;
    int widths[3] = {4, 7, 5};
    for (uint32_t p = 0; p < entry->n_params; p++) {
        char range[128];
        range_text(&entry->params[p], range, sizeof range);
        widen(&widths[0], entry->params[p].name);
        widen(&widths[1], default_word(&entry->params[p]));
        widen(&widths[2], range);
    }
    char *text =
        core_printf(core, "%s \"%s\" %s: %s\n  from  %s\n  file  %s\n%s",
                    kind_name((synrl_kind)entry->kind), entry->id, entry->version, entry->summary,
                    entry->source, plugin->file, entry->n_params > 0 ? "\n" : "\nno parameters\n");
    for (uint32_t p = 0; p < entry->n_params; p++) {
        text = add_line(core, text, &entry->params[p], widths);
    }
    return text;
}
