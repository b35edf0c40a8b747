/* SPDX-License-Identifier: MIT */
/* A C file under construction. */
#include "lua/c_text.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/count.h"
#include "base/file.h"
#include "lua/session.h"
#include "plugin/plugin_check.h"

void c_text_begin(lua_State *L, struct c_text *text) {
    lua_Debug info;
    luaL_checkstack(L, 16, NULL);
    *text = (struct c_text){.L = L};
    lua_newtable(L);
    text->pieces = lua_gettop(L);
    lua_newtable(L);
    for (int level = 1; lua_getstack(L, level, &info) != 0; level++) {
        lua_getinfo(L, "Sl", &info);
        if (info.currentline > 0) {
            text->script = info.source[0] == '@' ? info.source + 1 : NULL;
            text->line = info.currentline;
            return;
        }
    }
}

/* Pops a string, and adds it to the text for the compiler and, unless it is a directive, to the
 * text itself. */
static void add_top(struct c_text *text, bool is_directive) {
    lua_State *L = text->L;
    if (!is_directive) {
        lua_pushvalue(L, -1);
        lua_rawseti(L, text->pieces, ++text->n);
    }
    lua_rawseti(L, text->pieces + 1, ++text->n_lined);
}

void c_text_add(struct c_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    lua_pushvfstring(text->L, format, arguments);
    va_end(arguments);
    add_top(text, false);
}

/* Pushes "..." with all but plain characters in octal; so there are no trigraphs either. */
static void push_literal(lua_State *L, const char *value) {
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    luaL_addchar(&buffer, '"');
    for (const char *c = value; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        if (byte >= ' ' && byte < 127 && strchr("\"\\?", byte) == NULL) {
            luaL_addchar(&buffer, *c);
        } else {
            const char octal[] = {'\\', (char)('0' + (byte >> 6)), (char)('0' + ((byte >> 3) & 7)),
                                  (char)('0' + (byte & 7))};
            luaL_addlstring(&buffer, octal, sizeof octal);
        }
    }
    luaL_addchar(&buffer, '"');
    luaL_pushresult(&buffer);
}

void c_text_add_literal(struct c_text *text, const char *value) {
    push_literal(text->L, value);
    add_top(text, false);
}

/* Where the value begins in the bytes of the script, after the line of the call; NULL: it was not
 * written there as it is. Lua reads every line end as \n. */
static const char *find_value(char *bytes, size_t size, int line, const char *value) {
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\r') {
            i += i + 1 < size && bytes[i + 1] == '\n';
            bytes[n++] = '\n';
        } else {
            bytes[n++] = bytes[i];
        }
    }
    bytes[n] = '\0';
    const char *at = bytes;
    for (int l = 1; at != NULL && l < line; l++) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    for (at = at != NULL ? strstr(at, value) : NULL; at != NULL; at = strstr(at + 1, value)) {
        const char *before = at > bytes && at[-1] == '\n' ? at - 1 : at;
        if (before > bytes && strchr("[\"'", before[-1]) != NULL) {
            return at;
        }
    }
    return NULL;
}

/* The line of the script at which the value begins; 0: not known. */
static int line_of(struct c_text *text, const char *value) {
    enum { SCRIPT_LIMIT = 1 << 24 };
    struct core *core = session_of(text->L)->core;
    char *bytes;
    size_t size;
    int line = 0;
    if (text->script == NULL || value[0] == '\0' ||
        file_read(core, text->script, SCRIPT_LIMIT, &bytes, &size) != SYNRL_OK) {
        return 0;
    }
    const char *found = find_value(bytes, size, text->line, value);
    for (const char *c = bytes; found != NULL && c <= found; c++) {
        line += c == bytes || c[-1] == '\n';
    }
    core_free(core, bytes);
    return line;
}

/* Pops the name of a file, as a literal. */
static void add_directive(struct c_text *text, int line) {
    lua_pushfstring(text->L, "#line %d %s\n", line, lua_tostring(text->L, -1));
    lua_remove(text->L, -2);
    add_top(text, true);
}

void c_text_add_script(struct c_text *text, const char *name, const char *value) {
    lua_State *L = text->L;
    const int found = line_of(text, value), line = found > 0 ? found : 1;
    int last = line;
    for (const char *c = value; *c != '\0'; c++) {
        last += *c == '\n';
    }
    push_literal(L, found > 0 ? text->script : name);
    lua_pushvalue(L, -1);
    add_directive(text, line);
    c_text_add(text, "%s\n", value);
    add_directive(text, last); /* what is missing at the end is missing in the last line */
}

static void push_joined(struct c_text *text, int pieces, lua_Integer n) {
    luaL_Buffer buffer;
    luaL_buffinit(text->L, &buffer);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(text->L, pieces, i);
        luaL_addvalue(&buffer);
    }
    luaL_pushresult(&buffer);
}

void c_text_end(struct c_text *text) {
    push_joined(text, text->pieces, text->n);
    push_joined(text, text->pieces + 1, text->n_lined);
}

int c_text_is_name(const char *name) {
    static const char *const words[] = {
        "auto",     "bool",   "break",    "case",     "char",     "const",    "continue",
        "default",  "do",     "double",   "else",     "enum",     "extern",   "false",
        "float",    "for",    "goto",     "if",       "inline",   "i386",     "int",
        "linux",    "unix",   "long",     "register", "restrict", "return",   "short",
        "signed",   "sizeof", "static",   "struct",   "switch",   "true",     "typedef",
        "typeof",   "union",  "asm",      "alignas",  "alignof",  "noreturn", "static_assert",
        "unsigned", "void",   "volatile", "while"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(name, words[i]) == 0) {
            return 0;
        }
    }
    return is_plugin_id(name);
}
