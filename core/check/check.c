/* SPDX-License-Identifier: MIT */
/* What is checked of plugins of every kind, and then of each. The plugin stays loaded throughout,
 * so that what it keeps in static variables is kept from one run to the next. */
#include "check/check.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "base/process.h"
#include "base/spawn.h"
#include "base/words.h"
#include "check/activation.h"
#include "check/dataset.h"
#include "check/loss.h"
#include "check/model.h"
#include "check/report.h"
#include "check/rule.h"
#include "check/script.h"
#include "check/trace.h"
#include "plugin/host.h"

enum { N_THREADS = 3, BITS_LIMIT = 1 << 20 };

static const struct kind_checks *checks_of(synrl_kind kind) {
    static const struct kind_checks *const kinds[] = {[SYNRL_KIND_ACTIVATION] = &activation_checks,
                                                      [SYNRL_KIND_LOSS] = &loss_checks,
                                                      [SYNRL_KIND_DATASET] = &dataset_checks,
                                                      [SYNRL_KIND_MODEL] = &model_checks,
                                                      [SYNRL_KIND_RULE] = &rule_checks,
                                                      [SYNRL_KIND_LAYER] = &model_checks};
    return kinds[kind];
}

/* A plugin under check, its results, and those of another way to get them. */
struct checking {
    struct subject subject, threaded; /* with one worker, and with several */
    const struct kind_checks *kind;
    struct trace wanted, other;
};

static synrl_status trace_in(struct checking *checking, struct subject *subject,
                             struct trace *trace) {
    trace->n = 0;
    return checking->kind->trace(subject, trace);
}

/* Bits ------------------------------------------------------------------------------------------ */

static void report_difference(struct checking *checking, const char *check, const char *difference,
                              const char *meaning) {
    struct report *report = checking->subject.report;
    if (difference != NULL) {
        report_wrong(report, check, "%s, first in %s", meaning, difference);
    } else {
        report_ok(report, check, "%s", "");
    }
}

/* Whether it is the same twice; where not, no other comparison makes sense. */
static bool check_twice(struct checking *checking) {
    const struct subject *subject = &checking->subject;
    const synrl_status status = trace_in(checking, &checking->subject, &checking->other);
    if (status != SYNRL_OK) {
        report_failure(subject->report, status, "twice", "fails when it is used again: %s",
                       subject->core->message);
        return false;
    }
    const char *difference = trace_difference(&checking->wanted, &checking->other);
    report_difference(checking, "twice", difference,
                      "gives other results when it is used again in the same process (a static "
                      "variable? memory that is not set?)");
    return difference == NULL;
}

static void check_threads(struct checking *checking) {
    const struct subject *threaded = &checking->threaded;
    for (int i = 0; i < 2; i++) { /* what is a race need not show the first time */
        const synrl_status status = trace_in(checking, &checking->threaded, &checking->other);
        if (status != SYNRL_OK) {
            report_failure(threaded->report, status, "threads", "fails with %d threads: %s",
                           N_THREADS, threaded->core->message);
            return;
        }
        const char *difference = trace_difference(&checking->wanted, &checking->other);
        if (difference != NULL || i == 1) {
            report_difference(
                checking, "threads", difference,
                "gives other results with 3 threads than with 1: they must not depend "
                "on how work is shared out");
            return;
        }
    }
}

static synrl_status bits_elsewhere(struct core *core, const struct check_request *request,
                                   char **text, int *code) {
    char program[PATH_MAX];
    struct words words = {.n = 0};
    *text = NULL;
    if (!process_program(program)) {
        return core_fail(core, SYNRL_UNSUPPORTED, "the system does not report this program's file");
    }
    words_add(&words, "env");
    words_add(&words, "SYNRL_ISA=scalar");
    words_add(&words,
              "GLIBC_TUNABLES=glibc.malloc.tcache_count=0"); /* so that malloc counts well */
    words_add(&words, "%s", program);
    words_add(&words, "check");
    words_add(&words, "--bits");
    words_add(&words, "%s", kind_name(request->kind));
    words_add(&words, "%s", request->id);
    for (size_t i = 0; i < request->n_settings; i++) {
        words_add(&words, "%s", request->settings[i]);
    }
    const struct spawn spawn = {
        .words = (const char *const *)words.list, .input = SPAWN_NOTHING, .error = SPAWN_NOTHING};
    const synrl_status status =
        words.has_failed ? SYNRL_NO_MEMORY : spawn_read(core, &spawn, BITS_LIMIT, text, code);
    words_free(&words);
    return status;
}

/* What the host allocates is freed by it, so whatever a use leaves behind is the plugin's. */
static void report_malloc(struct report *report, size_t grown) {
    if (grown > 0) {
        report_wrong(report, "malloc",
                     "each use leaves %zu bytes of malloc behind: free them in `destroy`, or use "
                     "host->alloc",
                     grown);
    } else {
        report_ok(report, "malloc", "%s", "");
    }
}

static void check_elsewhere(struct checking *checking) {
    struct subject *subject = &checking->subject;
    char *text, *rest;
    int code = 0;
    const synrl_status status = bits_elsewhere(subject->core, subject->request, &text, &code);
    if (status == SYNRL_NO_MEMORY || code == BITS_NO_MEMORY) {
        subject->report->lacks_memory = true;
    } else if (status != SYNRL_OK) {
        report_note(subject->report, "scalar", "not compared: %s", subject->core->message);
    } else if (code != 0) {
        report_wrong(subject->report, "scalar",
                     "fails in another process with SYNRL_ISA=scalar (exit code %d)", code);
    } else {
        const size_t grown = strtoul(text, &rest, 10);
        report_difference(checking, "scalar",
                          trace_difference_from_text(&checking->wanted, rest + (*rest == '\n')),
                          "gives other results in another process with SYNRL_ISA=scalar (SIMD of "
                          "its own? an address as a number? the clock?)");
        report_malloc(subject->report, grown);
    }
    core_free(subject->core, text);
}

