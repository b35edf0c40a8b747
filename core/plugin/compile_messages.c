/* SPDX-License-Identifier: MIT */
/* What a C compiler has said. gcc and clang write FILE:LINE:COLUMN: error: MESSAGE. */
#include "plugin/compile_messages.h"

#include <ctype.h>
#include <string.h>

#include "base/count.h"
#include "base/file.h"

/* A message, within its line. */
struct message {
    const char *place;
    int place_length; /* without the column */
    const char *text;
    int length;
    bool is_error;
};

/* Where a run of digits and then a colon begins, that ends before `end`; NULL: it does not. */
static const char *number_before(const char *line, const char *end) {
    const char *at = end;
    while (at > line && isdigit((unsigned char)at[-1])) {
        at--;
    }
    return at < end && at > line && at[-1] == ':' ? at - 1 : NULL;
}

static bool read_message(const char *line, int length, struct message *message) {
    static const char *const words[] = {": error: ", ": fatal error: ", ": warning: "};
    for (size_t w = 0; w < COUNT_OF(words); w++) {
        const char *found = memmem(line, (size_t)length, words[w], strlen(words[w]));
        if (found == NULL) {
            continue;
        }
        const char *last = number_before(line, found);
        const char *first = last != NULL ? number_before(line, last) : NULL;
        const char *end = first != NULL ? last : found;
        *message = (struct message){.place = line,
                                    .place_length = (int)(end - line),
                                    .text = found + strlen(words[w]),
                                    .is_error = w < 2};
        message->length = length - (int)(message->text - line);
        return last != NULL;
    }
    return false;
}

/* Without a message of the compiler's own, the linker or the system has the last word. */
static synrl_status fail_without(struct core *core, const char *text, int code) {
    const char *last = text, *line = text;
    for (; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *undefined = strstr(line, "undefined reference");
        if (undefined != NULL && undefined < line + strcspn(line, "\n")) {
            last = undefined;
            break;
        }
        last = strstr(line, "ld returned") == NULL && *line != '\n' ? line : last;
    }
    const int length = (int)strcspn(last, "\n");
    return core_fail(core, SYNRL_INVALID, "cannot be compiled: %.*s (exit code %d of the compiler)",
                     length > 0 ? length : 15, length > 0 ? last : "it said nothing", code);
}

synrl_status compile_messages(struct core *core, const char *path, int code, bool *has_place) {
    enum { MESSAGES_LIMIT = 1 << 20 };
    struct message message, first = {.text = NULL};
    size_t size, n_more = 0;
    char *text;
    SYNRL_TRY(file_read(core, path, MESSAGES_LIMIT, &text, &size));
    for (const char *line = text; *line != '\0';) {
        const int length = (int)strcspn(line, "\n");
        if (read_message(line, length, &message)) {
            if (!message.is_error) {
                core_log(core, SYNRL_LOG_WARNING, "%.*s: %.*s", message.place_length, message.place,
                         message.length, message.text);
            } else if (first.text == NULL) {
                first = message;
            } else {
                n_more++;
            }
        }
        line += length + (line[length] == '\n');
    }
    synrl_status status = SYNRL_OK;
    *has_place = code != 0 && first.text != NULL;
    if (*has_place) {
        char more[48] = "";
        if (n_more > 0) {
            snprintf(more, sizeof more, "; and %zu more error%s", n_more, n_more > 1 ? "s" : "");
        }
        status = core_fail(core, SYNRL_INVALID, "%.*s: %.*s%s", first.place_length, first.place,
                           first.length, first.text, more);
    } else if (code != 0) {
        status = fail_without(core, text, code);
    }
    core_free(core, text);
    return status;
}
