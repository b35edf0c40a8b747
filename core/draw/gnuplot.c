/* SPDX-License-Identifier: MIT */
/* gnuplot as a child process. Its script is an unlinked temporary file rather than a pipe, so a
 * child that exits early cannot kill us with SIGPIPE. */
#include "draw/gnuplot.h"

#include <errno.h>
#include <string.h>

#include "base/spawn.h"

enum { OUTPUT_LIMIT = 1 << 20 };

synrl_status gnuplot_begin(struct core *core, struct gnuplot *gnuplot) {
    *gnuplot = (struct gnuplot){.core = core, .script = tmpfile()};
    if (gnuplot->script == NULL) {
        return core_fail(core, SYNRL_IO, "cannot make a temporary file for gnuplot: %s",
                         strerror(errno));
    }
    return SYNRL_OK;
}

static synrl_status run(struct gnuplot *gnuplot, size_t limit, char **text) {
    static const char *const words[] = {"gnuplot", "-d", "-", NULL};
    struct core *core = gnuplot->core;
    int code = 0;
    if (fflush(gnuplot->script) != 0 || fseek(gnuplot->script, 0, SEEK_SET) != 0) {
        return core_fail(core, SYNRL_IO, "cannot write the script for gnuplot: %s",
                         strerror(errno));
    }
    const struct spawn spawn = {
        .words = words, .input = fileno(gnuplot->script), .error = SPAWN_NOTHING};
    SYNRL_TRY(spawn_read(core, &spawn, limit, text, &code));
    if (code != 0) {
        core_free(core, *text);
        *text = NULL;
        return core_fail(core, SYNRL_IO, "gnuplot failed to draw a picture");
    }
    return SYNRL_OK;
}

synrl_status gnuplot_run(struct gnuplot *gnuplot, char **text) {
    char *output = NULL;
    const synrl_status status = run(gnuplot, text != NULL ? OUTPUT_LIMIT : 0, &output);
    fclose(gnuplot->script);
    gnuplot->script = NULL;
    if (text != NULL) {
        *text = output;
    } else {
        core_free(gnuplot->core, output);
    }
    return status;
}

void gnuplot_quote(FILE *script, const char *text) {
    fputc('\'', script);
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputc('\'', script);
        }
        fputc(*text == '\n' ? ' ' : *text, script);
    }
    fputc('\'', script);
}

synrl_status gnuplot_file(struct gnuplot *gnuplot, const char *path, int width, int height) {
    const size_t length = strlen(path);
    const char *ending = length > 4 ? path + length - 4 : "";
    const bool is_svg = strcmp(ending, ".svg") == 0;
    if (!is_svg && strcmp(ending, ".png") != 0) {
        return core_fail(gnuplot->core, SYNRL_INVALID,
                         "%s: the name of a picture must end in .svg or .png", path);
    }
    fprintf(gnuplot->script,
            "set terminal %s size %d,%d font 'Helvetica,14' background '#ffffff'\nset output ",
            is_svg ? "svg" : "pngcairo", width, height);
    gnuplot_quote(gnuplot->script, path);
    fputc('\n', gnuplot->script);
    return SYNRL_OK;
}

void gnuplot_abandon(struct gnuplot *gnuplot) {
    fclose(gnuplot->script);
    gnuplot->script = NULL;
}

const char *picture_name(enum picture picture) {
    static const char *const names[N_PICTURES] = {"loss", "boundary", "policy", "confusion",
                                                  "mistakes"};
    return names[picture];
}

void gnuplot_formats(FILE *script, const char *folder, enum picture picture, int width,
                     int height) {
    fprintf(script,
            "do for [format in 'svg png'] {\n"
            "if (format eq 'svg') {\n"
            "set terminal svg size %d,%d font 'Helvetica,14' background '#ffffff'\n"
            "} else {\n"
            "set terminal pngcairo size %d,%d font 'Helvetica,14' background '#ffffff'\n"
            "}\n"
            "set output ",
            width, height, width, height);
    gnuplot_quote(script, folder);
    fprintf(script, ".'/%s.'.format\n", picture_name(picture));
}

void gnuplot_formats_end(FILE *script) {
    fputs("unset output\n}\n", script);
}
