/* SPDX-License-Identifier: MIT */
/* Statuses: what every call that can fail returns.
 *
 * The message that explains a failure is kept by the host (synrl_host.fail): one line that names
 * the object, the value given and the values accepted. */
#ifndef SYNRL_STATUS_H
#define SYNRL_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum synrl_status {
    SYNRL_OK = 0,
    SYNRL_INVALID,     /* a value, shape or file is not what it must be */
    SYNRL_NO_MEMORY,   /* an allocation failed */
    SYNRL_IO,          /* the operating system refused a file */
    SYNRL_UNSUPPORTED, /* something was asked for that this plugin does not offer */
    SYNRL_STOPPED      /* stopped by a signal or a script; not a failure */
} synrl_status;

/* Returns a failure to the caller. The message is already set. */
#define SYNRL_TRY(call)                                \
    do {                                               \
        const synrl_status synrl_try_status_ = (call); \
        if (synrl_try_status_ != SYNRL_OK) {           \
            return synrl_try_status_;                  \
        }                                              \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
