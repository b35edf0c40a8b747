/* The parameters of a plugin as text. */
#ifndef PLUGIN_HELP_H
#define PLUGIN_HELP_H

#include "plugin/registry.h"

/* One line a parameter, for `synrl help KIND ID`: writes into a string that the caller frees with
 * core_free. */
char *plugin_help(struct core *core, const struct plugin *plugin);

#endif
