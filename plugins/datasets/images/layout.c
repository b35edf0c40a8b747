/* SPDX-License-Identifier: MIT */
/* Where pictures lie: the base is the longest part that the folders of all pictures share, and a
 * picture of a class lies in a folder directly below it. */
#define _GNU_SOURCE /* qsort_r */
#include "layout.h"

#include <stdlib.h>
#include <strings.h>

#define TEXT(layout, at) ((const char *)(layout)->texts.bytes + (at))

bool layout_is_picture(const char *file_name) {
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    const size_t length = strlen(file_name);
    for (size_t e = 0; *file_name != '.' && e < sizeof endings / sizeof endings[0]; e++) {
        const size_t n = strlen(endings[e]);
        if (length > n && strcasecmp(file_name + length - n, endings[e]) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether one of the folders of a path has this name. */
static bool has_folder(const char *path, const char *name) {
    const size_t n = strlen(name);
    for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        if ((size_t)(slash - path) == n && memcmp(path, name, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Appends the path without "." and empty parts. *is_hidden: a part begins with a dot. */
static synrl_status append_normal(struct layout *layout, const char *path, bool *is_hidden) {
    const size_t first = layout->texts.n;
    *is_hidden = false;
    while (*path != '\0') {
        const size_t length = strcspn(path, "/");
        const bool is_nothing = length == 0 || (length == 1 && *path == '.');
        *is_hidden = *is_hidden || (!is_nothing && *path == '.');
        if (!is_nothing && layout->texts.n > first) {
            SYNRL_TRY(buffer_append(layout->host, &layout->texts, "/", 1));
        }
        if (!is_nothing) {
            SYNRL_TRY(buffer_append(layout->host, &layout->texts, path, length));
        }
        path += length + (path[length] == '/');
    }
    return buffer_append(layout->host, &layout->texts, "", 1);
}

static const char *file_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Without the slash; 0 for a file in no folder. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : 0;
}

static size_t count_folders(const char *path) {
    size_t n = 0;
    while ((path = strchr(path, '/')) != NULL) {
        path++;
        n++;
    }
    return n;
}

synrl_status layout_refuse_depth(const struct layout *layout, const char *path) {
    return layout->host->fail(layout->host, SYNRL_INVALID,
                              "%s: %.200s lies too deep: folders may be at most %d deep",
                              layout->root, path, LAYOUT_DEPTH_MAX);
}

synrl_status layout_add(struct layout *layout, const char *path, bool *is_listed) {
    const size_t at = layout->texts.n;
    bool is_hidden;
    *is_listed = false;
    SYNRL_TRY(append_normal(layout, path, &is_hidden));
    if (!is_hidden && count_folders(TEXT(layout, at)) > LAYOUT_DEPTH_MAX) {
        return layout_refuse_depth(layout, TEXT(layout, at));
    }
    if (layout->part != NULL && *layout->part != '\0' &&
        !has_folder(TEXT(layout, at), layout->part)) {
        layout->texts.n = at;
        return SYNRL_OK;
    }
    *is_listed = !is_hidden && layout_is_picture(file_of(TEXT(layout, at)));
    if (*is_listed) {
        return buffer_append(layout->host, &layout->entries, &at, sizeof at);
    }
    if (is_hidden || layout->n_others++ > 0) {
        layout->texts.n = at;
    } else {
        layout->other = at;
    }
    return SYNRL_OK;
}

size_t layout_count(const struct layout *layout) {
    return N_ITEMS(size_t, layout->entries);
}

const char *layout_path(const struct layout *layout, size_t entry) {
    return TEXT(layout, ITEMS(size_t, layout->entries)[entry]);
}

static int compare_paths(const void *a, const void *b, void *context) {
    const struct layout *layout = context;
    return strcmp(TEXT(layout, *(const size_t *)a), TEXT(layout, *(const size_t *)b));
}

void layout_sort(struct layout *layout) {
    if (layout->entries.n > 0) {
        qsort_r(layout->entries.bytes, layout_count(layout), sizeof(size_t), compare_paths, layout);
    }
}

/* The length of what two folders share, in whole parts. */
static size_t shared(const char *a, size_t n_a, const char *b, size_t n_b) {
    size_t n = 0, whole = 0;
    while (n < n_a && n < n_b && a[n] == b[n]) {
        n++;
        whole = (n == n_a || a[n] == '/') && (n == n_b || b[n] == '/') ? n : whole;
    }
    return whole;
}

static void find_base(struct layout *layout) {
    const char *first = layout_path(layout, 0);
    bool are_same = true;
    layout->base = folder_length(first);
    for (size_t e = 1; e < layout_count(layout); e++) {
        const char *path = layout_path(layout, e);
        const size_t base = shared(first, layout->base, path, folder_length(path));
        are_same = are_same && base == layout->base && base == folder_length(path);
        layout->base = base;
    }
    while (are_same && layout->base > 0 && first[layout->base - 1] != '/') {
        layout->base--; /* a single folder is a class */
    }
    layout->base -= are_same && layout->base > 0;
}

synrl_status layout_settle(struct layout *layout) {
    if (layout_count(layout) == 0 || layout->is_flat) {
        return SYNRL_OK;
    }
    find_base(layout);
    for (size_t e = 0; e < layout_count(layout); e++) {
        const char *text = layout_path(layout, e);
        const char *rest = text + layout->base + (layout->base > 0);
        const char *slash = strchr(rest, '/');
        if (slash != NULL && strchr(slash + 1, '/') != NULL) {
            return layout->host->fail(
                layout->host, SYNRL_INVALID,
                "%s: %.200s lies too deep: must have images in one folder per class, such as "
                "A/1.png; of several sets give one, such as part = \"train\"",
                layout->root, text);
        }
    }
    return SYNRL_OK;
}

bool layout_place(const struct layout *layout, size_t entry, struct place *place) {
    if (layout->is_flat) {
        *place = (struct place){".", layout_path(layout, entry), 1};
        return true;
    }
    const char *rest = layout_path(layout, entry) + layout->base + (layout->base > 0);
    const char *slash = strchr(rest, '/');
    if (slash == NULL) {
        return false;
    }
    *place = (struct place){rest, slash + 1, (size_t)(slash - rest)};
    return true;
}

void layout_free(struct layout *layout) {
    buffer_free(layout->host, &layout->texts);
    buffer_free(layout->host, &layout->entries);
}
