/* SPDX-License-Identifier: MIT */
#include "sweep/cell_process.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "record/invocation.h"
#include "sweep/cell_text.h"

/* The options of all cells and, unless the script determines them itself, the cell's parameters. */
static void add_overrides(const struct cell_process *process, struct words *overrides) {
    const struct sweep_options *options = process->options;
    const char *key;
    json_t *value;
    for (size_t i = 0; i < options->n_overrides; i++) {
        words_add(overrides, "%s", options->overrides[i]);
    }
    json_object_foreach((json_t *)process->parameters, key, value) {
        if (options->ordinal == 0) {
            char text[CELL_VALUE_SIZE];
            words_add(overrides, "%s=%s", key, cell_value_text(value, text));
        }
    }
}

void cell_process_words(const struct cell_process *process, struct words *words) {
    const struct sweep_options *options = process->options;
    char place[64];
    struct words overrides = {.n = 0};
    add_overrides(process, &overrides);
    snprintf(place, sizeof place, "%" PRIu64 ":%zu", options->ordinal, process->number);
    const struct run_request request = {.json = true,
                                        .quiet = true,
                                        .threads = {true, process->threads},
                                        .seed = {options->has_seed, options->seed},
                                        .runs = options->runs,
                                        .no_record = !options->record,
                                        .no_pictures = true,
                                        .cell_hash = process->hash,
                                        .cell = options->ordinal > 0 ? place : NULL,
                                        .script = options->script,
                                        .n_overrides = overrides.n,
                                        .overrides = (const char *const *)overrides.list};
    words_add(words, "%s", process->program);
    if (process->folder != NULL) {
        words_add(words, "resume");
        flags_write(N_RESUME_FLAGS, call_flags, &request, words);
        words_add(words, "%s", process->folder);
    } else {
        run_request_write(&request, words);
    }
    words_add(words, "--parent");
    words_add(words, "%ld", (long)getpid());
    words->has_failed |= overrides.has_failed;
    words_free(&overrides);
}
