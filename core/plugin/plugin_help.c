/* SPDX-License-Identifier: MIT */
/* The options that a plugin accepts, as text: `synrl help KIND ID`. */
#include "plugin/plugin_help.h"

#include "base/table.h"
#include "plugin/kind.h"
#include "plugin/param_types.h"

/* "0 .. 1", "> 0", ">= 1", or the words of a choice. */
static void range_text(const synrl_param *param, char *text, size_t size) {
    text[0] = '\0';
    if (param_has_choices(param->type)) {
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

static void add_row(struct table *table, const synrl_param *param) {
    char range[128];
    range_text(param, range, sizeof range);
    table_add(table, "%s", param->name);
    table_add(table, "%s", param_type(param->type)->word);
    table_add(table, "%s", default_word(param));
    table_add(table, "%s", range);
    table_add(table, "%s", param->meaning);
}

bool plugin_help(const struct plugin *plugin, FILE *stream) {
    const synrl_plugin *entry = plugin->entry;
    struct table table = {.alignments = "lllll"};
    for (uint32_t p = 0; p < entry->n_params; p++) {
        add_row(&table, &entry->params[p]);
    }
    fprintf(stream, "%s \"%s\" %s: %s\n", kind_name((synrl_kind)entry->kind), entry->id,
            entry->version, entry->summary);
    if (entry->source[0] != '\0') {
        fprintf(stream, "  from  %s\n", entry->source);
    }
    fprintf(stream, "  file  %s\n%s", plugin->file,
            entry->n_params > 0 ? "\n" : "\nno parameters\n");
    const bool is_whole = table_print(&table, stream, "  ");
    table_free(&table);
    return is_whole;
}
