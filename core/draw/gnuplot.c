/* SPDX-License-Identifier: MIT */
/* gnuplot as a child process. Its script is an unlinked temporary file rather than a pipe, so a
 * child that exits early cannot kill us with SIGPIPE. */
#include "draw/gnuplot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"

enum { OUTPUT_LIMIT = 1 << 20 };

/* assets.S */
extern const char draw_style_gp[], draw_loss_gp[], draw_boundary_gp[], draw_confusion_gp[],
    draw_mistakes_gp[];

static const struct {
    const char *name, *drawing;
} pictures[N_PICTURES] = {
    [PICTURE_LOSS] = {"loss", draw_loss_gp},
    [PICTURE_BOUNDARY] = {"boundary", draw_boundary_gp},
    [PICTURE_POLICY] = {"policy", draw_policy_gp},
    [PICTURE_CONFUSION] = {"confusion", draw_confusion_gp},
    [PICTURE_MISTAKES] = {"mistakes", draw_mistakes_gp},
};

const char *picture_name(enum picture picture) {
    return pictures[picture].name;
}

synrl_status gnuplot_begin(struct core *core, FILE **script) {
    *script = tmpfile();
    if (*script == NULL) {
        return core_fail(core, SYNRL_IO, "cannot make a temporary file for gnuplot: %s",
                         strerror(errno));
    }
    return SYNRL_OK;
}

/* Writes n characters in gnuplot's single quotes. */
static void quote(FILE *script, const char *text, size_t n) {
    fputc('\'', script);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\'') {
            fputc('\'', script);
        }
        fputc(text[i] == '\n' ? ' ' : text[i], script);
    }
    fputs("'\n", script);
}

void gnuplot_string(FILE *script, const char *name, const char *value) {
    fprintf(script, "%s = ", name);
    quote(script, value, strlen(value));
}

void gnuplot_entry(FILE *script, const char *array, size_t entry, const char *value) {
    fprintf(script, "%s[%zu] = ", array, entry);
    quote(script, value, strlen(value));
}

static synrl_status run(struct core *core, FILE *script, const char *drawing, size_t limit,
                        char **text) {
    /* From a file that has a name gnuplot reads blocks, from "-" single bytes. */
    const char *const file = access("/proc/self/fd", X_OK) == 0 ? "/proc/self/fd/0" : "-";
    const char *const words[] = {"gnuplot", "-d", file, NULL};
    int code = 0;
    fputs(draw_style_gp, script);
    fputs(drawing, script);
    if (fflush(script) != 0 || fseek(script, 0, SEEK_SET) != 0) {
        return core_fail(core, SYNRL_IO, "cannot write the script for gnuplot: %s",
                         strerror(errno));
    }
    const struct spawn spawn = {.words = words, .input = fileno(script), .error = SPAWN_NOTHING};
    SYNRL_TRY(spawn_read(core, &spawn, limit, text, &code));
    if (code != 0) {
        core_free(core, *text);
        *text = NULL;
        return core_fail(core, SYNRL_IO, "gnuplot failed to draw a picture");
    }
    return SYNRL_OK;
}

synrl_status gnuplot_text(struct core *core, FILE *script, const char *drawing, char **text) {
    *text = NULL;
    const synrl_status status = run(core, script, drawing, OUTPUT_LIMIT, text);
    fclose(script);
    return status;
}

static synrl_status draw(struct core *core, FILE *script, const char *drawing) {
    char *text = NULL;
    const synrl_status status = run(core, script, drawing, 0, &text);
    core_free(core, text);
    fclose(script);
    return status;
}

synrl_status gnuplot_picture(struct core *core, FILE *script, enum picture picture,
                             const char *folder) {
    gnuplot_string(script, "folder", folder);
    fprintf(script, "path = folder.'/%s'\nformats = 'svg png'\n", pictures[picture].name);
    return draw(core, script, pictures[picture].drawing);
}

synrl_status gnuplot_file(struct core *core, FILE *script, const char *drawing, const char *path) {
    const size_t length = strlen(path);
    const char *ending = length > 4 ? path + length - 4 : "";
    if (strcmp(ending, ".svg") != 0 && strcmp(ending, ".png") != 0) {
        fclose(script);
        return core_fail(core, SYNRL_INVALID, "%s: the name of a picture must end in .svg or .png",
                         path);
    }
    fputs("path = ", script);
    quote(script, path, length - 4);
    gnuplot_string(script, "formats", ending + 1);
    return draw(core, script, drawing);
}
