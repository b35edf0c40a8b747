/* Letters rendered in all the fonts of a folder: like notMNIST, and reproducible by anyone.
 *
 * A letter is stretched until it touches all sides of the square, as in notMNIST, and drawn white
 * on black. Invariants: no two samples are equal; a letter is left out if the font lacks it or
 * draws it blank or as the box for missing glyphs, and a font if it draws two letters alike; the
 * same fonts and seed give the same samples. */
#define _GNU_SOURCE /* strcasestr */
#include <dirent.h>
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

enum { DEPTH_MAX = 16, LETTERS_MAX = 1000, N_DRAWN = 5, PASSES_MAX = 1000 };

#define MARGIN_MAX 0.15 /* of the side, at jitter 1 */

struct glyphs {
    const synrl_host *host;
    struct distinct samples; /* [size][size] each */
    const char **class_names;
};

/* One face of a font file in `paths`. */
struct face {
    size_t path;
    long index;
};

struct maker {
    const synrl_host *host;
    const struct config *config;
    struct glyphs *glyphs;
    FT_Library library;
    struct buffer paths;       /* of font files, terminated, one after another */
    struct buffer path_starts; /* size_t, sorted by path */
    struct buffer faces;       /* struct face: the usable ones */
    size_t size, n_letters;
    uint32_t letters[LETTERS_MAX];
};

#define TEXT_AT(maker, start) ((const char *)(maker)->paths.bytes + (start))
#define STARTS(maker) ((size_t *)(void *)(maker)->path_starts.bytes)
#define N_STARTS(maker) ((maker)->path_starts.n / sizeof(size_t))
#define FACES(maker) ((struct face *)(void *)(maker)->faces.bytes)
#define N_FACES(maker) ((maker)->faces.n / sizeof(struct face))

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
    for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++) {
        has_ending |= length > 4 && strcasecmp(path + length - 4, endings[e]) == 0;
    }
    const bool is_wanted = config->only == NULL || *config->only == '\0';
    return has_ending && (is_wanted || has_word(path, config->only)) &&
           !has_word(path, config->without);
}

static synrl_status take_entry(struct maker *maker, const char *path, unsigned depth);

/* Searches a folder and its subfolders, without following links to folders. */
static synrl_status search(struct maker *maker, const char *folder, unsigned depth) {
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return maker->host->fail(maker->host, SYNRL_IO, "%s: cannot be opened: %s", folder,
                                 strerror(errno));
    }
    struct buffer path = {.host = maker->host};
    synrl_status status = SYNRL_OK;
    for (const struct dirent *entry; status == SYNRL_OK && (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        path.n = 0;
        status = buffer_append(&path, folder, strlen(folder));
        status = status != SYNRL_OK ? status : buffer_append(&path, "/", 1);
        status = status != SYNRL_OK
                     ? status
                     : buffer_append(&path, entry->d_name, strlen(entry->d_name) + 1);
        status = status != SYNRL_OK ? status : take_entry(maker, (const char *)path.bytes, depth);
    }
    buffer_free(&path);
    closedir(stream);
    return status;
}

static synrl_status take_entry(struct maker *maker, const char *path, unsigned depth) {
    struct stat info;
    if (lstat(path, &info) != 0) {
        return SYNRL_OK;
    }
    if (S_ISDIR(info.st_mode)) {
        return depth < DEPTH_MAX ? search(maker, path, depth + 1) : SYNRL_OK;
    }
    if (!is_font(maker->config, path)) {
        return SYNRL_OK;
    }
    const size_t start = maker->paths.n;
    SYNRL_TRY(buffer_append(&maker->paths, path, strlen(path) + 1));
    return buffer_append(&maker->path_starts, &start, sizeof start);
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
static bool draw(const struct maker *maker, FT_Face face, FT_UInt glyph,
                 const struct change *change, double jitter, uint8_t *pixels) {
    const size_t size = maker->size;
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
        FT_Outline_Get_Bitmap(maker->library, outline, &bitmap) != 0) {
        return false;
    }
    size_t n_bright = 0;
    for (size_t p = 0; p < size * size; p++) {
        n_bright += pixels[p] >= 128;
    }
    return n_bright >= size;
}

/* Fonts ---------------------------------------------------------------------------------------- */

