/* SPDX-License-Identifier: MIT */
/* The public headers by themselves: each compiles alone, as C11 and as C++, without a warning; a
 * row of a parameter table compiles where its field is of its type, and nowhere else; a rule in C++
 * compiles and exports its entry. */
#include <dlfcn.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/scratch.h"
#include "support/test.h"
#include "synrl/plugin.h"

SUITE("headers");

static const char *const compilers[] = {
    "gcc -x c -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror",
    "g++ -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror",
};
enum { N_COMPILERS = COUNT_OF(compilers) };

/* Whether the command succeeds; its messages into text. */
static bool succeeds(const char *command, char *text, size_t size) {
    FILE *messages = popen(command, "r");
    ck_assert_ptr_nonnull(messages);
    const size_t length = fread(text, 1, size - 1, messages);
    text[length] = '\0';
    while (fgetc(messages) != EOF) { /* or the compiler dies of a closed pipe */
    }
    return pclose(messages) == 0;
}

static void compile_alone(const char *compiler, const char *header) {
    char command[512], text[4096];
    snprintf(command, sizeof command,
             "echo '#include <synrl/%s>' | %s -fsyntax-only -Icore/include - 2>&1", header,
             compiler);
    ck_assert_msg(succeeds(command, text, sizeof text), "%s: %s", command, text);
}

TEST_EACH(compiles_alone, N_COMPILERS) {
    glob_t found;
    ck_assert_int_eq(glob("core/include/synrl/*.h", 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 16);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        compile_alone(compilers[_i], strrchr(found.gl_pathv[i], '/') + 1);
    }
    globfree(&found);
}

/* Rows, each with a field of its type and one that is nearly of it. */
static const struct {
    const char *row, *fits, *wrong;
} rows[] = {
    {"SYNRL_NUMBER(%s, \"1\", 0, 1, \"m\")", "double", "float"},
    {"SYNRL_NUMBERS(%s, \"1\", 0, 1, \"m\")", "synrl_numbers", "synrl_integers"},
    {"SYNRL_INTEGER(%s, \"1\", 0, 1, \"m\")", "int64_t", "int32_t"},
    {"SYNRL_INTEGERS(%s, \"1\", 0, 1, \"m\")", "synrl_integers", "synrl_numbers"},
    {"SYNRL_BOOLEAN(%s, \"true\", \"m\")", "bool", "int"},
    {"SYNRL_STRING(%s, \"x\", \"m\")", "const char *", "char *"},
    {"SYNRL_CHOICE(%s, \"x\", \"x|y\", \"m\")", "int32_t", "uint32_t"},
    {"SYNRL_SCHEDULE(%s, \"1\", 0, 1, \"m\")", "const synrl_schedule *", "double"},
    {"SYNRL_POLICY(%s, SYNRL_REQUIRED, \"m\")", "const synrl_policy *", "synrl_policy *"},
    {"SYNRL_ACTIVATION_PARAM(%s, \"tanh\", \"m\")", "const synrl_activation *",
     "synrl_activations"},
    {"SYNRL_ACTIVATIONS(%s, \"tanh\", \"m\")", "synrl_activations", "const synrl_activation *"},
};
enum { N_ROWS = COUNT_OF(rows) };

/* One row, or one metric, of a struct whose `field` is of a type. */
static bool compiles_with(const char *compiler, const char *table, const char *row,
                          const char *type, char *text, size_t size) {
    char command[2048], source[1024];
    char *end = source + sprintf(source,
                                 "#include <synrl/rule.h>\n"
                                 "struct config { int before; %s field; };\n"
                                 "%s table[] = {",
                                 type, table);
    end += sprintf(end, row, "field");
    sprintf(end, "};\n");
    snprintf(command, sizeof command, "%s -fsyntax-only -Icore/include - 2>&1 <<'END'\n%sEND\n",
             compiler, source);
    return succeeds(command, text, size);
}

TEST_EACH(a_row_fits_only_its_type, N_COMPILERS *N_ROWS) {
    const char *compiler = compilers[_i / N_ROWS], *table =
                                                       "extern const synrl_param table[];\n"
                                                       "const synrl_param";
    const size_t r = (size_t)_i % N_ROWS;
    char text[4096];
    ck_assert_msg(compiles_with(compiler, table, rows[r].row, rows[r].fits, text, sizeof text),
                  "%s: %s", rows[r].row, text);
    ck_assert_msg(!compiles_with(compiler, table, rows[r].row, rows[r].wrong, text, sizeof text),
                  "%s compiles with a %s", rows[r].row, rows[r].wrong);
    ck_assert_msg(strstr(text, "error") != NULL, "%s", text);
}

TEST_EACH(a_metric_is_a_double, N_COMPILERS) {
    const char *table = "extern const synrl_metric table[];\nconst synrl_metric";
    const char *row = "SYNRL_METRIC(struct config, %s, \"m\")";
    char text[4096];
    ck_assert_msg(compiles_with(compilers[_i], table, row, "double", text, sizeof text), "%s",
                  text);
    ck_assert(!compiles_with(compilers[_i], table, row, "float", text, sizeof text));
    ck_assert(!compiles_with(compilers[_i], table, row, "int64_t", text, sizeof text));
}

/* C++17 has designated initialisers as an extension of gcc and clang, C++20 by itself. */
static const char *const cpp_compilers[] = {
    "g++ -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Werror",
    "g++ -std=c++17 -Wall -Wextra -Wconversion -Werror",
};

TEST_EACH(a_rule_in_cpp_exports_its_entry, COUNT_OF(cpp_compilers)) {
    struct scratch scratch;
    scratch_make(&scratch);
    const char *file = scratch_path(&scratch, "cpp_rule.so");
    char command[1024], text[4096];
    snprintf(command, sizeof command,
             "%s -shared -fPIC -fvisibility=hidden -Icore/include tests/headers/rule.cpp -o %s "
             "2>&1",
             cpp_compilers[_i], file);
    ck_assert_msg(succeeds(command, text, sizeof text), "%s: %s", command, text);
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(library != NULL, "%s", dlerror());
    const synrl_plugin *entry = dlsym(library, "synrl_plugin_entry");
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->kind, SYNRL_KIND_RULE);
    ck_assert_str_eq(entry->id, "cpp_rule");
    ck_assert_uint_eq(entry->param_size, sizeof(synrl_param));
    ck_assert_uint_eq(entry->n_params, 4);
    ck_assert_str_eq(entry->params[1].name, "bias_scale");
    ck_assert_uint_eq(entry->params[1].offset, sizeof(void *)); /* after the schedule */
    dlclose(library);
    scratch_remove(&scratch);
}
