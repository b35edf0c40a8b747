/* Each public header compiles alone, as C11 and as C++, without a warning. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/test.h"

SUITE("headers");

static const char *const compilers[] = {
    "gcc -x c -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror",
    "g++ -x c++ -std=c++11 -Wall -Wextra -Werror",
};

static void compile_alone(const char *compiler, const char *header) {
    char command[512];
    snprintf(command, sizeof command,
             "echo '#include <synrl/%s>' | %s -fsyntax-only -Icore/include - 2>&1", header,
             compiler);
    FILE *messages = popen(command, "r");
    ck_assert_ptr_nonnull(messages);
    char text[4096];
    const size_t length = fread(text, 1, sizeof text - 1, messages);
    text[length] = '\0';
    ck_assert_msg(pclose(messages) == 0, "%s: %s", command, text);
}

TEST_EACH(compiles_alone, 2) {
    glob_t found;
    ck_assert_int_eq(glob("core/include/synrl/*.h", 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 12);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        compile_alone(compilers[_i], strrchr(found.gl_pathv[i], '/') + 1);
    }
    globfree(&found);
}
