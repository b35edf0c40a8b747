/* SPDX-License-Identifier: MIT */
/* Letters rendered in all the fonts of a folder: like notMNIST, and reproducible by anyone.
 *
 * A letter is stretched until it touches all sides of the square, as in notMNIST, and drawn white
 * on black. Invariants: no two samples are equal; a letter is left out if the font lacks it or
 * draws it blank or as the box for missing glyphs, and a font if it draws two letters alike; the
 * same fonts and seed give the same samples. */
#define _GNU_SOURCE /* strcasestr */
#include <dirent.h>
#include <errno.h>
#include <ft2build.h>
#include <stdlib.h>
#include <strings.h>
#include <synrl/dataset.h>
#include <sys/stat.h>
#include FT_FREETYPE_H
#include FT_BBOX_H
#include FT_OUTLINE_H

#include "buffer.h"
#include "classes.h"
#include "glyphs/distinct.h"

struct config {
    const char *folder, *only, *without, *letters;
    int64_t size, samples, seed;
    double jitter;
};

static const synrl_param params[] = {
    SYNRL_STRING(folder, "/usr/share/fonts",
                 "the folder of the fonts, searched with its subfolders"),
    SYNRL_STRING(
        only, SYNRL_OPTIONAL,
        "only font files whose path contains one of these words: \"serif,mono\"; default: all"),
    SYNRL_STRING(without, SYNRL_OPTIONAL, "no font files whose path contains one of these words"),
    SYNRL_STRING(letters, "ABCDEFGHIJ", "the classes"),
    SYNRL_INTEGER(size, "28", 4, 256, "pixels per side"),
    SYNRL_INTEGER(samples, "0", 0, 1e8, "number of samples; 0: each letter of each font once"),
    SYNRL_NUMBER(jitter, "0", 0, 2,
                 "how much letters are sheared, shrunk and moved where there are too few fonts"),
    SYNRL_INTEGER(seed, "1", 0, 9e15, "seed of the jitter and the selection"),
};

enum { DEPTH_MAX = 16, LETTERS_MAX = 1000, N_DRAWN = 5, PASSES_MAX = 1000 };

#define MARGIN_MAX 0.15 /* of the side, at jitter 1 */

/* One face of a font file in `paths`. */
struct face {
    size_t path;
    long index;
};

struct glyphs {
    const synrl_host *host;
    const struct config *config;
    FT_Library library;
    struct distinct samples;   /* [size][size] each */
    struct buffer paths;       /* of font files, terminated, one after another */
    struct buffer path_starts; /* size_t, sorted by path */
    struct buffer faces;       /* struct face: the usable ones */
    uint8_t *drawn;            /* [n_letters + 1][size][size]: scratch */
    bool *has;                 /* [n_letters]: scratch */
    size_t size, n_letters;
    uint32_t letters[LETTERS_MAX];
};

#define TEXT_AT(glyphs, start) (ITEMS(const char, (glyphs)->paths) + (start))
#define STARTS(glyphs) ITEMS(size_t, (glyphs)->path_starts)
#define N_STARTS(glyphs) N_ITEMS(size_t, (glyphs)->path_starts)
#define FACES(glyphs) ITEMS(struct face, (glyphs)->faces)
#define N_FACES(glyphs) N_ITEMS(struct face, (glyphs)->faces)

/* Font files ----------------------------------------------------------------------------------- */

