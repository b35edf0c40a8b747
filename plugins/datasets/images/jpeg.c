/* SPDX-License-Identifier: MIT */
#include "jpeg.h"

#include <turbojpeg.h>

/* A scan needs a bit for each block of 8 x 8. */
enum { PIXELS_PER_BYTE_MAX = 8 * 64 };

bool jpeg_is(const struct buffer *file) {
    return file->n >= 3 && memcmp(file->bytes, "\xFF\xD8\xFF", 3) == 0;
}

const char *jpeg_begin(struct jpeg *jpeg, const struct buffer *file) {
    int width, height, subsampling, colours;
    jpeg->decoder = jpeg->decoder != NULL ? jpeg->decoder : tjInitDecompress();
    if (jpeg->decoder == NULL) {
        return "there is not enough memory for it";
    }
    if (tjDecompressHeader3(jpeg->decoder, file->bytes, file->n, &width, &height, &subsampling,
                            &colours) != 0) {
        return tjGetErrorStr2(jpeg->decoder);
    }
    if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
        return "its colours are for print, CMYK: convert it to RGB";
    }
    jpeg->width = (size_t)width;
    jpeg->height = (size_t)height;
    jpeg->is_grey = colours == TJCS_GRAY;
    return jpeg->width * jpeg->height / PIXELS_PER_BYTE_MAX <= file->n
               ? NULL
               : "it is too short for its size";
}

size_t jpeg_unpacked_size(const struct jpeg *jpeg) {
    return (jpeg->is_grey ? 1 : 3) * jpeg->width * jpeg->height;
}

const char *jpeg_read(struct jpeg *jpeg, const struct buffer *file, struct pixels *pixels,
                      unsigned char *unpacked, unsigned char *out) {
    const int format = jpeg->is_grey ? TJPF_GRAY : TJPF_RGB;
    if (tjDecompress2(jpeg->decoder, file->bytes, file->n, unpacked, (int)jpeg->width, 0,
                      (int)jpeg->height, format,
                      TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
        return tjGetErrorStr2(jpeg->decoder);
    }
    pixels_convert(pixels, jpeg->width * jpeg->height, jpeg->is_grey ? 1 : 3, unpacked, out);
    return NULL;
}

void jpeg_free(struct jpeg *jpeg) {
    if (jpeg->decoder != NULL) {
        tjDestroy(jpeg->decoder);
        jpeg->decoder = NULL;
    }
}