/* Draws all letters of a face, unchanged, into drawn [n_letters + 1][size][size], of which the last
 * is the box for missing glyphs; has[l]: letter l is usable. False: the face is not usable. */
static bool draw_letters(const struct maker *maker, FT_Face face, uint8_t *drawn, bool *has) {
    static const struct change none;
    const size_t n = maker->n_letters, size = maker->size * maker->size;
    if (FT_Select_Charmap(face, FT_ENCODING_UNICODE) != 0) {
        return false;
    }
    const bool has_box = draw(maker, face, 0, &none, 0, drawn + n * size);
    for (size_t l = 0; l < n; l++) {
        const FT_UInt glyph = FT_Get_Char_Index(face, maker->letters[l]);
        has[l] = glyph != 0 && draw(maker, face, glyph, &none, 0, drawn + l * size) &&
                 !(has_box && memcmp(drawn + l * size, drawn + n * size, size) == 0);
        for (size_t k = 0; has[l] && k < l; k++) {
            if (has[k] && memcmp(drawn + l * size, drawn + k * size, size) == 0) {
                return false;
            }
        }
    }
    return true;
}

/* drawn [n_letters + 1][size][size] and has [n_letters] are scratch. */
static synrl_status take_face(struct maker *maker, const struct face *which, FT_Face face,
                              uint8_t *drawn, bool *has) {
    struct distinct *samples = &maker->glyphs->samples;
    bool is_used = false;
    if (!draw_letters(maker, face, drawn, has)) {
        return SYNRL_OK;
    }
    for (size_t l = 0; l < maker->n_letters; l++) {
        if (has[l]) {
            SYNRL_TRY(distinct_add(samples, drawn + l * samples->size, (int32_t)l));
            is_used = true;
        }
    }
    return is_used ? buffer_append(&maker->faces, which, sizeof *which) : SYNRL_OK;
}

/* Adds all faces of a file; a file that FreeType cannot read is not a font. */
static synrl_status take_file(struct maker *maker, size_t path, uint8_t *drawn, bool *has) {
    long n_faces = 1;
    for (long index = 0; index < n_faces; index++) {
        FT_Face face;
        if (FT_New_Face(maker->library, TEXT_AT(maker, path), index, &face) != 0) {
            maker->host->log(maker->host, SYNRL_LOG_WARNING, "%s is left out: it is not a font",
                             TEXT_AT(maker, path));
            return SYNRL_OK;
        }
        n_faces = face->num_faces;
        const struct face which = {path, index};
        const synrl_status status = take_face(maker, &which, face, drawn, has);
        FT_Done_Face(face);
        SYNRL_TRY(status);
    }
    return SYNRL_OK;
}

static synrl_status take_files(struct maker *maker) {
    const synrl_host *host = maker->host;
    uint8_t *drawn = host->alloc(host, maker->n_letters + 1, maker->size * maker->size);
    bool *has = host->alloc(host, maker->n_letters, sizeof *has);
    synrl_status status = drawn != NULL && has != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    for (size_t f = 0; status == SYNRL_OK && f < N_STARTS(maker); f++) {
        status = take_file(maker, STARTS(maker)[f], drawn, has);
    }
    host->free(host, drawn);
    host->free(host, has);
    return status;
}

/* Draws each letter of a face again, changed at random. */
static synrl_status vary_face(struct maker *maker, FT_Face face, size_t f, uint64_t pass,
                              uint8_t *pixels) {
    const synrl_stream stream = {(uint64_t)maker->config->seed, pass, SYNRL_PURPOSE_DATA};
    FT_Select_Charmap(face, FT_ENCODING_UNICODE);
    for (size_t l = 0; l < maker->n_letters; l++) {
        struct change change;
        const uint64_t first = (f * maker->n_letters + l) * N_DRAWN;
        const FT_UInt glyph = FT_Get_Char_Index(face, maker->letters[l]);
        maker->host->random->uniform(stream, first, N_DRAWN, -1.0F, 1.0F, change.drawn);
        if (glyph != 0 && draw(maker, face, glyph, &change, maker->config->jitter, pixels)) {
            SYNRL_TRY(distinct_add(&maker->glyphs->samples, pixels, (int32_t)l));
        }
    }
    return SYNRL_OK;
}

