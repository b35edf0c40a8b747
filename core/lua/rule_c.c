/* SPDX-License-Identifier: MIT */
/* A rule whose iteration is written in C within the script: its tables become a plugin's C file,
 * which is compiled, kept and opened like any other (plugin/compile.h). */
#include "lua/rule_c.h"

#include <math.h>
#include <string.h>

#include "base/count.h"
#include "base/number.h"
#include "lua/c_plugin.h"
#include "lua/session.h"

/* State ---------------------------------------------------------------------------------------- */

struct state {
    bool is_number; /* with a value to begin with */
    double first;
    char type[16];
    char length[24]; /* "": one; "n_synapses"; a number */
};

/* "int8_t[n_synapses]" */
static bool parse_state(const char *text, struct state *state) {
    static const char *const known[] = {"double",   "float",    "int",      "int8_t",
                                        "int16_t",  "int32_t",  "int64_t",  "uint8_t",
                                        "uint16_t", "uint32_t", "uint64_t", "size_t"};
    const size_t n = strcspn(text, " [");
    bool is_known = false;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        is_known = is_known || (strlen(known[i]) == n && strncmp(known[i], text, n) == 0);
    }
    if (!is_known) {
        return false;
    }
    memcpy(state->type, text, n);
    text += n + strspn(text + n, " ");
    if (*text == '\0') {
        return true;
    }
    const size_t length = strcspn(text + (*text == '['), "]");
    uint64_t number;
    if (*text != '[' || strcmp(text + 1 + length, "]") != 0 || length >= sizeof state->length) {
        return false;
    }
    memcpy(state->length, text + 1, length);
    return strcmp(state->length, "n_synapses") == 0 ||
           integer_read(state->length, length, 1, 65536, &number);
}

static struct state read_state(struct c_plugin *writer, const char *name) {
    lua_State *L = writer->L;
    struct state state = {.type = ""};
    if (lua_type(L, -1) == LUA_TNUMBER && isfinite(lua_tonumber(L, -1))) {
        return (struct state){.is_number = true, .first = lua_tonumber(L, -1), .type = "double"};
    }
    if (lua_type(L, -1) != LUA_TSTRING || !parse_state(lua_tostring(L, -1), &state)) {
        session_fail(L,
                     "%s: state %s must be a number to begin with, or a type of C such as "
                     "\"int64_t\", \"int8_t[n_synapses]\" or \"double[10]\", not %s",
                     writer->who, name, describe(L, -1));
    }
    return state;
}

static bool is_per_synapse(const struct state *state) {
    return strcmp(state->length, "n_synapses") == 0;
}

static void write_state_field(struct c_plugin *writer, const char *name) {
    const struct state state = read_state(writer, name);
    if (is_per_synapse(&state)) {
        c_text_add(&writer->text, "    %s *%s;\n", state.type, name);
    } else if (state.length[0] != '\0') {
        c_text_add(&writer->text, "    %s %s[%s];\n", state.type, name, state.length);
    } else {
        c_text_add(&writer->text, "    %s %s;\n", state.type, name);
    }
}

static void write_state_start(struct c_plugin *writer, const char *name) {
    const struct state state = read_state(writer, name);
    char number[NUMBER_SIZE];
    if (is_per_synapse(&state)) {
        c_text_add(&writer->text, "    SYNRL_TRY(SYNRL_NEW(host, self->%s, n_synapses));\n", name);
    } else if (state.is_number && state.first != 0.0) {
        number_write_shortest(number, state.first);
        c_text_add(&writer->text, "    self->%s = %s;\n", name, number);
    }
}

static void write_state_visit(struct c_plugin *writer, const char *name) {
    const struct state state = read_state(writer, name);
    if (is_per_synapse(&state)) {
        c_text_add(&writer->text,
                   "    SYNRL_TRY(SYNRL_STATE_ARRAY(state, self->%s, state->n_synapses));\n", name);
    } else {
        c_text_add(&writer->text, "    SYNRL_TRY(SYNRL_STATE_FIELD(state, self->%s));\n", name);
    }
}

static void write_metric(struct c_plugin *writer, const char *name) {
    lua_State *L = writer->L;
    if (lua_type(L, -1) != LUA_TSTRING) {
        session_fail(L, "%s: metric %s must be its meaning, a string, not %s", writer->who, name,
                     describe(L, -1));
    }
    const char *meaning = lua_tostring(L, -1);
    const int top = lua_gettop(L);
    const bool is_state = c_plugin_table(writer, "state") && lua_getfield(L, -1, name) != LUA_TNIL;
    const struct state state = is_state ? read_state(writer, name) : (struct state){.type = ""};
    lua_settop(L, top);
    if (strcmp(state.type, "double") != 0 || state.length[0] != '\0') {
        session_fail(L, "%s: metric %s must be a number of its state", writer->who, name);
    }
    c_text_add(&writer->text, "    SYNRL_METRIC(struct rule, %s, ", name);
    c_text_add_literal(&writer->text, meaning);
    c_text_add(&writer->text, "),\n");
}

