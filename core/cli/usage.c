/* SPDX-License-Identifier: MIT */
/* Help made of the tables of the commands. */
#include "cli/usage.h"

#include <ctype.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/common.h"

enum { WIDTH = 79, INDENT_MAX = 24, COMMANDS_MAX = 32, NAME_SIZE = 64, MEANING_SIZE = 1024 };

const struct command *usage_find(const struct program *program, const char *name) {
    const char *names[COMMANDS_MAX];
    char suggestion[SUGGESTION_SIZE];
    for (size_t c = 0; c < program->n; c++) {
        if (strcmp(name, program->commands[c]->name) == 0) {
            return program->commands[c];
        }
    }
    for (size_t c = 0; c < program->n && c < COMMANDS_MAX; c++) {
        names[c] = program->commands[c]->name;
    }
    suggest_text(name, program->n, names, suggestion);
    usage_error("unknown command \"%s\"%s", name,
                suggestion[0] != '\0' ? suggestion : "; see `synrl help`");
    return NULL;
}

/* "--seed N" */
static void write_name(const struct flag *flag, char name[NAME_SIZE]) {
    snprintf(name, NAME_SIZE, "%s%s%s", flag->name, flag->placeholder != NULL ? " " : "",
             flag->placeholder != NULL ? flag->placeholder : "");
}

/* The meaning, with the words that the flag's value may be. */
static void write_meaning(const struct flag *flag, char meaning[MEANING_SIZE]) {
    int length = snprintf(meaning, MEANING_SIZE, "%s", flag->meaning);
    for (size_t i = 0; flag->choice != NULL && flag->choice(i) != NULL && length < MEANING_SIZE;
         i++) {
        length += snprintf(meaning + length, MEANING_SIZE - (size_t)length, "%s%s",
                           i > 0 ? ", " : ": ", flag->choice(i));
    }
}

/* For a person --------------------------------------------------------------------------------- */

/* Words in lines of WIDTH, from `column` on, further lines indented by `indent`. */
static void print_wrapped(FILE *stream, const char *text, int column, int indent) {
    bool is_first = true;
    while (*text != '\0') {
        const int length = (int)strcspn(text, " ");
        if (!is_first && column + 1 + length > WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        } else if (!is_first) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", length, text);
        column += length;
        is_first = false;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', stream);
}

/* A name and what it means, in two columns. */
static void print_entry(FILE *stream, int indent, const char *name, const char *meaning) {
    const int column = fprintf(stream, "  %s  ", name);
    if (column > indent) {
        fprintf(stream, "\n%*s", indent, "");
    } else {
        fprintf(stream, "%*s", indent - column, "");
    }
    print_wrapped(stream, meaning, indent, indent);
}

static void print_flags(FILE *stream, const struct command *command) {
    static const char help[] = "-h, --help";
    char name[NAME_SIZE], meaning[MEANING_SIZE];
    int indent = (int)strlen(help) + 4;
    for (size_t i = 0; i < command->n_flags; i++) {
        write_name(&command->flags[i], name);
        const int width = (int)strlen(name) + 4;
        indent = width > indent && width <= INDENT_MAX ? width : indent;
    }
    fputs("\noptions:\n", stream);
    for (size_t i = 0; i < command->n_flags; i++) {
        if (!command->flags[i].is_hidden) {
            write_name(&command->flags[i], name);
            write_meaning(&command->flags[i], meaning);
            print_entry(stream, indent, name, meaning);
        }
    }
    print_entry(stream, indent, help, "show this help");
}

static void print_examples(FILE *stream, const char *examples) {
    fputs("\nexamples:\n", stream);
    while (*examples != '\0') {
        const size_t length = strcspn(examples, "\n");
        fprintf(stream, "  %.*s\n", (int)length, examples);
        examples += length + (examples[length] == '\n');
    }
}

void usage_command(FILE *stream, const struct command *command) {
    const char *form = command->arguments;
    do {
        const size_t length = strcspn(form, "\n");
        fprintf(stream, "%s synrl %s%s%.*s\n", form == command->arguments ? "usage:" : "      ",
                command->name, length > 0 ? " " : "", (int)length, form);
        form += length + (form[length] == '\n');
    } while (*form != '\0');
    fprintf(stream, "\n%c%s.\n", toupper((unsigned char)command->summary[0]), command->summary + 1);
    if (command->description != NULL) {
        print_wrapped(stream, command->description, 0, 0);
    }
    print_flags(stream, command);
    if (command->examples != NULL) {
        print_examples(stream, command->examples);
    }
}

void usage_program(FILE *stream, const struct program *program) {
    fputs("usage: synrl COMMAND [arguments]\n\ncommands:\n", stream);
    for (size_t c = 0; c < program->n; c++) {
        fprintf(stream, "  %-10s  %s\n", program->commands[c]->name, program->commands[c]->summary);
    }
    fputs("\n`synrl COMMAND --help` explains a command, `synrl help KIND ID` a plugin.\n", stream);
}

/* For man -------------------------------------------------------------------------------------- */

/* A sentence: the text with a capital and a full stop; what is in backquotes in bold. */
static void print_roff(FILE *stream, const char *text, bool is_sentence) {
    bool is_bold = false;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '`') {
            is_bold = !is_bold;
            fputs(is_bold ? "\\fB" : "\\fR", stream);
        } else if (*c == '-') {
            fputs("\\-", stream);
        } else if (*c == '\\') {
            fputs("\\e", stream);
        } else {
            fputc(is_sentence && c == text ? toupper((unsigned char)*c) : *c, stream);
        }
    }
    fputs(is_sentence ? ".\n" : "\n", stream);
}

