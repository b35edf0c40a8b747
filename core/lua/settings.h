/* SPDX-License-Identifier: MIT */
/* Interface between the program and the Lua module: settings in, results out. */
#ifndef LUA_SETTINGS_H
#define LUA_SETTINGS_H

#include <jansson.h>
#include <lua.h>
#include <stdatomic.h>

#include "record/recorder.h"

/* The display of a run for the user. Runs may nest: a script's callback may train too. */
struct display {
    void *context;
    /* Before a run starts. */
    void (*begin)(void *context, const struct trainer *trainer);
    struct observer observer; /* with its own context */
    /* After it has ended. recorder: NULL where the run is not recorded. */
    void (*end)(void *context, const struct trainer *trainer, const struct recorder *recorder,
                synrl_status outcome);
};

/* What runs: it decides what may be done about a signal. */
enum control {
    CONTROL_SCRIPT,  /* the script: an error in it ends it */
    CONTROL_CORE,    /* a run, or what is written of it: it looks at `interrupted` itself */
    CONTROL_SCHEDULE /* a function of the script within an iteration, which an error would tear */
};

struct settings {
    size_t n_threads;                  /* as in core_options */
    const struct allocator *allocator; /* as in core_options */
    const char *comm;                  /* the plugin by which the ranks meet; NULL: there is one */
    const char *launcher;              /* what has started them; NULL: unknown */
    uint64_t compare_every;            /* as in struct ranks */
    bool has_seed;
    uint64_t seed;    /* the default of runs, and of the option `seed` */
    const char *runs; /* the folder in which runs are recorded; NULL: not recorded */
    bool pictures;
    const char *script, *command; /* as in recorder_options */
    /* The folder of a run, or NULL: it and the others of its call are resumed, or if complete
     * loaded, instead of being run again. */
    const char *resume;
    uint64_t iterations; /* to which that run is trained; 0: its own number */
    bool force_changed;  /* as in recorder_options */
    size_t n_overrides;
    const char *const *overrides;  /* "key=value" */
    bool traceback;                /* errors of callbacks show all of the stack */
    bool help;                     /* print the script's options instead of running it */
    bool help_json;                /* the same, as cell_result instead of printing */
    const atomic_int *interrupted; /* not 0: the user has interrupted it; or NULL */
    atomic_int *control;           /* set to an enum control; or NULL */
    void (*log)(void *context, synrl_log_level level, const char *line);
    void *log_context;
    struct operation *running;     /* as in core_options */
    const struct display *display; /* NULL: nothing is shown */

    uint64_t cell_sweep;    /* this call is for a cell of the script's sweep of this number; or 0 */
    size_t cell;            /* its number, from 1 */
    const char *cell_hash;  /* of the sweep's cell that this call is for, or NULL */
    const char *cell_place; /* "SWEEP:CELL", as given on the command line; or NULL */

    /* Results. */
    /* The result of the cell or of help_json, for which the script was ended; the caller's
     * reference; or NULL. */
    json_t *cell_result;
    size_t n_diverged;  /* runs that diverged, unless the script has asked their results */
    bool options_taken; /* the script has called synrl.options */
    bool helped;        /* the script was ended after printing its options */
    bool misused;       /* the error was in the overrides: wrong usage, not the script's error */
};

/* Without a seed, with pictures, runs/ as the folder, warnings to stderr. */
struct settings settings_default(void);
/* Passes the settings to the module when it is opened in this state; they must outlive the
 * state. */
void settings_give(lua_State *L, struct settings *settings);

/* The settings that the program gave, or else `otherwise`. */
struct settings *settings_of(lua_State *L, struct settings *otherwise);

#endif