/* All ------------------------------------------------------------------------------------------- */

static void check_each(struct checking *checking) {
    struct subject *subject = &checking->subject;
    for (size_t i = 0; i < checking->kind->n; i++) {
        const struct check *check = &checking->kind->checks[i];
        subject->core->message[0] = '\0';
        const synrl_status status = check->run(subject);
        if (status == SYNRL_OK) {
            report_ok(subject->report, check->name, "%s", "");
        } else {
            report_failure(subject->report, status, check->name, "%s", subject->core->message);
        }
    }
}

/* Opens it, and sets its parameters. Whether anything else can be checked. A script may make the
 * plugin itself, and gives it its parameters. */
static bool check_opens(struct checking *checking) {
    struct subject *subject = &checking->subject;
    const struct check_request *request = subject->request;
    const struct plugin *plugin;
    synrl_status status = registry_find(subject->core, request->kind, request->id, &plugin);
    if (status != SYNRL_OK && request->script != NULL) {
        return true;
    }
    if (status != SYNRL_OK) {
        report_failure(subject->report, status, "opens", "%s", subject->core->message);
        return false;
    }
    report_ok(subject->report, "opens", "%s", plugin->file);
    if (request->script != NULL) {
        return true;
    }
    struct component *component;
    const synrl_data shape = {.n_inputs = 2, .n_classes = 2};
    status = subject_component(subject, &shape, &component);
    if (status != SYNRL_OK) {
        report_failure(subject->report, status, "parameters", "%s", subject->core->message);
        return false;
    }
    component_release(component);
    report_ok(subject->report, "parameters", "%u", plugin->entry->n_params);
    return true;
}

static void check_all(struct checking *checking) {
    struct subject *subject = &checking->subject;
    checking->kind = checks_of(subject->request->kind);
    if (!check_opens(checking)) {
        return;
    }
    if (subject->request->script != NULL) {
        const synrl_status status = check_script(subject);
        if (status != SYNRL_OK) {
            report_failure(subject->report, status, "script", "%s", subject->core->message);
        }
        return;
    }
    const synrl_status status = trace_in(checking, subject, &checking->wanted);
    if (status != SYNRL_OK) {
        report_failure(subject->report, status, "runs", "%s", subject->core->message);
        return;
    }
    report_ok(subject->report, "runs", "%s", "");
    if (check_twice(checking)) {
        check_threads(checking);
        check_elsewhere(checking);
        check_each(checking);
    }
}

static struct core *make_core(const struct check_request *request, size_t n_threads,
                              struct report *report) {
    const struct core_options options = {
        .n_threads = n_threads,
        .running = request->running,
        .log = report_log,
        .log_context = report,
    };
    return core_create(&options);
}

synrl_status check_plugin(const struct check_request *request, FILE *to, size_t *n_wrong) {
    struct report report = {.to = to, .quiet = request->quiet};
    struct core *core = make_core(request, 1, &report);
    struct core *threaded = make_core(request, N_THREADS, &report);
    struct checking *checking =
        core != NULL && threaded != NULL ? core_alloc(core, 1, sizeof *checking) : NULL;
    if (checking != NULL) {
        checking->subject = (struct subject){core, request, &report};
        checking->threaded = (struct subject){threaded, request, &report};
        check_all(checking);
    }
    const synrl_status status =
        checking != NULL && !report.lacks_memory ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (checking != NULL) {
        core_free(core, checking);
    }
    core_destroy(threaded);
    core_destroy(core);
    *n_wrong = report.n_wrong;
    if (status == SYNRL_OK && !request->quiet) {
        fprintf(to, "%s \"%s\": %zu checks, %zu wrong, %zu notes\n", kind_name(request->kind),
                request->id, report.n_ok + report.n_wrong + report.n_notes, report.n_wrong,
                report.n_notes);
    }
    return status;
}

/* Elsewhere ------------------------------------------------------------------------------------- */

/* Bytes that malloc has handed out; 0 where that is not known. */
static size_t allocated(void) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

/* By how much a use makes the process grow, when all has been used once; and the bits. */
static synrl_status trace_twice(struct subject *subject, struct trace *trace, size_t *grown) {
    const struct kind_checks *kind = checks_of(subject->request->kind);
    *grown = SIZE_MAX;
    for (int i = 0; i < 3 && *grown > 0; i++) {
        const size_t before = allocated();
        trace->n = 0;
        SYNRL_TRY(kind->trace(subject, trace));
        const size_t after = allocated();
        *grown = after > before ? after - before : 0;
    }
    return SYNRL_OK;
}

static synrl_status write_bits(struct subject *subject, FILE *to) {
    struct trace *trace = core_alloc(subject->core, 1, sizeof *trace);
    size_t grown;
    if (trace == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = trace_twice(subject, trace, &grown);
    if (status == SYNRL_OK) {
        fprintf(to, "%zu\n", grown);
        trace_write(trace, to);
    } else if (status != SYNRL_NO_MEMORY) {
        fprintf(stderr, "synrl: %s\n", subject->core->message);
    }
    core_free(subject->core, trace);
    return status;
}

synrl_status check_bits(const struct check_request *request, FILE *to) {
    struct report report = {.to = stderr, .quiet = true};
    struct core *core = make_core(request, 1, &report);
    struct subject subject = {core, request, &report};
    const synrl_status status = core != NULL ? write_bits(&subject, to) : SYNRL_NO_MEMORY;
    core_destroy(core);
    return status;
}
