/* SPDX-License-Identifier: MIT */
/* jansson without memory. Where it lacks room for a character of a string that it reads, it goes on
 * and then relies on the character: an assertion fails, or it reads past the end. So a text is not
 * read on after an allocation has failed. What was allocated for it until then is known, since each
 * piece ends in links to its neighbours; they stay unused in what was read. */
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

struct links {
    void *earlier, *later;
};

static _Thread_local struct {
    uint64_t n_lacking;
    jmp_buf *end; /* of the reading of a text; NULL where none is read */
    void *last;   /* of the pieces allocated for it */
} own;

/* The end of a piece, wherever that lies. */
static void get_links(void *piece, struct links *links) {
    memcpy(links, (char *)piece + malloc_usable_size(piece) - sizeof *links, sizeof *links);
}

static void set_links(void *piece, const struct links *links) {
    memcpy((char *)piece + malloc_usable_size(piece) - sizeof *links, links, sizeof *links);
}

static void link_piece(void *piece) {
    struct links links;
    if (own.last != NULL) {
        get_links(own.last, &links);
        links.later = piece;
        set_links(own.last, &links);
    }
    links = (struct links){.earlier = own.last};
    set_links(piece, &links);
    own.last = piece;
}

static void unlink_piece(void *piece) {
    struct links links, other;
    get_links(piece, &links);
    if (links.earlier != NULL) {
        get_links(links.earlier, &other);
        other.later = links.later;
        set_links(links.earlier, &other);
    }
    if (links.later != NULL) {
        get_links(links.later, &other);
        other.earlier = links.earlier;
        set_links(links.later, &other);
    } else {
        own.last = links.earlier;
    }
}

static void *allocate(size_t size) {
    void *memory = malloc(own.end != NULL ? size + sizeof(struct links) : size);
    if (memory == NULL) {
        own.n_lacking++;
        if (own.end != NULL) {
            longjmp(*own.end, 1);
        }
    } else if (own.end != NULL) {
        link_piece(memory);
    }
    return memory;
}

static void release(void *memory) {
    if (own.end != NULL && memory != NULL) {
        unlink_piece(memory);
    }
    free(memory);
}

static void watch_memory(void) {
    json_set_alloc_funcs(allocate, release);
}

uint64_t json_lacks(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_memory);
    return own.n_lacking;
}

void json_lack(void) {
    own.n_lacking++;
}

json_t *json_read_text(const char *text, size_t size, size_t flags, json_error_t *error) {
    jmp_buf end;
    json_lacks();
    own.last = NULL;
    own.end = &end;
    if (setjmp(end) == 0) {
        json_t *json = json_loadb(text, size, flags, error);
        own.end = NULL;
        return json;
    }
    own.end = NULL;
    for (void *piece = own.last; piece != NULL;) {
        struct links links;
        get_links(piece, &links);
        free(piece);
        piece = links.earlier;
    }
    if (error != NULL) {
        snprintf(error->text, sizeof error->text, "%s", JSON_NO_MEMORY);
    }
    return NULL;
}

char *json_dump_whole(const json_t *json, size_t flags) {
    const uint64_t lacks = json_lacks();
    char *text = json_dumps(json, flags);
    if (json_lacks() != lacks) {
        free(text);
        return NULL;
    }
    return text;
}