/* The file ------------------------------------------------------------------------------------- */

static void write_types(struct c_plugin *writer) {
    c_plugin_types(writer);
    c_text_add(&writer->text, "struct rule {\n");
    if (c_plugin_each(writer, "state", write_state_field) == 0) {
        c_text_add(&writer->text, "    char none;\n");
    }
    c_text_add(&writer->text, "};\n");
}

static void write_metrics(struct c_plugin *writer) {
    if (c_plugin_table(writer, "metrics")) {
        c_text_add(&writer->text, "static const synrl_metric metrics[] = {\n");
        if (c_plugin_each(writer, "metrics", write_metric) == 0) {
            session_fail(writer->L, "%s: metrics is empty", writer->who);
        }
        c_text_add(&writer->text, "};\n");
        lua_pop(writer->L, 1);
    }
}

static void write_state(struct c_plugin *writer) {
    c_text_add(&writer->text,
               "static synrl_status state(const synrl_host *host, const void *config, void *rule, "
               "synrl_state *state) {\n    struct rule *self = rule;\n    (void)self;\n");
    c_plugin_each(writer, "state", write_state_visit);
    c_text_add(&writer->text, "    return SYNRL_OK;\n}\n");
}

static const char operation[] =
    "static synrl_status %s(const synrl_host *host, const void *parameters, void *rule, "
    "synrl_env *env)";

/* An operation with the variables that it has. */
static void begin_operation(struct c_plugin *writer, const char *name) {
    struct c_text *text = &writer->text;
    c_text_add(text, operation, name);
    c_text_add(text,
               " {\n    const struct config *const config = parameters;\n"
               "    struct rule *const self = rule;\n"
               "    const size_t n_synapses = env->layout->n_synapses;\n"
               "    (void)config, (void)self, (void)n_synapses;\n");
}

static void end_operation(struct c_plugin *writer, const char *name, const char *code) {
    c_plugin_locals(writer);
    c_text_add(&writer->text, "    const synrl_outcome *outcome = NULL;\n    (void)outcome;\n{\n");
    c_plugin_code(writer, name, code);
    c_text_add(&writer->text, "} return SYNRL_OK; }\n");
}

static const char *traits(struct c_plugin *writer) {
    const char *reads = c_plugin_text(writer, "reads");
    if (reads == NULL || strcmp(reads, "rewards") == 0) {
        return "0";
    }
    if (strcmp(reads, "losses") == 0) {
        return "SYNRL_RULE_READS_LOSS";
    }
    if (strcmp(reads, "more") == 0) {
        return "SYNRL_RULE_READS_MORE";
    }
    session_fail(writer->L, "%s: reads must be \"rewards\", \"losses\" or \"more\", not %s",
                 writer->who, describe(writer->L, -1));
}

static void write_entry(struct c_plugin *writer) {
    struct c_text *text = &writer->text;
    const char *reads = traits(writer);
    c_text_add(text, operation, "create");
    c_text_add(text, ";\n");
    c_text_add(text, operation, "step");
    c_text_add(text, ";\n");
    c_plugin_entry(writer, "SYNRL_RULE");
    c_text_add(text, ", struct rule, .traits = %s", reads);
    if (c_plugin_table(writer, "metrics")) {
        c_text_add(text, ", SYNRL_METRICS(metrics)");
    }
    c_text_add(text, ",\n.create = create, .step = step, .state = state);\n");
}

/* `step` comes last, so that what is missing at its end is missed at its end. */
int rule_c(lua_State *L) {
    static const char *const keys[] = {"create", "functions", "metrics", "name", "parameters",
                                       "reads",  "source",    "state",   "step", "summary"};
    static const char *const taken[] = {"config",  "env",  "host", "n_synapses",
                                        "outcome", "self", NULL};
    struct c_plugin writer = {.kind = SYNRL_KIND_RULE, .main = "step", .taken = taken};
    const char *step = c_plugin_begin(L, &writer, COUNT_OF(keys), keys);
    const char *functions = c_plugin_text(&writer, "functions"),
               *create = c_plugin_text(&writer, "create");
    write_types(&writer);
    write_metrics(&writer);
    write_state(&writer);
    if (functions != NULL) {
        c_plugin_code(&writer, "functions", functions);
    }
    write_entry(&writer);
    begin_operation(&writer, "create");
    c_plugin_each(&writer, "state", write_state_start);
    end_operation(&writer, "create", create != NULL ? create : "");
    begin_operation(&writer, "step");
    end_operation(&writer, "step", step);
    return c_plugin_end(&writer);
}
