/* SPDX-License-Identifier: MIT */
#include "fuzz/guided/packing.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* Bytes in the order of zip ---------------------------------------------------------------------*/

static void add_bytes(struct packed *file, const void *bytes, size_t n) {
    if (n > 0 && n <= sizeof file->at - file->n) {
        memcpy(file->at + file->n, bytes, n);
        file->n += n;
    }
}

static void add(struct packed *file, size_t width, size_t value) {
    for (size_t b = 0; b < width; b++) {
        const uint8_t byte = (uint8_t)(b < sizeof value ? value >> 8 * b : 0);
        add_bytes(file, &byte, 1);
    }
}

/* What a local header and one of the directory share. */
static void add_sizes(struct packed *zip, const char *name, const struct input *part) {
    add(zip, 4, 20); /* version, flags */
    add(zip, 6, 0);  /* stored, no time */
    add(zip, 4, crc32(0, part->at, (unsigned)input_size(part)));
    add(zip, 4, input_size(part));
    add(zip, 4, input_size(part));
    add(zip, 2, strlen(name));
    add(zip, 2, 0);
}

/* By APPNOTE.TXT 4.3: local headers with their data, the directory, its end. */
void pack_zip(struct packed *zip, size_t n, const char *const *names, const struct input *parts) {
    enum { ENTRIES_MOST = 16 };
    size_t starts[ENTRIES_MOST];
    zip->n = 0;
    for (size_t i = 0; i < n; i++) {
        starts[i] = zip->n;
        add(zip, 4, 0x04034b50);
        add_sizes(zip, names[i], &parts[i]);
        add_bytes(zip, names[i], strlen(names[i]));
        add_bytes(zip, parts[i].at, input_size(&parts[i]));
    }
    const size_t directory = zip->n;
    for (size_t i = 0; i < n; i++) {
        add(zip, 4, 0x02014b50);
        add(zip, 2, 20);
        add_sizes(zip, names[i], &parts[i]);
        add(zip, 10, 0);
        add(zip, 4, starts[i]);
        add_bytes(zip, names[i], strlen(names[i]));
    }
    const size_t size = zip->n - directory;
    add(zip, 4, 0x06054b50);
    add(zip, 4, 0);
    add(zip, 2, n);
    add(zip, 2, n);
    add(zip, 4, size);
    add(zip, 4, directory);
    add(zip, 2, 0);
}

/* Tar: POSIX.1, "ustar Interchange Format" ------------------------------------------------------ */

enum { TAR_BLOCK = 512 };

void pack_tar_entry(struct packed *tar, const char *name, char type, const struct input *part) {
    static const uint8_t zeros[TAR_BLOCK];
    char header[TAR_BLOCK] = "";
    unsigned sum = 0;
    const size_t n = type == '0' ? input_size(part) : 0;
    snprintf(header, 100, "%s", name);
    snprintf(header + 100, 8, "0000644");
    snprintf(header + 124, 12, "%011zo", n);
    memset(header + 148, ' ', 8);
    header[156] = type;
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < sizeof header; i++) {
        sum += (unsigned char)header[i];
    }
    snprintf(header + 148, 8, "%06o", sum);
    add_bytes(tar, header, sizeof header);
    add_bytes(tar, part->at, n);
    add_bytes(tar, zeros, (TAR_BLOCK - n % TAR_BLOCK) % TAR_BLOCK);
}

void pack_tar_end(struct packed *tar) {
    static const uint8_t zeros[2 * TAR_BLOCK];
    add_bytes(tar, zeros, sizeof zeros);
}

/* PNG ------------------------------------------------------------------------------------------- */

static size_t big_endian(const uint8_t *at) {
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

/* PNG 5.3: after 8 bytes, chunks of length, type, data and checksum. */
static void mend_checksums(uint8_t *png, size_t n) {
    for (size_t at = 8; n >= 12 && at <= n - 12;) {
        const size_t length = big_endian(png + at);
        if (length > n - 12 - at) {
            return;
        }
        const unsigned long sum = crc32(0, png + at + 4, (unsigned)length + 4);
        for (size_t b = 0; b < 4; b++) {
            png[at + 8 + length + b] = (uint8_t)(sum >> (24 - 8 * b));
        }
        at += 12 + length;
    }
}

void write_png(struct frame *frame, const char *name, const struct input *part) {
    static uint8_t png[PACKED_MOST];
    const size_t n = input_size(part) < sizeof png ? input_size(part) : sizeof png;
    memcpy(png, part->at, n);
    mend_checksums(png, n);
    frame_write(frame, name, png, n);
}
