/* What every fallible call returns. The message that explains it is kept by whoever was called
 * (see synrl_host.fail): one line that names the thing, the value and what would be right. */
#ifndef SYNRL_STATUS_H
#define SYNRL_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum synrl_status {
    SYNRL_OK = 0,
    SYNRL_INVALID,     /* a value, shape or file is not what it has to be */
    SYNRL_NO_MEMORY,   /* an allocation failed */
    SYNRL_IO,          /* the operating system refused a file */
    SYNRL_UNSUPPORTED, /* asked for something this plugin does not offer, such as a derivative */
    SYNRL_STOPPED      /* asked to stop by a signal or a script; not a failure */
} synrl_status;

/* Hands a failure on to the caller: the message stands already. */
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
