/* SPDX-License-Identifier: MIT */
/* What libFuzzer calls. SYNRL_FUZZ names the harness; SYNRL_FUZZ=list prints the names. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/guided/frame.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct frame frame;
static const struct harness *harness;

static void end(void) {
    if (harness->clear != NULL) {
        harness->clear(&frame);
    }
    frame_close(&frame);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    const char *name = getenv("SYNRL_FUZZ");
    (void)argc;
    (void)argv;
    harness = harness_find(name != NULL ? name : "list");
    if (harness == NULL) {
        for (size_t i = 0; harness_at(i) != NULL; i++) {
            printf("%s\n", harness_at(i)->name);
        }
        exit(EXIT_SUCCESS);
    }
    frame_open(&frame, harness);
    atexit(end);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    frame_read(&frame, harness, bytes, n);
    return 0;
}