static synrl_status vary_all(struct maker *maker, uint64_t pass) {
    uint8_t *pixels = maker->host->alloc(maker->host, maker->size, maker->size);
    synrl_status status = pixels != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    for (size_t f = 0; status == SYNRL_OK && f < N_FACES(maker); f++) {
        const struct face *which = &FACES(maker)[f];
        FT_Face face;
        if (FT_New_Face(maker->library, TEXT_AT(maker, which->path), which->index, &face) == 0) {
            status = vary_face(maker, face, f, pass, pixels);
            FT_Done_Face(face);
        }
    }
    maker->host->free(maker->host, pixels);
    return status;
}

/* Adjusts the number of samples to the requested one: adds changed letters in passes, or drops
 * some. */
static synrl_status reach(struct maker *maker) {
    struct distinct *samples = &maker->glyphs->samples;
    const size_t wanted = (size_t)maker->config->samples;
    const synrl_stream stream = {(uint64_t)maker->config->seed, 0, SYNRL_PURPOSE_PLUGIN};
    size_t start = 0;
    for (uint64_t pass = 1; wanted > samples->n; pass++) {
        if (!(maker->config->jitter > 0) || pass > PASSES_MAX) {
            return maker->host->fail(
                maker->host, SYNRL_INVALID,
                "the fonts in %s give %zu distinct samples, and samples = %zu: "
                "for more, set jitter > 0 or add fonts",
                maker->config->folder, samples->n, wanted);
        }
        start = samples->n;
        SYNRL_TRY(vary_all(maker, pass));
    }
    return wanted == 0 || wanted == samples->n
               ? SYNRL_OK
               : distinct_keep(samples, start, wanted - start, stream);
}

/* The plugin ----------------------------------------------------------------------------------- */

/* Splits UTF-8 into characters; SYNRL_INVALID where it is not valid, or a letter occurs twice. */
static synrl_status read_letters(struct maker *maker) {
    const char *text = maker->config->letters;
    while (*text != '\0') {
        const unsigned char lead = (unsigned char)*text++;
        const unsigned n_more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        uint32_t letter = n_more == 0 ? lead : lead & (0x3fU >> n_more);
        bool is_sound = (lead & 0xc0U) != 0x80 && lead < 0xf8;
        for (unsigned m = 0; is_sound && m < n_more; m++, text++) {
            is_sound = ((unsigned char)*text & 0xc0U) == 0x80;
            letter = letter << 6 | ((unsigned char)*text & 0x3fU);
        }
        for (size_t l = 0; l < maker->n_letters; l++) {
            is_sound = is_sound && maker->letters[l] != letter;
        }
        if (!is_sound || letter == ',' || maker->n_letters == LETTERS_MAX) {
            break;
        }
        maker->letters[maker->n_letters++] = letter;
        if (*text == '\0' && maker->n_letters >= 2) {
            return SYNRL_OK;
        }
    }
    return maker->host->fail(maker->host, SYNRL_INVALID,
                             "letters = \"%.80s\": must be 2 to %d different characters in UTF-8, "
                             "no comma",
                             maker->config->letters, LETTERS_MAX);
}

static synrl_status make(struct maker *maker, synrl_data *data) {
    struct glyphs *glyphs = maker->glyphs;
    struct distinct *samples = &glyphs->samples;
    SYNRL_TRY(read_letters(maker));
    SYNRL_TRY(search(maker, maker->config->folder, 0));
    if (N_STARTS(maker) > 0) {
        qsort_r(STARTS(maker), N_STARTS(maker), sizeof(size_t), compare_starts, maker->paths.bytes);
    }
    SYNRL_TRY(take_files(maker));
    if (samples->n == 0) {
        return maker->host->fail(maker->host, SYNRL_INVALID,
                                 "no font in %s has a letter of \"%.80s\" (%zu font files)",
                                 maker->config->folder, maker->config->letters, N_STARTS(maker));
    }
    const size_t n_distinct = samples->n;
    SYNRL_TRY(reach(maker));
    maker->host->log(maker->host, SYNRL_LOG_INFO, "%zu samples, from %zu fonts that give %zu",
                     samples->n, N_FACES(maker), n_distinct);
    distinct_settle(samples);
    size_t n_classes = maker->n_letters;
    SYNRL_TRY(classes_name(maker->host, maker->config->letters, &n_classes, &glyphs->class_names));
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = samples->n,
                         .n_inputs = samples->size,
                         .format = SYNRL_INPUT_U8,
                         .scale = 1.0F / 255.0F,
                         .inputs = samples->samples.bytes,
                         .labels = (const int32_t *)(void *)samples->labels.bytes,
                         .n_classes = n_classes,
                         .class_names = glyphs->class_names,
                         .height = maker->size,
                         .width = maker->size,
                         .n_channels = 1};
    return SYNRL_OK;
}

