/* SPDX-License-Identifier: MIT */
/* The command line of `synrl run`: its table of flags, by which `synrl run` reads and `synrl
 * resume` and sweeps write command lines. */
#ifndef INVOCATION_H
#define INVOCATION_H

#include <jansson.h>

#include "base/flags.h"

/* The command line of `synrl run`. */
struct run_request {
    bool json, plot, quiet, traceback; /* what is shown */
    bool help;                         /* only the script's options */
    struct flag_integer threads, seed;
    const char *comm; /* the plugin by which ranks meet; "self": none; NULL: as it was launched */
    struct flag_integer compare; /* iterations between comparisons of their weights */
    struct flag_integer parent;  /* the process id of the sweep, with which the call ends */
    const char *runs;            /* the folder; NULL: the default */
    bool no_record, no_pictures;
    const char *cell_hash; /* of the cell for which the call is made; or NULL */
    const char *cell;      /* SWEEP:CELL in the script, where the sweep is the script's; or NULL */
    const char *script;
    size_t n_overrides;
    const char *const *overrides; /* "key=value" */
    /* Of `synrl resume`. */
    bool force_changed;
    const char *folder;  /* in which the script is called; NULL: where it was called before */
    uint64_t iterations; /* to which the run is trained; 0: its own number */
};

/* The flags of both. First those of `synrl resume` only; then those that it has in common with
 * `synrl run`, since they change no result. */
enum { N_CALL_FLAGS = 17, N_RESUME_ONLY = 2, N_RESUME_FLAGS = N_RESUME_ONLY + 8 };
enum { N_RUN_FLAGS = N_CALL_FLAGS - N_RESUME_ONLY };
extern const struct flag call_flags[N_CALL_FLAGS];

/* Adds the words after the program's name: "run", the flags but for the parent, the script, its
 * options. */
void run_request_write(const struct run_request *request, struct words *words);

/* The record of a call, from which it can be repeated; one call may record several runs. */
struct invocation {
    const char *id;
    uint64_t ordinal;   /* of the run among those of the call, from 1 */
    const char *folder; /* the working folder; NULL: unknown */
    size_t n_overrides;
    const char *const *overrides; /* "key=value" */
    json_t *options;              /* of the script, with their values; NULL: it has none */
    bool has_seed;
    uint64_t seed;
    const char *cell;  /* as cell_hash of the call */
    const char *place; /* as cell of the call */
};

#endif
