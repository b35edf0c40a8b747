/* SPDX-License-Identifier: MIT */
/* Reads each file given once, without libFuzzer; so a finding can be looked at with any build, and
 * the corpora are read by every `make check`. usage: SYNRL_FUZZ=NAME read FILE ... */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/guided/frame.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { INPUT_MOST = 1 << 20 };

int main(int argc, char **argv) {
    uint8_t *bytes = malloc(INPUT_MOST);
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; bytes != NULL && i < argc; i++) {
        FILE *file = fopen(argv[i], "rbe");
        if (file == NULL) {
            perror(argv[i]);
            return EXIT_FAILURE;
        }
        const size_t n = fread(bytes, 1, INPUT_MOST, file);
        fclose(file);
        /* In front of what an abort may say. */
        fprintf(stderr, "%s\n", argv[i]);
        LLVMFuzzerTestOneInput(bytes, n);
    }
    free(bytes);
    return EXIT_SUCCESS;
}