static void glyphs_destroy(void *self) {
    struct glyphs *glyphs = self;
    distinct_free(&glyphs->samples);
    glyphs->host->free(glyphs->host, glyphs->class_names);
    glyphs->host->free(glyphs->host, glyphs);
}

static synrl_status run_maker(struct maker *maker, synrl_data *data) {
    const synrl_host *host = maker->host;
    struct buffer *buffers[] = {&maker->paths, &maker->path_starts, &maker->faces};
    for (size_t b = 0; b < sizeof buffers / sizeof buffers[0]; b++) {
        buffers[b]->host = host;
    }
    if (FT_Init_FreeType(&maker->library) != 0) {
        return host->fail(host, SYNRL_NO_MEMORY, "not enough memory for FreeType");
    }
    const synrl_status status = make(maker, data);
    FT_Done_FreeType(maker->library);
    for (size_t b = 0; b < sizeof buffers / sizeof buffers[0]; b++) {
        buffer_free(buffers[b]);
    }
    return status;
}

static synrl_status glyphs_create(const synrl_host *host, const void *configuration,
                                  synrl_data *data, void **self) {
    const struct config *config = configuration;
    struct glyphs *glyphs = host->alloc(host, 1, sizeof *glyphs);
    struct maker *maker = host->alloc(host, 1, sizeof *maker);
    synrl_status status = SYNRL_NO_MEMORY;
    if (glyphs != NULL && maker != NULL) {
        glyphs->host = host;
        distinct_init(&glyphs->samples, host, (size_t)(config->size * config->size));
        *maker = (struct maker){
            .host = host, .config = config, .glyphs = glyphs, .size = (size_t)config->size};
        status = run_maker(maker, data);
    }
    host->free(host, maker);
    if (status == SYNRL_OK) {
        *self = glyphs;
    } else if (glyphs != NULL) {
        glyphs_destroy(glyphs);
    }
    return status;
}

static const synrl_param params[] = {
    {.name = "folder",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, folder),
     .default_text = "/usr/share/fonts",
     .meaning = "the folder of the fonts, searched with its subfolders"},
    {.name = "only",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, only),
     .default_text = "",
     .meaning =
         "only font files whose path contains one of these words: \"serif,mono\"; default: all"},
    {.name = "without",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, without),
     .default_text = "",
     .meaning = "no font files whose path contains one of these words"},
    {.name = "letters",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, letters),
     .default_text = "ABCDEFGHIJ",
     .meaning = "the classes"},
    {.name = "size",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, size),
     .default_text = "28",
     .min = 4,
     .max = 256,
     .meaning = "pixels per side"},
    {.name = "samples",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, samples),
     .default_text = "0",
     .min = 0,
     .max = 1e8,
     .meaning = "number of samples; 0: each letter of each font once"},
    {.name = "jitter",
     .type = SYNRL_PARAM_NUMBER,
     .offset = offsetof(struct config, jitter),
     .default_text = "0",
     .min = 0,
     .max = 2,
     .meaning = "how much letters are sheared, shrunk and moved where there are too few fonts"},
    {.name = "seed",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, seed),
     .default_text = "1",
     .min = 0,
     .max = 9e15,
     .meaning = "seed of the jitter and the selection"},
};

static const synrl_dataset_ops ops = {
    SYNRL_OPS_SIZE(synrl_dataset_ops),
    .create = glyphs_create,
    .destroy = glyphs_destroy,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_DATASET,
    .id = "glyphs",
    .version = "1.0.0",
    .summary = "letters rendered in all the fonts of a folder",
    .source = "after Bulatov's notMNIST, 2011",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
