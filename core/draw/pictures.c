/* SPDX-License-Identifier: MIT */
/* Pictures of a run: what the .gp files draw. */
#include "draw/pictures.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "draw/gnuplot.h"
#include "draw/mistakes.h"
#include "policy/policy.h"
#include "policy/policy_text.h"
#include "train/evaluate.h"
#include "train/network.h"

enum {
    GRID = 160,    /* points in each direction */
    NAMED_MAX = 27 /* columns of a policy that have names */
};

/* Loss curve ----------------------------------------------------------------------------------- */

static synrl_status draw_loss(struct core *core, const struct trainer *trainer,
                              const char *folder) {
    const struct train_options *options = trainer_options(trainer);
    FILE *script;
    SYNRL_TRY(gnuplot_begin(core, &script));
    gnuplot_string(script, "run", options->name);
    fprintf(script, "has_classes = %d\nhas_valid = %d\n",
            dataset_data(options->data)->n_classes > 0, options->valid != NULL);
    return gnuplot_picture(core, script, PICTURE_LOSS, folder);
}

synrl_status pictures_text(struct core *core, const char *folder, unsigned columns, char **text) {
    FILE *script;
    *text = NULL;
    SYNRL_TRY(gnuplot_begin(core, &script));
    gnuplot_string(script, "folder", folder);
    fprintf(script, "columns = %u\n", columns >= 40 ? columns : 40);
    return gnuplot_text(core, script, draw_text_gp, text);
}

/* Boundary ------------------------------------------------------------------------------------- */

/* A plane with the data's points, and the network's predictions for them and for a grid. */
struct plane {
    const synrl_data *data;
    struct dataset *set;
    double low[2], high[2];
    struct evaluation points, grid;
};

static void find_extent(struct plane *plane) {
    const float *inputs = plane->data->inputs;
    for (size_t s = 0; s < plane->data->n_samples; s++) {
        const float *x = inputs + dataset_row(plane->set, s) * 2;
        for (int d = 0; d < 2; d++) {
            plane->low[d] = s == 0 ? (double)x[d] : fmin(plane->low[d], (double)x[d]);
            plane->high[d] = s == 0 ? (double)x[d] : fmax(plane->high[d], (double)x[d]);
        }
    }
    for (int d = 0; d < 2; d++) {
        if (plane->high[d] <= plane->low[d]) { /* all points are on a line: give it some width */
            plane->high[d] = plane->low[d] + 1.0;
        }
    }
}

static double grid_place(const struct plane *plane, int d, size_t i) {
    return plane->low[d] + (plane->high[d] - plane->low[d]) * ((double)i + 0.5) / GRID;
}

static synrl_status predict_grid(struct core *core, const struct trainer *trainer,
                                 const struct tensors *weights, struct plane *plane) {
    const struct train_options *options = trainer_options(trainer);
    float *inputs = core_alloc(core, (size_t)GRID * GRID, 2 * sizeof *inputs);
    struct dataset *grid = NULL;
    synrl_status status = inputs != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    for (size_t i = 0; status == SYNRL_OK && i < (size_t)GRID * GRID; i++) {
        inputs[2 * i] = (float)grid_place(plane, 0, i % GRID);
        inputs[2 * i + 1] = (float)grid_place(plane, 1, i / GRID);
    }
    if (status == SYNRL_OK) {
        status = dataset_of_inputs(options->data, (size_t)GRID * GRID, inputs, &grid);
    }
    if (status == SYNRL_OK) {
        status = evaluate(core, options->model, weights, NULL, grid, true, &plane->grid);
    }
    dataset_release(grid);
    core_free(core, inputs);
    return status;
}

static synrl_status predict(struct core *core, const struct trainer *trainer, struct plane *plane) {
    const struct train_options *options = trainer_options(trainer);
    struct tensors weights;
    SYNRL_TRY(trainer_tensors(core, trainer, &weights));
    synrl_status status =
        evaluate(core, options->model, &weights, NULL, options->data, true, &plane->points);
    if (status == SYNRL_OK) {
        status = predict_grid(core, trainer, &weights, plane);
    }
    tensors_free(core, &weights);
    return status;
}

