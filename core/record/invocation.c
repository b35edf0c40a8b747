/* SPDX-License-Identifier: MIT */
/* The command line of `synrl run`, read and written by one table. */
#include "record/invocation.h"

const struct flag call_flags[N_CALL_FLAGS] = {
    {"--force-changed", FLAG_SWITCH(struct run_request, force_changed), NULL,
     "resume even if the script, data or plugins have changed since, and record that"},
    {"--folder", FLAG_TEXT(struct run_request, folder), "DIR",
     "the folder to call the script in, if it is no longer where it was"},
    {"--json", FLAG_SWITCH(struct run_request, json), NULL,
     "print what the script returns to standard output as one JSON object; everything else goes "
     "to standard error"},
    {"--plot", FLAG_SWITCH(struct run_request, plot), NULL,
     "draw the loss curve of each run in the terminal"},
    {"--quiet", FLAG_SWITCH(struct run_request, quiet), NULL, "show no progress"},
    {"--traceback", FLAG_SWITCH(struct run_request, traceback), NULL,
     "show where in the script an error came from"},
    {"--threads", FLAG_INTEGER(struct run_request, threads), "N",
     "use N workers (default: one per core); the results are the same for any number", .min = 1,
     .max = 1024},
    {"--comm", FLAG_TEXT(struct run_request, comm), "ID",
     "how the processes of a launcher meet: `mpi` or another plugin, or `self`: each is a run of "
     "its "
     "own (default: `mpi` where mpirun or srun has started several)"},
    {"--compare", FLAG_INTEGER(struct run_request, compare), "N",
     "compare the weights of all ranks every N iterations; 0: only at the end (default: 100)",
     .max = INT64_MAX},
    {"--parent", FLAG_INTEGER(struct run_request, parent), "PID", "end with this process", .min = 1,
     .max = INT32_MAX, .is_hidden = true},
    {"--seed", FLAG_INTEGER(struct run_request, seed), "N",
     "the seed of the runs, and the script's option `seed` (default: 1)", .max = INT64_MAX},
    {"--runs", FLAG_TEXT(struct run_request, runs), "DIR", "record runs in DIR (default: `runs`)"},
    {"--no-record", FLAG_SWITCH(struct run_request, no_record), NULL, "record nothing"},
    {"--no-pictures", FLAG_SWITCH(struct run_request, no_pictures), NULL, "record without drawing"},
    {"--help", FLAG_SWITCH(struct run_request, help), NULL,
     "after a script: list its options and run nothing", .alias = "-h", .is_hidden = true},
    {"--cell-hash", FLAG_TEXT(struct run_request, cell_hash), "HASH", "a cell of a sweep",
     .is_hidden = true},
    {"--cell", FLAG_TEXT(struct run_request, cell), "SWEEP:CELL", "its place in the script",
     .is_hidden = true},
};

void run_request_write(const struct run_request *request, struct words *words) {
    struct run_request lasting = *request;
    lasting.parent.is_given = false;
    words_add(words, "run");
    flags_write(N_RUN_FLAGS, call_flags + N_RESUME_ONLY, &lasting, words);
    words_add(words, "%s", request->script);
    for (size_t i = 0; i < request->n_overrides; i++) {
        words_add(words, "%s", request->overrides[i]);
    }
}
