/* Help, the manual page and completion of the program: all flags of all commands, wherever a person
 * looks for them. What there must be is looked up in the sources, as text. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/child.h"
#include "support/test.h"

#define SYNRL "\"$BUILD\"/synrl "

static struct child child;

static void open_child(void) {
    char here[PATH_MAX];
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    ck_assert_int_eq(setenv("TOP", here, 1), 0);
    child_open(&child);
}

static void close_child(void) {
    child_close(&child);
}

SUITE("usage", .setup = open_child, .teardown = close_child, .timeout = 120);

TEST(the_commands_are_listed) {
    ck_assert_int_eq(child_run(&child, SYNRL), 2);
    ck_assert_str_eq(child.output, "");
    char *text = strdup(child.error);
    ck_assert_int_eq(strncmp(text, "usage: synrl COMMAND", 20), 0);
    static const char *const asked[] = {"help", "--help", "-h"};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(child_run(&child, SYNRL "%s", asked[i]), 0);
        ck_assert_str_eq(child.output, text);
    }
    free(text);
}

/* The file of each command is core/cli/NAME.c. */
TEST(every_command_shows_its_help_wherever_it_is_asked) {
    ck_assert_int_eq(
        child_run(&child,
                  "for f in $(grep -l '^const struct command command_' \"$TOP\"/core/cli/*.c); do\n"
                  "c=$(basename $f .c); " SYNRL "help $c >one && " SYNRL "$c --help >two && " SYNRL
                  "$c -h >three &&\ncmp one two && cmp one three &&\n"
                  "head -n 1 one | grep -q \"^usage: synrl $c\" && grep -q -e '--help' one ||\n"
                  "{ echo \"$c has no help\"; exit 1; }; echo $c; done | wc -l"),
        0);
    ck_assert_str_eq(child.output, "16\n");
    ck_assert_int_eq(child_run(&child, SYNRL "help rm >one && " SYNRL "rm --force x --help >two && "
                                             "cmp one two"),
                     0);
    ck_assert_int_eq(child_run(&child, SYNRL "rm --force -- --help"), 1); /* a run's name */
    ck_assert_str_eq(child.error, "synrl: no run \"--help\", and no folder runs\n");
}

/* Of each row of a table, "    {"--name", FLAG_..., the command's help, the page and the completion
 * tell; but for the rows that are hidden. */
TEST(every_flag_of_the_tables_is_explained) {
    static const char script[] =
        "check() { # command, file with its table\n" SYNRL
        "$1 --help >help\n"
        "sed -n \"/^\\.SS $1\\$/,/^\\.SS/p\" \"$BUILD\"/synrl.1 | sed 's/\\\\-/-/g' >page\n"
        "sed -n \"/^  $1)/,/ esac/p\" \"$BUILD\"/synrl.bash >completion\n"
        "for o in $(tr '\\n' ' ' <$2 | sed 's/}, *{/}\\n{/g' | grep -v 'is_hidden = true' |\n"
        "  grep -o '^.*{\"--\\?[a-z-]*\", *FLAG_' | grep -o '\"--\\?[a-z-]*\", *FLAG_' | "
        "cut -d'\"' -f2); do\n"
        "echo $1 $o\n"
        "grep -q -e \"^  $o[ ,]\" help || echo \"$1: no help on $o\"\n"
        "grep -q -e \"^\\.BI\\? $o\\( \\|\\$\\)\" page || echo \"$1: nothing in the page on $o\"\n"
        "grep -q -e \"[ ']$o[ ']\" completion || echo \"$1: $o is not completed\"\n"
        "done; }\n"
        "for f in $(grep -l '{\"--\\?[a-z]*\", *FLAG_' \"$TOP\"/core/cli/*.c); do\n"
        "check $(basename $f .c) $f; done >found\n"
        "check run \"$TOP\"/core/record/invocation.c >>found\n"
        "grep ':' found; grep -vc ':' found";
    ck_assert_int_eq(child_run(&child, "%s", script), 0);
    char *rest;
    const long n = strtol(child.output, &rest, 10);
    ck_assert_msg(strcmp(rest, "\n") == 0, "%s", child.output);
    ck_assert_int_gt(n, 40); /* it has found them */
}

TEST(every_variable_is_in_the_page) {
    ck_assert_int_eq(
        child_run(&child,
                  "for v in $(cat \"$TOP\"/core/*/*.c | grep -o 'getenv(\"SYNRL[A-Z_]*' | "
                  "cut -d'\"' -f2 | sort -u); do\n"
                  "grep -qx \".B $v\" \"$BUILD\"/synrl.1 && echo \"$v\"; done"),
        0);
    ck_assert_str_eq(child.output, "SYNRL_ISA\nSYNRL_PATH\nSYNRL_PLUGIN_PATH\nSYNRL_TRACEBACK\n");
}

/* man's own checks find nothing to say, and nothing is left of the marks. */
TEST(the_page_is_a_manual_page) {
    ck_assert_int_eq(child_run(&child,
                               "! grep '@' \"$BUILD\"/synrl.1 && "
                               "{ test -z \"$(command -v groff)\" || groff -man -ww -Tutf8 "
                               "\"$BUILD\"/synrl.1 >/dev/null; }"),
                     0);
    ck_assert_str_eq(child.error, "");
}

/* Completion ----------------------------------------------------------------------------------- */

static const struct {
    const char *words, *completed; /* sorted, by spaces */
} completions[] = {
    {"re", "reindex replay report resume"},
    {"ls --st", "--status"},
    {"ls --status ", "crashed done failed interrupted running stopped unknown"},
    {"ls --sort valid_", "valid_accuracy valid_loss"},
    {"show 2", "2031-first 2031-second"},
    {"rm --force runs/2031-f", "runs/2031-first"},
    {"run scr", "script.lua"},
    {"run --runs ru", "runs"},
    {"run --cell", ""},
    {"help swe", "sweep"},
    {"completion ", "bash"},
    {"version ", ""},
};

TEST_EACH(bash_completes, sizeof completions / sizeof completions[0]) {
    const char *words = completions[_i].words;
    ck_assert_int_eq(
        child_run(&child,
                  "mkdir -p runs/2031-first runs/2031-second; touch script.lua\n"
                  "cat >c.sh <<'END'\n"
                  "set -u; source <(" SYNRL "completion bash)\n"
                  "COMP_WORDS=(synrl %s%s) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _synrl\n"
                  "printf '%%s\\n' \"${COMPREPLY[@]}\" | sort | paste -sd' '\n"
                  "END\nbash c.sh",
                  words, words[strlen(words) - 1] == ' ' ? "''" : ""),
        0);
    ck_assert_str_eq(child.error, "");
    child.output[strcspn(child.output, "\n")] = '\0';
    ck_assert_str_eq(child.output, completions[_i].completed);
}
