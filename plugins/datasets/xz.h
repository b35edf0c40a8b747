/* SPDX-License-Identifier: MIT */
/* The dictionaries that an .xz file asks for, before anything of it is unpacked (The .xz File
 * Format 1.2). Streams are found from the end of the file, blocks by the index of their stream. To
 * be included after a feature macro for POSIX.1-2008. */
#ifndef XZ_H
#define XZ_H

#include <stdint.h>
#include <string.h>
#include <synrl/host.h>
#include <sys/types.h>
#include <unistd.h>

enum { XZ_HEADER_SIZE = 12, XZ_INDEX_MAX = 16 << 20 };

static inline bool xz_is(const unsigned char *bytes, size_t n) {
    static const unsigned char magic[] = {0xFD, '7', 'z', 'X', 'Z', 0};
    return n >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

/* The dictionary, in bytes, of the block whose header begins here; 0 if it is none (3.1, 5.3.1). */
static inline uint64_t xz_block_dictionary(const unsigned char *header, size_t n) {
    size_t at = 2;
    if (n < 3 || header[0] == 0) { /* 0: the index */
        return 0;
    }
    for (unsigned sizes = (header[1] >> 6 & 1U) + (header[1] >> 7); sizes > 0 && at < n; at++) {
        sizes -= header[at] < 0x80; /* a size ends with the byte whose top bit is 0 */
    }
    for (unsigned filters = (header[1] & 3U) + 1; filters > 0 && at + 2 < n; filters--) {
        if (header[at] == 0x21) { /* LZMA2 */
            const unsigned bits = header[at + 2];
            return bits < 40 ? (uint64_t)(2U | (bits & 1U)) << (bits / 2 + 11) : UINT32_MAX;
        }
        at += 2U + header[at + 1];
    }
    return 0;
}

/* A number of variable length (1.2); UINT64_MAX where there is none. */
static inline uint64_t xz_number(const unsigned char *bytes, size_t n, size_t *at) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 63 && *at < n; shift += 7) {
        const unsigned char byte = bytes[(*at)++];
        value |= (uint64_t)(byte & 0x7FU) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    return UINT64_MAX;
}

/* Raises *most to the largest dictionary of the blocks that an index lists, which end where it
 * begins; returns where their stream begins, or 0 where the index does not fit. */
static inline off_t xz_read_blocks(int file, const unsigned char *index, size_t n, off_t end,
                                   uint64_t *most) {
    const uint64_t limit = (uint64_t)end;
    for (int is_second = 0; is_second < 2; is_second++) { /* their sizes; then the blocks */
        size_t at = 1;
        uint64_t n_blocks = xz_number(index, n, &at), size = 0;
        off_t start = end;
        for (; n_blocks > 0; n_blocks--) {
            unsigned char header[64];
            const uint64_t unpadded = xz_number(index, n, &at), whole = xz_number(index, n, &at);
            if (whole == UINT64_MAX || unpadded > limit || size > limit) {
                return 0;
            }
            if (is_second) {
                const ssize_t got = pread(file, header, sizeof header, start + (off_t)size);
                const uint64_t found = xz_block_dictionary(header, got > 0 ? (size_t)got : 0);
                *most = found > *most ? found : *most;
            }
            size += (unpadded + 3) / 4 * 4;
        }
        if (is_second || size + XZ_HEADER_SIZE > (uint64_t)end) {
            return is_second ? end - XZ_HEADER_SIZE : 0;
        }
        end -= (off_t)size;
    }
    return 0;
}

/* The largest dictionary of all blocks, as far as the file is well formed: what is not is refused
 * when it is unpacked. 0: none, or not an .xz file. SYNRL_NO_MEMORY: for the index. */
static inline synrl_status xz_dictionary(const synrl_host *host, int file, uint64_t *most) {
    unsigned char bytes[XZ_HEADER_SIZE + 64];
    const ssize_t n = pread(file, bytes, sizeof bytes, 0);
    off_t end = lseek(file, 0, SEEK_END);
    *most = 0;
    lseek(file, 0, SEEK_SET);
    if (n <= XZ_HEADER_SIZE || !xz_is(bytes, (size_t)n)) {
        return SYNRL_OK;
    }
    *most = xz_block_dictionary(bytes + XZ_HEADER_SIZE, (size_t)n - XZ_HEADER_SIZE);
    while (end >= 3 * XZ_HEADER_SIZE - 4 &&
           pread(file, bytes, XZ_HEADER_SIZE, end - XZ_HEADER_SIZE) == XZ_HEADER_SIZE) {
        if (memcmp(bytes + 8, "\0\0\0\0", 4) == 0) { /* padding between streams */
            end -= 4;
            continue;
        }
        const uint64_t size = 4 * ((uint64_t)bytes[4] + ((uint64_t)bytes[5] << 8) +
                                   ((uint64_t)bytes[6] << 16) + ((uint64_t)bytes[7] << 24) + 1);
        if (bytes[10] != 'Y' || bytes[11] != 'Z' || size > XZ_INDEX_MAX ||
            size + 2 * XZ_HEADER_SIZE > (uint64_t)end) {
            break;
        }
        unsigned char *index;
        SYNRL_TRY(SYNRL_NEW(host, index, (size_t)size));
        end -= XZ_HEADER_SIZE + (off_t)size;
        const bool is_read = pread(file, index, (size_t)size, end) == (ssize_t)size;
        end = is_read ? xz_read_blocks(file, index, (size_t)size, end, most) : 0;
        host->free(host, index);
    }
    return SYNRL_OK;
}

#endif
