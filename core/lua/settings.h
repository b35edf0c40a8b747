/* What the program tells the module, and what it is answered. */
#ifndef LUA_SETTINGS_H
#define LUA_SETTINGS_H

#include <jansson.h>
#include <lua.h>
#include <signal.h>

#include "record/recorder.h"

/* How a person is shown a run. Runs may nest: a script's callback may train too. */
struct display {
    void *context;
    /* A run is about to start. */
    void (*begin)(void *context, const struct train_options *options);
    struct observer observer; /* with a context of its own */
    /* It has ended. recorder: NULL where the run is not recorded. */
    void (*end)(void *context, const struct trainer *trainer, const struct recorder *recorder,
                synrl_status outcome);
};

struct settings {
    size_t n_threads;                  /* as in core_options */
    const struct allocator *allocator; /* as in core_options */
    bool has_seed;
    uint64_t seed;    /* the default of runs, and of the option `seed` */
    const char *runs; /* the folder that runs are recorded in; NULL: not recorded */
    bool pictures;
    const char *script, *command; /* as in recorder_options */
    const char *resume; /* the folder of a run: it and the others of its call are gone on with, or
                           their results taken, in place of being run again; or NULL */
    size_t n_overrides;
    const char *const *overrides; /* "key=value" */
    bool help;                    /* print the script's options in place of running it */
    const volatile sig_atomic_t *interrupted; /* not 0: the user wants it to end; or NULL */
    void (*log)(void *context, synrl_log_level level, const char *line);
    void *log_context;
    struct operation *running;     /* as in core_options */
    const struct display *display; /* NULL: nothing is shown */

    uint64_t cell_sweep;    /* this call is for a cell of the script's sweep of that number; or 0 */
    size_t cell;            /* which, from 1 */
    const char *cell_hash;  /* of the sweep's cell that this call is for, or NULL */
    const char *cell_place; /* "SWEEP:CELL", as it was given; or NULL */

    /* The answers. */
    json_t *cell_result; /* what the cell returned, the caller's reference: the script was ended
                            because that is all that was wanted; or NULL */
    bool options_taken;  /* the script has called synrl.options */
    bool helped;         /* the script was ended because help is all that was wanted */
    bool misused;        /* the error was in the overrides: wrong usage, not a wrong script */
};

/* No seed, no pictures missing, runs/ as the folder, warnings to stderr. */
struct settings settings_default(void);
/* For the module when it is opened in this state; `settings` outlives the state. */
void settings_give(lua_State *L, struct settings *settings);

/* What the program gave, or else `otherwise`. */
struct settings *settings_of(lua_State *L, struct settings *otherwise);

#endif
