/* SPDX-License-Identifier: MIT */
/* What a loaded library is: where it lies, and what of the C library it uses that a plugin must
 * not. */
#ifndef LIBRARY_USE_H
#define LIBRARY_USE_H

#include <stddef.h>

#include "base/core.h"

/* The addresses of all its segments; both 0 where it is not loaded. `handle` is dlopen's. */
void library_find(void *handle, struct library *library);

/* Writes "uses rand(): ..." into text; "" where there is nothing to say. */
void library_misuse(void *handle, char *text, size_t size);

#endif
