/* SPDX-License-Identifier: MIT */
/* For assets.S of a room: a file as an object of bytes, followed by a zero. */
#ifndef ASSET_H
#define ASSET_H

/* clang-format off */
#define ASSET(name, file) \
    .global name; \
    .hidden name; \
    name: .incbin file; \
    .byte 0
/* clang-format on */

#endif
