/* SPDX-License-Identifier: MIT */
/* A library that few runs need is loaded when one does: at each start of the program it would cost
 * a millisecond or more. Its functions are a list, which becomes a table of pointers of their own
 * types:
 *
 *     #define ZIP_FUNCTIONS(_) _(zip_open) _(zip_close)
 *     struct zip { ZIP_FUNCTIONS(SYNRL_LATE_POINTER) };
 *     struct zip zip;
 *     static const char *const names[] = {ZIP_FUNCTIONS(SYNRL_LATE_NAME)};
 *     const char *why = synrl_late_load("libzip.so.4", sizeof names / sizeof *names, names, &zip);
 *
 * Used by the core, and by plugins. All [any]. */
#ifndef SYNRL_LATE_H
#define SYNRL_LATE_H

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SYNRL_LATE_POINTER(function) __typeof__(function) *(function);
#define SYNRL_LATE_NAME(function) #function,

/* Fills a table of n pointers, and returns NULL; or why it could not, which is the caller's until
 * this thread loads something else. The library stays until the program ends. */
static inline const char *synrl_late_load(const char *library, size_t n, const char *const *names,
                                          void *table) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; handle != NULL && i < n; i++) {
        void *function = dlsym(handle, names[i]);
        if (function == NULL) {
            handle = NULL;
        } else {
            memcpy((char *)table + i * sizeof function, &function, sizeof function);
        }
    }
    if (handle != NULL) {
        return NULL;
    }
    const char *why = dlerror();
    return why != NULL ? why : "unknown reason";
}

#ifdef __cplusplus
}
#endif

#endif
