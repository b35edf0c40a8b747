/* synrl version */
#include "cli/cli.h"
#include "engine/engine.h"

int command_version(int argc, char **argv) {
    if (argc > 1) {
        return misused("%s takes no arguments, such as \"%s\"", argv[0], argv[1]);
    }
    const char *isa = engine_isa();
    printf("synrl %s\nplugin ABI %d.%d\nengine %s\n%s\n", SYNRL_VERSION, SYNRL_ABI_MAJOR,
           SYNRL_ABI_MINOR, isa != NULL ? isa : "(SYNRL_ISA names none of this machine's)",
           LUA_RELEASE);
    return EXIT_DONE;
}