static int32_t true_class(const struct plane *plane, size_t sample) {
    const synrl_data *data = plane->data;
    const size_t row = dataset_row(plane->set, sample);
    return data->labels != NULL
               ? data->labels[row]
               : predicted_class(data->targets + row * data->n_targets, data->n_targets, 1);
}

static void write_plane(FILE *script, const struct plane *plane) {
    const float *inputs = plane->data->inputs;
    fputs("$points << END\n", script);
    for (size_t s = 0; s < plane->data->n_samples; s++) {
        const float *x = inputs + dataset_row(plane->set, s) * 2;
        const int32_t actual = true_class(plane, s);
        fprintf(script, "%g %g %d %d\n", (double)x[0], (double)x[1], actual,
                plane->points.predicted[s] != actual);
    }
    fputs("END\n$grid << END\n", script);
    for (size_t i = 0; i < (size_t)GRID * GRID; i++) {
        fprintf(script, "%g %g %d\n", grid_place(plane, 0, i % GRID),
                grid_place(plane, 1, i / GRID),
                predicted_class(plane->grid.outputs + i * plane->grid.n_outputs,
                                plane->grid.n_outputs, 1));
    }
    fprintf(script,
            "END\nx_min = %g\nx_max = %g\ny_min = %g\ny_max = %g\n"
            "percent_right = %.17g\nn_wrong = %ld\n",
            plane->low[0], plane->high[0], plane->low[1], plane->high[1],
            100 * plane->points.accuracy,
            lround((1 - plane->points.accuracy) * (double)plane->points.n_samples));
}

static synrl_status draw_boundary(struct core *core, const struct trainer *trainer,
                                  const char *folder) {
    struct dataset *set = trainer_options(trainer)->data;
    struct plane plane = {.data = dataset_data(set), .set = set};
    if (plane.data->format != SYNRL_INPUT_F32 || plane.data->n_inputs != 2 ||
        plane.data->n_classes != 2) {
        return SYNRL_OK;
    }
    find_extent(&plane);
    FILE *script;
    synrl_status status = predict(core, trainer, &plane);
    if (status == SYNRL_OK) {
        status = gnuplot_begin(core, &script);
    }
    if (status == SYNRL_OK) {
        write_plane(script, &plane);
        status = gnuplot_picture(core, script, PICTURE_BOUNDARY, folder);
    }
    evaluation_free(core, &plane.points);
    evaluation_free(core, &plane.grid);
    return status;
}

/* Policy --------------------------------------------------------------------------------------- */

/* Whether a reward history has no "none yet". */
static bool is_settled(uint32_t rewards, uint32_t n) {
    for (uint32_t i = 0; i < n; i++, rewards /= 3) {
        if (rewards % 3 == 1) {
            return false;
        }
    }
    return true;
}

/* A history, or "any" where none is remembered. */
static void remembered_text(uint32_t history, uint32_t n, const char *symbols,
                            char text[POLICY_DIGITS_SIZE]) {
    policy_history_text(history, n, symbols, text);
    if (n == 0) {
        strcpy(text, "any");
    }
}

/* A state without its rewards: features, the first on the left, and the last actions: "+ | - 0". */
static void situation_text(const synrl_policy *policy, uint32_t situation,
                           char text[2 * POLICY_DIGITS_SIZE + 3]) {
    char features[POLICY_DIGITS_SIZE], actions[POLICY_DIGITS_SIZE];
    policy_features_text(situation / policy->n_action_histories, policy->n_features, features);
    remembered_text(situation % policy->n_action_histories, policy->n_actions, "-0+", actions);
    snprintf(text, 2 * POLICY_DIGITS_SIZE + 3, "%s%s%s", features,
             policy->n_features > 0 ? " | " : "", actions);
}

