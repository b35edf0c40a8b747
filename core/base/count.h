/* SPDX-License-Identifier: MIT */
/* The number of elements of an array. */
#ifndef COUNT_H
#define COUNT_H

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