/* A form of a command: flags in bold, what stands for something in italics. */
static void print_form(FILE *stream, const char *form, size_t length) {
    for (size_t i = 0; i < length;) {
        size_t n = 0;
        while (i + n < length && (isalnum((unsigned char)form[i + n]) || form[i + n] == '-')) {
            n++;
        }
        if (n == 0) {
            fputc(form[i++], stream);
            continue;
        }
        fputs(form[i] == '-' ? "\\fB" : "\\fI", stream);
        for (const size_t end = i + n; i < end; i++) {
            fputs(form[i] == '-' ? "\\-" : (const char[]){form[i], '\0'}, stream);
        }
        fputs("\\fR", stream);
    }
    fputc('\n', stream);
}

static void print_forms(FILE *stream, const struct command *command) {
    const char *form = command->arguments;
    do {
        const size_t length = strcspn(form, "\n");
        fprintf(stream, "%s.B synrl %s\n", form == command->arguments ? "" : ".br\n",
                command->name);
        if (length > 0) {
            print_form(stream, form, length);
        }
        form += length + (form[length] == '\n');
    } while (*form != '\0');
}

static void print_section(FILE *stream, const struct command *command) {
    char meaning[MEANING_SIZE];
    fprintf(stream, ".SS %s\n", command->name);
    print_forms(stream, command);
    fputs(".PP\n", stream);
    print_roff(stream, command->summary, true);
    if (command->description != NULL) {
        print_roff(stream, command->description, false);
    }
    for (size_t i = 0; i < command->n_flags; i++) {
        const struct flag *flag = &command->flags[i];
        if (flag->is_hidden) {
            continue;
        }
        fprintf(stream, ".TP\n.B%s ", flag->placeholder != NULL ? "I" : "");
        for (const char *c = flag->name; *c != '\0'; c++) {
            fputs(*c == '-' ? "\\-" : (const char[]){*c, '\0'}, stream);
        }
        fprintf(stream, flag->placeholder != NULL ? " \" %s\"\n" : "\n", flag->placeholder);
        write_meaning(flag, meaning);
        print_roff(stream, meaning, true);
    }
    if (command->examples != NULL) {
        fputs(".PP\n.nf\n", stream);
        print_roff(stream, command->examples, false);
        fputs(".fi\n", stream);
    }
}

void usage_manual(FILE *stream, const struct program *program) {
    fputs(".SH COMMANDS\n", stream);
    for (size_t c = 0; c < program->n; c++) {
        print_section(stream, program->commands[c]);
    }
}
