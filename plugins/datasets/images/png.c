/* SPDX-License-Identifier: MIT */
/* Samples are taken as they are stored: of 16 bits, the nearest of 8 (v / 257); gamma and colour
 * profiles, which change how a picture is shown, do not change what it holds. */
#include "png.h"

#include <synrl/plugin.h>

/* Deflate compresses at most 1032 to 1, and a byte has at most 8 pixels. */
enum { PIXELS_PER_BYTE_MAX = 8 * 1032 };

enum { SIGNATURE = 8, CHUNK_FRAME = 12 }; /* length, type and checksum of a chunk */

/* Whether a chunk says which values the pixels have. Others say how colours are to be shown, which
 * changes no value; or are texts and the like, for which libpng takes the memory that they claim.
 */
static bool is_of_values(const unsigned char *type) {
    const bool is_critical = (type[0] & 0x20U) == 0; /* PNG 5.4 */
    return is_critical || memcmp(type, "tRNS", 4) == 0;
}

/* Removes the others; false where a chunk is longer than what there is of the file. */
static bool remove_chunks(struct buffer *file) {
    unsigned char *bytes = file->bytes;
    size_t from = SIGNATURE, to = SIGNATURE;
    bool is_whole = true;
    while (file->n >= CHUNK_FRAME && from <= file->n - CHUNK_FRAME) {
        const size_t length = (size_t)bytes[from] << 24 | (size_t)bytes[from + 1] << 16 |
                              (size_t)bytes[from + 2] << 8 | (size_t)bytes[from + 3];
        if (memcmp(bytes + from + 4, "IDAT", 4) == 0) {
            break; /* what follows is not read */
        }
        is_whole = length <= file->n - from - CHUNK_FRAME;
        if (!is_whole) {
            break;
        }
        if (is_of_values(bytes + from + 4)) {
            memmove(bytes + to, bytes + from, length + CHUNK_FRAME);
            to += length + CHUNK_FRAME;
        }
        from += length + CHUNK_FRAME;
    }
    if (to < from) {
        memmove(bytes + to, bytes + from, file->n - from);
        file->n -= from - to;
    }
    return is_whole;
}

const char *png_file_begin(png_image *image, struct buffer *file) {
    if (file->n == 0) {
        return "it is empty";
    }
    const bool is_png = file->n > SIGNATURE && png_sig_cmp(file->bytes, 0, SIGNATURE) == 0;
    if (is_png && !remove_chunks(file)) {
        return "it is cut off, or a chunk claims to be longer than it is";
    }
    if (png_image_begin_read_from_memory(image, file->bytes, file->n) == 0) {
        return image->message;
    }
    if ((size_t)image->width * image->height / PIXELS_PER_BYTE_MAX > file->n) {
        return "it is too short for its size";
    }
    image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB; /* as samples of 8 bits, not as linear light */
    image->format = (image->format & PNG_FORMAT_FLAG_COLOR) != 0 ? PNG_FORMAT_RGBA : PNG_FORMAT_GA;
    return NULL;
}

size_t png_file_unpacked_size(const png_image *image) {
    return (size_t)image->width * image->height * PNG_IMAGE_SAMPLE_CHANNELS(image->format);
}

const char *png_file_read(png_image *image, struct pixels *pixels, unsigned char *unpacked,
                          unsigned char *out) {
    const unsigned n_samples = PNG_IMAGE_SAMPLE_CHANNELS(image->format);
    if (png_image_finish_read(image, NULL, unpacked, (png_int_32)(image->width * n_samples),
                              NULL) == 0) {
        return image->message;
    }
    pixels_convert(pixels, (size_t)image->width * image->height, n_samples, unpacked, out);
    return NULL;
}
