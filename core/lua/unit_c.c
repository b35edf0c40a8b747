/* SPDX-License-Identifier: MIT */
/* Activations and losses whose operations are C within the script. */
#include "lua/unit_c.h"

#include <string.h>

#include "base/count.h"
#include "lua/c_plugin.h"
#include "lua/session.h"

/* An operation with this head, whose body is the script's, with the parameters as variables. */
static void write_operation(struct c_plugin *writer, const char *head, const char *name,
                            const char *code, const char *end) {
    struct c_text *text = &writer->text;
    c_text_add(text,
               "%s {\n    const struct config *const config = parameters;\n"
               "    (void)config;\n",
               head);
    c_plugin_locals(writer);
    c_text_add(text, "{\n");
    c_plugin_code(writer, name, code);
    c_text_add(text, "} %s}\n", end);
}

static void write_functions(struct c_plugin *writer) {
    const char *functions = c_plugin_text(writer, "functions");
    if (functions != NULL) {
        c_plugin_code(writer, "functions", functions);
    }
}

int activation_c(lua_State *L) {
    static const char *const keys[] = {"apply",      "derivative", "functions", "name",
                                       "parameters", "source",     "summary"};
    static const char *const taken[] = {"config", "dydx", "host", "n", "x", "y", NULL};
    static const char apply_head[] =
        "static void apply(const synrl_host *host, const void *parameters, size_t n, "
        "const float *x, float *y)";
    static const char derivative_head[] =
        "static void derivative(const synrl_host *host, const void *parameters, size_t n, "
        "const float *x, const float *y, float *dydx)";
    struct c_plugin writer = {.kind = SYNRL_KIND_ACTIVATION, .main = "apply", .taken = taken};
    const char *apply = c_plugin_begin(L, &writer, COUNT_OF(keys), keys);
    const char *derivative = c_plugin_text(&writer, "derivative");
    c_plugin_types(&writer);
    write_functions(&writer);
    c_text_add(&writer.text, "%s;\n", apply_head);
    c_text_add(&writer.text, derivative != NULL ? "%s;\n" : "\n", derivative_head);
    c_plugin_entry(&writer, "SYNRL_ACTIVATION");
    c_text_add(&writer.text, ",\n.apply = apply%s);\n",
               derivative != NULL ? ", .derivative = derivative" : "");
    if (derivative != NULL) {
        write_operation(&writer, derivative_head, "derivative", derivative, "");
    }
    write_operation(&writer, apply_head, "apply", apply, "");
    return c_plugin_end(&writer);
}

static const char *target_format(const struct c_plugin *writer) {
    const char *targets = c_plugin_text(writer, "targets");
    if (targets == NULL || strcmp(targets, "vectors") == 0) {
        return "SYNRL_TARGET_VECTORS";
    }
    if (strcmp(targets, "labels") != 0) {
        session_fail(writer->L, "%s: targets must be \"vectors\" or \"labels\", not \"%s\"",
                     writer->who, targets);
    }
    return "SYNRL_TARGET_LABELS";
}

static bool has_logits(const struct c_plugin *writer) {
    lua_State *L = writer->L;
    lua_getfield(L, writer->table, "logits");
    if (!lua_isnil(L, -1) && !lua_isboolean(L, -1)) {
        session_fail(L, "%s: logits must be true or false, not %s", writer->who, describe(L, -1));
    }
    const bool are_logits = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return are_logits;
}

int loss_c(lua_State *L) {
    static const char *const keys[] = {"finish",     "functions", "gradient", "logits",  "name",
                                       "parameters", "source",    "summary",  "targets", "terms"};
    static const char *const taken[] = {"block", "config", "host",  "n_outputs", "n_samples",
                                        "slope", "sum",    "terms", NULL};
    static const char terms_head[] =
        "static void write_terms(const synrl_host *host, const void *parameters, "
        "const synrl_loss_block *block, float *terms)";
    static const char finish_head[] =
        "static double finish(const synrl_host *host, const void *parameters, double sum, "
        "size_t n_samples, size_t n_outputs)";
    static const char gradient_head[] =
        "static void gradient(const synrl_host *host, const void *parameters, "
        "const synrl_loss_block *block, double sum, size_t n_samples, float *slope)";
    struct c_plugin writer = {.kind = SYNRL_KIND_LOSS, .main = "terms", .taken = taken};
    const char *terms = c_plugin_begin(L, &writer, COUNT_OF(keys), keys);
    const char *finish = c_plugin_text(&writer, "finish");
    const char *gradient = c_plugin_text(&writer, "gradient");
    const char *format = target_format(&writer);
    const bool are_logits = has_logits(&writer);
    c_plugin_types(&writer);
    write_functions(&writer);
    c_text_add(&writer.text, "%s;\n%s;\n", terms_head, finish_head);
    c_text_add(&writer.text, gradient != NULL ? "%s;\n" : "\n", gradient_head);
    c_plugin_entry(&writer, "SYNRL_LOSS");
    c_text_add(&writer.text,
               ",\n.target_format = %s, .traits = %s, .terms = write_terms, .finish = finish%s);\n",
               format, are_logits ? "SYNRL_LOSS_LOGITS" : "0",
               gradient != NULL ? ", .gradient = gradient" : "");
    write_operation(&writer, finish_head, "finish", finish != NULL ? finish : "",
                    finish != NULL ? "" : "return sum / (double)n_samples; ");
    if (gradient != NULL) {
        write_operation(&writer, gradient_head, "gradient", gradient, "");
    }
    write_operation(&writer, terms_head, "terms", terms, "");
    return c_plugin_end(&writer);
}