static void write_policy_cells(FILE *script, const synrl_policy *policy, int *n_rows) {
    *n_rows = 0;
    fputs("$cells << END\n", script);
    for (uint32_t rewards = 0; rewards < policy->n_reward_histories; rewards++) {
        uint8_t greedy[SYNRL_HISTORIES_MAX];
        if (!is_settled(rewards, policy->n_rewards)) {
            continue;
        }
        policy_greedy(policy, SYNRL_TIES_FIRST, rewards, greedy);
        for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
            fprintf(script, "%u %d %d %c\n", situation, *n_rows, (int)greedy[situation] - 1,
                    "-0+"[greedy[situation]]);
        }
        ++*n_rows;
    }
    fputs("END\n", script);
}

/* The names of columns and rows. */
static void write_policy_names(FILE *script, const synrl_policy *policy, int n_rows) {
    char text[2 * POLICY_DIGITS_SIZE + 3];
    size_t row = 0;
    fprintf(script, "array columns[%u]\narray rows[%d]\n", policy->n_situations, n_rows);
    for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
        situation_text(policy, situation, text);
        gnuplot_entry(script, "columns", situation + 1, text);
    }
    for (uint32_t rewards = 0; rewards < policy->n_reward_histories; rewards++) {
        if (is_settled(rewards, policy->n_rewards)) {
            remembered_text(rewards, policy->n_rewards, "-.+", text);
            gnuplot_entry(script, "rows", ++row, text);
        }
    }
}

static synrl_status write_policy(struct core *core, const synrl_policy *policy, FILE **script) {
    const bool has_names = policy->n_situations <= NAMED_MAX;
    int n_rows;
    SYNRL_TRY(gnuplot_begin(core, script));
    write_policy_cells(*script, policy, &n_rows);
    fprintf(*script,
            "n_columns = %u\nn_rows = %d\nhas_names = %d\nn_actions = %u\nn_features = %u\n"
            "array features[%u]\n",
            policy->n_situations, n_rows, has_names, policy->n_actions, policy->n_features,
            policy->n_features + 1); /* an array has at least one entry */
    for (uint32_t feature = 0; feature < policy->n_features; feature++) {
        gnuplot_entry(*script, "features", feature + 1, policy_feature_name(policy, feature));
    }
    if (has_names) {
        write_policy_names(*script, policy, n_rows);
    }
    return SYNRL_OK;
}

synrl_status policy_draw(struct core *core, const synrl_policy *policy, const char *path) {
    FILE *script;
    const locale_t before = number_enter();
    const synrl_status status = write_policy(core, policy, &script);
    number_leave(before);
    return status == SYNRL_OK ? gnuplot_file(core, script, draw_policy_gp, path) : status;
}

/* All ------------------------------------------------------------------------------------------ */

static synrl_status draw_all(struct core *core, const struct trainer *trainer, const char *folder) {
    const synrl_policy *policy = trainer_policy(trainer);
    FILE *script;
    SYNRL_TRY(draw_loss(core, trainer, folder));
    SYNRL_TRY(draw_boundary(core, trainer, folder));
    SYNRL_TRY(mistakes_draw(core, trainer, folder));
    if (policy == NULL) {
        return SYNRL_OK;
    }
    SYNRL_TRY(write_policy(core, policy, &script));
    return gnuplot_picture(core, script, PICTURE_POLICY, folder);
}

synrl_status pictures_draw(struct core *core, const struct trainer *trainer, const char *folder) {
    const locale_t before = number_enter();
    const synrl_status status = draw_all(core, trainer, folder);
    number_leave(before);
    if (status == SYNRL_UNSUPPORTED) {
        core_log(core, SYNRL_LOG_WARNING, "%s: no pictures are drawn", core->message);
    } else if (status == SYNRL_IO) {
        core_log(core, SYNRL_LOG_WARNING, "%s: not all pictures are drawn: %s", folder,
                 core->message);
    } else {
        return status;
    }
    return SYNRL_OK;
}
