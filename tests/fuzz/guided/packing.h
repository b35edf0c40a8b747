/* SPDX-License-Identifier: MIT */
/* Sound files around damaged parts: archives, and PNGs with right checksums. */
#ifndef PACKING_H
#define PACKING_H

#include "fuzz/guided/frame.h"

enum { PACKED_MOST = 1 << 16 };

/* A zip, stored, or a tar (ustar); all zero is empty. What does not fit is left out. */
struct packed {
    uint8_t at[PACKED_MOST];
    size_t n;
};

void pack_zip(struct packed *zip, size_t n, const char *const *names, const struct input *parts);
/* type: '0' for a file, '5' for a folder, '6' for a FIFO. The name: at most 99 bytes. */
void pack_tar_entry(struct packed *tar, const char *name, char type, const struct input *part);
void pack_tar_end(struct packed *tar);

/* Writes a PNG to NAME, all its checksums put right. */
void write_png(struct frame *frame, const char *name, const struct input *part);

#endif
