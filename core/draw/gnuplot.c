/* gnuplot as a child process. Its script is an unlinked temporary file rather than a pipe, so a
 * child that exits early cannot kill us with SIGPIPE. */
#include "draw/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { OUTPUT_LIMIT = 1 << 20 };

synrl_status gnuplot_begin(struct core *core, struct gnuplot *gnuplot) {
    *gnuplot = (struct gnuplot){.core = core, .script = tmpfile()};
    if (gnuplot->script == NULL) {
        return core_fail(core, SYNRL_IO, "cannot make a temporary file for gnuplot: %s",
                         strerror(errno));
    }
    return SYNRL_OK;
}

static int spawn(const struct gnuplot *gnuplot, FILE *output, pid_t *child) {
    char *const arguments[] = {"gnuplot", "-d", "-", NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    posix_spawn_file_actions_adddup2(&actions, fileno(gnuplot->script), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(output), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    error = posix_spawnp(child, "gnuplot", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static synrl_status wait_for(struct core *core, pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return core_fail(core, SYNRL_IO, "cannot wait for gnuplot: %s", strerror(errno));
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        return core_fail(core, SYNRL_UNSUPPORTED, "gnuplot is not installed");
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return core_fail(core, SYNRL_IO, "gnuplot failed to draw a picture");
    }
    return SYNRL_OK;
}

static synrl_status read_output(struct core *core, FILE *output, char **text) {
    *text = core_alloc(core, OUTPUT_LIMIT + 1, 1);
    if (*text == NULL) {
        return SYNRL_NO_MEMORY;
    }
    rewind(output);
    const size_t n = fread(*text, 1, OUTPUT_LIMIT, output);
    (*text)[n] = '\0';
    return SYNRL_OK;
}

static synrl_status run(struct gnuplot *gnuplot, FILE *output, char **text) {
    struct core *core = gnuplot->core;
    pid_t child;
    if (fflush(gnuplot->script) != 0 || fseek(gnuplot->script, 0, SEEK_SET) != 0) {
        return core_fail(core, SYNRL_IO, "cannot write the script for gnuplot: %s",
                         strerror(errno));
    }
    const int error = spawn(gnuplot, output, &child);
    if (error == ENOENT) {
        return core_fail(core, SYNRL_UNSUPPORTED, "gnuplot is not installed");
    }
    if (error != 0) {
        return core_fail(core, SYNRL_IO, "cannot start gnuplot: %s", strerror(error));
    }
    SYNRL_TRY(wait_for(core, child));
    return text != NULL ? read_output(core, output, text) : SYNRL_OK;
}

synrl_status gnuplot_run(struct gnuplot *gnuplot, char **text) {
    FILE *output = tmpfile();
    synrl_status status;
    if (output == NULL) {
        status =
            core_fail(gnuplot->core, SYNRL_IO, "cannot make a temporary file: %s", strerror(errno));
    } else {
        status = run(gnuplot, output, text);
        fclose(output);
    }
    fclose(gnuplot->script);
    gnuplot->script = NULL;
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

void gnuplot_formats(FILE *script, const char *folder, const char *name, int width, int height) {
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
    fprintf(script, ".'/%s.'.format\n", name);
}

void gnuplot_formats_end(FILE *script) {
    fputs("unset output\n}\n", script);
}