/* Whether the path contains a word of the list "a,b,c", ignoring case. */
static bool has_word(const char *path, const char *words) {
    char word[64];
    while (words != NULL && *words != '\0') {
        const size_t length = strcspn(words, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (word[0] != '\0' && strcasestr(path, word) != NULL) {
            return true;
        }
        words += length + (words[length] == ',');
    }
    return false;
}

static bool is_font(const struct config *config, const char *path) {
    static const char *const endings[] = {".ttf", ".otf", ".ttc", ".pfb", ".otc"};
    const size_t length = strlen(path);
    bool has_ending = false;
    for (size_t e = 0; e < SYNRL_COUNT(endings); e++) {
        has_ending |= length > 4 && strcasecmp(path + length - 4, endings[e]) == 0;
    }
    const bool is_wanted = config->only == NULL || *config->only == '\0';
    return has_ending && (is_wanted || has_word(path, config->only)) &&
           !has_word(path, config->without);
}

static synrl_status take_entry(struct glyphs *glyphs, const char *path, unsigned depth);

/* Searches a folder and its subfolders, without following links to folders. */
static synrl_status search(struct glyphs *glyphs, const char *folder, unsigned depth) {
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return fail_open(glyphs->host, folder);
    }
    struct buffer path = {0};
    synrl_status status = SYNRL_OK;
    for (const struct dirent *entry; status == SYNRL_OK && (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        status = buffer_join(glyphs->host, &path, folder, entry->d_name);
        status = status != SYNRL_OK ? status : take_entry(glyphs, (const char *)path.bytes, depth);
    }
    buffer_free(glyphs->host, &path);
    closedir(stream);
    return status;
}

static synrl_status take_entry(struct glyphs *glyphs, const char *path, unsigned depth) {
    struct stat info;
    if (lstat(path, &info) != 0) {
        return SYNRL_OK;
    }
    if (S_ISDIR(info.st_mode)) {
        return depth < DEPTH_MAX ? search(glyphs, path, depth + 1) : SYNRL_OK;
    }
    /* A link to a font is one; a FIFO, for whose writer FreeType would wait, is none. */
    if (!is_font(glyphs->config, path) || stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return SYNRL_OK;
    }
    const size_t start = glyphs->paths.n;
    SYNRL_TRY(buffer_append(glyphs->host, &glyphs->paths, path, strlen(path) + 1));
    return buffer_append(glyphs->host, &glyphs->path_starts, &start, sizeof start);
}

static int compare_starts(const void *a, const void *b, void *texts) {
    const char *text = texts;
    return strcmp(text + *(const size_t *)a, text + *(const size_t *)b);
}

/* Drawing -------------------------------------------------------------------------------------- */

/* The changes of a letter before it is drawn, each in [-1, 1); 0 is none. */
struct change {
    float drawn[N_DRAWN];
};

static FT_Fixed fixed(double value) {
    return (FT_Fixed)(value * 65536.0 + (value < 0 ? -0.5 : 0.5));
}

/* Shears the outline and enlarges it 16 times, so that rounding is invisible. */
static void distort(FT_Outline *outline, const struct change *change, double jitter) {
    enum { LARGER = 16 };
    const float *drawn = change->drawn;
    const double amount = 0.2 * jitter;
    const FT_Matrix matrix = {.xx = LARGER * fixed(1),
                              .xy = LARGER * fixed(amount * (double)drawn[0]),
                              .yx = LARGER * fixed(amount * (double)drawn[1]),
                              .yy = LARGER * fixed(1)};
    FT_Outline_Transform(outline, &matrix);
}

/* Stretches the outline over the square except for a margin; false where it has no extent. */
static bool fit(FT_Outline *outline, size_t size, const struct change *change, double jitter) {
    FT_BBox box;
    if (FT_Outline_Get_BBox(outline, &box) != 0 || box.xMin >= box.xMax || box.yMin >= box.yMax) {
        return false;
    }
    const float *drawn = change->drawn;
    const double side = 64.0 * (double)size;
    const double margin = side * MARGIN_MAX * jitter * 0.5 * (1 + (double)drawn[2]);
    const FT_Matrix matrix = {.xx = fixed((side - margin) / (double)(box.xMax - box.xMin)),
                              .yy = fixed((side - margin) / (double)(box.yMax - box.yMin))};
    FT_Outline_Transform(outline, &matrix);
    FT_Outline_Get_BBox(outline, &box);
    FT_Outline_Translate(outline, (FT_Pos)(0.5 * margin * (1 + (double)drawn[3])) - box.xMin,
                         (FT_Pos)(0.5 * margin * (1 + (double)drawn[4])) - box.yMin);
    return true;
}

/* Draws a glyph into pixels [size][size]; false where it is blank. */
static bool draw(const struct glyphs *glyphs, FT_Face face, FT_UInt glyph,
                 const struct change *change, double jitter, uint8_t *pixels) {
    const size_t size = glyphs->size;
    memset(pixels, 0, size * size);
    if (FT_Load_Glyph(face, glyph, FT_LOAD_NO_SCALE) != 0 ||
        face->glyph->format != FT_GLYPH_FORMAT_OUTLINE || face->glyph->outline.n_points == 0) {
        return false;
    }
    FT_Outline *outline = &face->glyph->outline;
    FT_Bitmap bitmap = {.rows = (unsigned)size,
                        .width = (unsigned)size,
                        .pitch = (int)size,
                        .buffer = pixels,
                        .num_grays = 256,
                        .pixel_mode = FT_PIXEL_MODE_GRAY};
    distort(outline, change, jitter);
    if (!fit(outline, size, change, jitter) ||
        FT_Outline_Get_Bitmap(glyphs->library, outline, &bitmap) != 0) {
        return false;
    }
    size_t n_bright = 0;
    for (size_t p = 0; p < size * size; p++) {
        n_bright += pixels[p] >= 128;
    }
    return n_bright >= size;
}

/* Fonts ---------------------------------------------------------------------------------------- */

/* FreeType takes a lack of memory for a file that is no font, or a letter that is not in it. errno,
 * set to 0 before a font is opened, tells: this fails where there was one. */
static synrl_status check_memory(const struct glyphs *glyphs, size_t path) {
    return errno != ENOMEM
               ? SYNRL_OK
               : glyphs->host->fail(glyphs->host, SYNRL_NO_MEMORY,
                                    "%s: not enough memory to read it", TEXT_AT(glyphs, path));
}

/* Draws all letters of a face, unchanged, into `drawn`, of which the last is the box for missing
 * glyphs; has[l]: letter l is usable. False: the face is not usable. */
static bool draw_letters(struct glyphs *glyphs, FT_Face face) {
    static const struct change none;
    const size_t n = glyphs->n_letters, size = glyphs->samples.size;
    uint8_t *drawn = glyphs->drawn;
    bool *has = glyphs->has;
    if (FT_Select_Charmap(face, FT_ENCODING_UNICODE) != 0) {
        return false;
    }
    const bool has_box = draw(glyphs, face, 0, &none, 0, drawn + n * size);
    for (size_t l = 0; l < n; l++) {
        const FT_UInt glyph = FT_Get_Char_Index(face, glyphs->letters[l]);
        has[l] = glyph != 0 && draw(glyphs, face, glyph, &none, 0, drawn + l * size) &&
                 !(has_box && memcmp(drawn + l * size, drawn + n * size, size) == 0);
        for (size_t k = 0; has[l] && k < l; k++) {
            if (has[k] && memcmp(drawn + l * size, drawn + k * size, size) == 0) {
                return false;
            }
        }
    }
    return true;
}

static synrl_status take_face(struct glyphs *glyphs, const struct face *which, FT_Face face) {
    bool is_used = false;
    if (!draw_letters(glyphs, face)) {
        return SYNRL_OK;
    }
    for (size_t l = 0; l < glyphs->n_letters; l++) {
        if (glyphs->has[l]) {
            const uint8_t *letter = glyphs->drawn + l * glyphs->samples.size;
            SYNRL_TRY(distinct_add(glyphs->host, &glyphs->samples, letter, (int32_t)l));
            is_used = true;
        }
    }
    return is_used ? buffer_append(glyphs->host, &glyphs->faces, which, sizeof *which) : SYNRL_OK;
}

/* Adds all faces of a file; a file that FreeType cannot read is not a font. */
static synrl_status take_file(struct glyphs *glyphs, size_t path) {
    long n_faces = 1;
    for (long index = 0; index < n_faces; index++) {
        FT_Face face;
        errno = 0;
        if (FT_New_Face(glyphs->library, TEXT_AT(glyphs, path), index, &face) != 0) {
            SYNRL_TRY(check_memory(glyphs, path));
            glyphs->host->log(glyphs->host, SYNRL_LOG_WARNING, "%s is left out: it is not a font",
                              TEXT_AT(glyphs, path));
            return SYNRL_OK;
        }
        n_faces = face->num_faces;
        const struct face which = {path, index};
        synrl_status status = take_face(glyphs, &which, face);
        status = status == SYNRL_OK ? check_memory(glyphs, path) : status;
        FT_Done_Face(face);
        SYNRL_TRY(status);
    }
    return SYNRL_OK;
}

/* Draws each letter of a face again, changed at random. */
static synrl_status vary_face(struct glyphs *glyphs, FT_Face face, size_t f, uint64_t pass) {
    const synrl_host *host = glyphs->host;
    const synrl_stream stream = {(uint64_t)glyphs->config->seed, pass, SYNRL_PURPOSE_DATA};
    FT_Select_Charmap(face, FT_ENCODING_UNICODE);
    for (size_t l = 0; l < glyphs->n_letters; l++) {
        struct change change;
        const uint64_t first = (f * glyphs->n_letters + l) * N_DRAWN;
        const FT_UInt glyph = FT_Get_Char_Index(face, glyphs->letters[l]);
        host->random->uniform(stream, first, N_DRAWN, -1.0F, 1.0F, change.drawn);
        if (glyph != 0 &&
            draw(glyphs, face, glyph, &change, glyphs->config->jitter, glyphs->drawn)) {
            SYNRL_TRY(distinct_add(host, &glyphs->samples, glyphs->drawn, (int32_t)l));
        }
    }
    return SYNRL_OK;
}

static synrl_status vary_all(struct glyphs *glyphs, uint64_t pass) {
    for (size_t f = 0; f < N_FACES(glyphs); f++) {
        const struct face *which = &FACES(glyphs)[f];
        FT_Face face;
        errno = 0;
        if (FT_New_Face(glyphs->library, TEXT_AT(glyphs, which->path), which->index, &face) == 0) {
            const synrl_status status = vary_face(glyphs, face, f, pass);
            FT_Done_Face(face);
            SYNRL_TRY(status);
        }
        SYNRL_TRY(check_memory(glyphs, which->path));
    }
    return SYNRL_OK;
}

/* Adjusts the number of samples to the requested one: adds changed letters in passes, or drops
 * some. */
static synrl_status reach(struct glyphs *glyphs) {
    struct distinct *samples = &glyphs->samples;
    const size_t wanted = (size_t)glyphs->config->samples;
    const synrl_stream stream = {(uint64_t)glyphs->config->seed, 0, SYNRL_PURPOSE_PLUGIN};
    size_t start = 0;
    for (uint64_t pass = 1; wanted > samples->n; pass++) {
        if (!(glyphs->config->jitter > 0) || pass > PASSES_MAX) {
            return glyphs->host->fail(
                glyphs->host, SYNRL_INVALID,
                "the fonts in %s give %zu distinct samples, and samples = %zu: "
                "for more, set jitter > 0 or add fonts",
                glyphs->config->folder, samples->n, wanted);
        }
        start = samples->n;
        SYNRL_TRY(vary_all(glyphs, pass));
    }
    return wanted == 0 || wanted == samples->n
               ? SYNRL_OK
               : distinct_keep(glyphs->host, samples, start, wanted - start, stream);
}

/* The plugin ----------------------------------------------------------------------------------- */

/* Splits UTF-8 into characters; SYNRL_INVALID where it is not valid, or a letter occurs twice. */
static synrl_status read_letters(struct glyphs *glyphs) {
    const char *text = glyphs->config->letters;
    while (*text != '\0') {
        const unsigned char lead = (unsigned char)*text++;
        const unsigned n_more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        uint32_t letter = n_more == 0 ? lead : lead & (0x3fU >> n_more);
        bool is_sound = (lead & 0xc0U) != 0x80 && lead < 0xf8;
        for (unsigned m = 0; is_sound && m < n_more; m++, text++) {
            is_sound = ((unsigned char)*text & 0xc0U) == 0x80;
            letter = letter << 6 | ((unsigned char)*text & 0x3fU);
        }
        for (size_t l = 0; l < glyphs->n_letters; l++) {
            is_sound = is_sound && glyphs->letters[l] != letter;
        }
        if (!is_sound || letter == ',' || glyphs->n_letters == LETTERS_MAX) {
            break;
        }
        glyphs->letters[glyphs->n_letters++] = letter;
        if (*text == '\0' && glyphs->n_letters >= 2) {
            return SYNRL_OK;
        }
    }
    return glyphs->host->fail(
        glyphs->host, SYNRL_INVALID,
        "letters = \"%.80s\": must be 2 to %d different characters in UTF-8, without a comma",
        glyphs->config->letters, LETTERS_MAX);
}

static synrl_status take_fonts(struct glyphs *glyphs) {
    const synrl_host *host = glyphs->host;
    SYNRL_TRY(search(glyphs, glyphs->config->folder, 0));
    if (N_STARTS(glyphs) > 0) {
        qsort_r(STARTS(glyphs), N_STARTS(glyphs), sizeof(size_t), compare_starts,
                glyphs->paths.bytes);
    }
    SYNRL_TRY(SYNRL_NEW(host, glyphs->drawn, (glyphs->n_letters + 1) * glyphs->samples.size));
    SYNRL_TRY(SYNRL_NEW(host, glyphs->has, glyphs->n_letters));
    for (size_t f = 0; f < N_STARTS(glyphs); f++) {
        SYNRL_TRY(take_file(glyphs, STARTS(glyphs)[f]));
    }
    return glyphs->samples.n > 0
               ? SYNRL_OK
               : host->fail(host, SYNRL_INVALID,
                            "no font in %s has a letter of \"%.80s\" (%zu font files)",
                            glyphs->config->folder, glyphs->config->letters, N_STARTS(glyphs));
}

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_data *data) {
    struct glyphs *glyphs = self;
    struct distinct *samples = &glyphs->samples;
    glyphs->host = host;
    glyphs->config = config;
    glyphs->size = (size_t)glyphs->config->size;
    samples->size = glyphs->size * glyphs->size;
    errno = 0;
    const bool is_made = FT_Init_FreeType(&glyphs->library) == 0;
    if (!is_made || errno == ENOMEM) { /* it can lack some of its modules */
        glyphs->library = is_made ? glyphs->library : NULL;
        return host->fail(host, SYNRL_NO_MEMORY, "not enough memory for FreeType");
    }
    SYNRL_TRY(read_letters(glyphs));
    SYNRL_TRY(take_fonts(glyphs));
    const size_t n_distinct = samples->n;
    SYNRL_TRY(reach(glyphs));
    host->log(host, SYNRL_LOG_INFO, "%zu samples, from %zu fonts that give %zu", samples->n,
              N_FACES(glyphs), n_distinct);
    distinct_settle(host, samples);
    host->free(host, glyphs->drawn);
    size_t n_classes = glyphs->n_letters;
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = samples->n,
                         .n_inputs = samples->size,
                         .format = SYNRL_INPUT_BYTES,
                         .scale = 1.0F / 255.0F,
                         .inputs = samples->samples.bytes,
                         .labels = ITEMS(const int32_t, samples->labels),
                         .n_classes = n_classes,
                         .height = glyphs->size,
                         .width = glyphs->size,
                         .n_channels = 1};
    return classes_name(host, glyphs->config->folder, glyphs->config->letters, 0, &n_classes,
                        &data->class_names);
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    struct glyphs *glyphs = self;
    if (glyphs->library != NULL) {
        FT_Done_FreeType(glyphs->library);
    }
}

SYNRL_DATASET(glyphs, "1.0.0", "letters rendered in all the fonts of a folder",
              "after Bulatov's notMNIST, 2011", SYNRL_PARAMS(params), struct glyphs,
              .create = create, .destroy = destroy);
