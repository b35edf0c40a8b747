/* SPDX-License-Identifier: MIT */
/* The plugin that is checked, in one core. */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "check/check.h"
#include "check/report.h"
#include "check/trace.h"
#include "plugin/component.h"
#include "train/dataset.h"

struct subject {
    struct core *core;
    const struct check_request *request;
    struct report *report;
};

/* One check. SYNRL_OK: it holds; SYNRL_UNSUPPORTED: it cannot be made, a note; else a finding. Each
 * with the core's message. */
struct check {
    const char *name;
    synrl_status (*run)(struct subject *subject);
};

/* What is done with plugins of one kind. */
struct kind_checks {
    /* Results that must be equal for any number of threads, on any machine, every time. */
    synrl_status (*trace)(struct subject *subject, struct trace *trace);
    size_t n;
    const struct check *checks;
};

/* The plugin, with the request's settings; what must be given and is not gets a value that suits
 * the data (NULL: none): the layers or sizes of a model, a policy. */
synrl_status subject_component(struct subject *subject, const synrl_data *data,
                               struct component **made);
/* The plugin as a model: itself, or, of a layer, that many of it and a dense one. */
synrl_status subject_model(struct subject *subject, const synrl_data *data, size_t n_layers,
                           struct component **made);
/* A plugin of the checks' own experiment, at its defaults but for the layers of a model. */
synrl_status subject_helper(struct subject *subject, synrl_kind kind, const char *id,
                            const synrl_data *data, struct component **made);
/* The model "mlp" with sigmoid units, its outputs too. */
synrl_status subject_sigmoid_mlp(struct subject *subject, const synrl_data *data,
                                 struct component **made);

/* A small experiment. All NULL is allowed. */
struct experiment {
    const char *name; /* in front of messages */
    struct component *model, *loss, *rule;
    struct dataset *data;
    size_t batch_size; /* 0: all of the data */
    uint64_t batch_every;
};
void experiment_close(struct experiment *experiment);

#endif
