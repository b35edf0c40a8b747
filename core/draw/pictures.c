/* SPDX-License-Identifier: MIT */
/* Pictures of a run. The colours are Okabe and Ito's, which are distinguishable for the
 * colour-blind. */
#include "draw/pictures.h"

#include <math.h>
#include <string.h>

#include "draw/gnuplot.h"
#include "draw/mistakes.h"
#include "policy/policy.h"
#include "policy/policy_text.h"
#include "train/evaluate.h"
#include "train/network.h"

enum { GRID = 160 };

/* Loss curve ----------------------------------------------------------------------------------- */

static void common_style(FILE *script) {
    fputs(
        "set datafile separator ','\n"
        "set border 3 lc rgb '#555555'\n"
        "set tics nomirror textcolor rgb '#333333'\n"
        "set grid lc rgb '#dddddd'\n"
        "set key top right noenhanced\n",
        script);
}

static void plot_columns(FILE *script, const char *file, int train, int valid) {
    fputs("plot ", script);
    gnuplot_quote(script, file);
    fprintf(script, " every ::1 using 1:%d with lines lw 1.5 lc rgb '#0072b2' title 'training'",
            train);
    if (valid > 0) {
        fputs(", ", script);
        gnuplot_quote(script, file);
        fprintf(script,
                " every ::1 using 1:(valid(%d) ? column(%d) : NaN) with linespoints pt 7 ps 0.4 "
                "lw 1.5 lc rgb '#d55e00' title 'validation'",
                valid, valid);
    }
    fputc('\n', script);
}

static synrl_status draw_loss(struct core *core, const struct trainer *trainer,
                              const char *folder) {
    const struct train_options *options = trainer_options(trainer);
    const bool has_classes = dataset_data(options->data)->n_classes > 0;
    const bool has_valid = options->valid != NULL;
    char file[4096];
    struct gnuplot gnuplot;
    SYNRL_TRY(gnuplot_begin(core, &gnuplot));
    FILE *script = gnuplot.script;
    snprintf(file, sizeof file, "%s/metrics.csv", folder);
    common_style(script);
    gnuplot_formats(script, folder, PICTURE_LOSS, has_classes ? 1000 : 600, 420);
    fprintf(script, "set multiplot layout 1,%d title ", has_classes ? 2 : 1);
    gnuplot_quote(script, options->name);
    fputs(" noenhanced\nset xlabel 'iteration'\nset ylabel 'loss'\nset logscale y\n", script);
    plot_columns(script, file, 2, has_valid ? 5 : 0);
    if (has_classes) {
        fputs("unset logscale y\nset ylabel 'accuracy'\nset yrange [*:1]\nset key bottom right\n",
              script);
        plot_columns(script, file, 3, has_valid ? 6 : 0);
        fputs("set yrange [*:*]\nset key top right\n", script);
    }
    fputs("unset multiplot\n", script);
    gnuplot_formats_end(script);
    return gnuplot_run(&gnuplot, NULL);
}

synrl_status pictures_text(struct core *core, const char *folder, unsigned columns, char **text) {
    char file[4096];
    struct gnuplot gnuplot;
    *text = NULL;
    SYNRL_TRY(gnuplot_begin(core, &gnuplot));
    FILE *script = gnuplot.script;
    snprintf(file, sizeof file, "%s/metrics.csv", folder);
    fprintf(script,
            "set terminal dumb size %u,20\nset datafile separator ','\nset logscale y\n"
            "set xlabel 'iteration'\nset title 'loss'\nunset key\nplot ",
            columns >= 40 ? columns : 40);
    gnuplot_quote(script, file);
    fputs(" every ::1 using 1:2 with lines\n", script);
    return gnuplot_run(&gnuplot, text);
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
                                 const float *weights, struct plane *plane) {
    const struct train_options *options = trainer_options(trainer);
    const size_t n = trainer_layout(trainer)->n_synapses;
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
        status = evaluate(core, options->model, weights, n, NULL, grid, &plane->grid);
    }
    dataset_release(grid);
    core_free(core, inputs);
    return status;
}

static synrl_status predict(struct core *core, const struct trainer *trainer, struct plane *plane) {
    const struct train_options *options = trainer_options(trainer);
    const size_t n = trainer_layout(trainer)->n_synapses;
    float *weights = core_alloc(core, n, sizeof *weights);
    if (weights == NULL) {
        return SYNRL_NO_MEMORY;
    }
    trainer_weights(trainer, weights);
    synrl_status status =
        evaluate(core, options->model, weights, n, NULL, options->data, &plane->points);
    if (status == SYNRL_OK) {
        status = predict_grid(core, trainer, weights, plane);
    }
    core_free(core, weights);
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
        fprintf(script, "%g,%g,%d,%d\n", (double)x[0], (double)x[1], actual,
                plane->points.predicted[s] != actual);
    }
    fputs("END\n$grid << END\n", script);
    for (size_t i = 0; i < (size_t)GRID * GRID; i++) {
        fprintf(script, "%g,%g,%d\n", grid_place(plane, 0, i % GRID),
                grid_place(plane, 1, i / GRID),
                predicted_class(plane->grid.outputs + i * plane->grid.n_outputs,
                                plane->grid.n_outputs, 1));
    }
    fputs("END\n", script);
}

static void plot_plane(FILE *script, const struct plane *plane, const char *folder) {
    fprintf(script, "set xrange [%g:%g]\nset yrange [%g:%g]\n", plane->low[0], plane->high[0],
            plane->low[1], plane->high[1]);
    fputs(
        "unset key\nunset colorbox\nunset grid\nset size ratio -1\nset border 15\n"
        "set palette defined (0 '#bfdcf0', 1 '#f8d3b8')\nset cbrange [0:1]\n"
        "colour(c) = c == 0 ? 0x0072b2 : 0xd55e00\n",
        script);
    gnuplot_formats(script, folder, PICTURE_BOUNDARY, 1000, 520);
    fprintf(script,
            "set multiplot layout 1,2\nset title 'target'\n"
            "plot $points using 1:2:(colour($3)) with points pt 7 ps 0.45 lc rgb variable\n"
            "set title 'trained network: %.2f%% correct, %d wrong'\n"
            "plot $grid using 1:2:3 with image, "
            "$points using 1:2:(colour($3)) with points pt 7 ps 0.3 lc rgb variable, "
            "$points using 1:($4 == 1 ? $2 : NaN) with points pt 2 ps 0.9 lw 1.6 lc rgb "
            "'#000000'\nunset multiplot\n",
            100 * plane->points.accuracy,
            (int)lround((1 - plane->points.accuracy) * (double)plane->points.n_samples));
    gnuplot_formats_end(script);
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
    struct gnuplot gnuplot;
    synrl_status status = predict(core, trainer, &plane);
    if (status == SYNRL_OK) {
        status = gnuplot_begin(core, &gnuplot);
    }
    if (status == SYNRL_OK) {
        common_style(gnuplot.script);
        write_plane(gnuplot.script, &plane);
        plot_plane(gnuplot.script, &plane, folder);
        status = gnuplot_run(&gnuplot, NULL);
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

/* The state without its rewards: features, the first left, and the last actions: "+ | - 0". */
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
            fprintf(script, "%u,%d,%d,%c\n", situation, *n_rows, (int)greedy[situation] - 1,
                    "-0+"[greedy[situation]]);
        }
        ++*n_rows;
    }
    fputs("END\n", script);
}

static void write_policy_tics(FILE *script, const synrl_policy *policy) {
    char text[2 * POLICY_DIGITS_SIZE + 3];
    int row = 0;
    fputs(policy->n_actions + policy->n_features > 2 ? "set xtics rotate by 90 right noenhanced ("
                                                     : "set xtics norotate noenhanced (",
          script);
    for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
        situation_text(policy, situation, text);
        fprintf(script, "%s'%s' %u", situation > 0 ? "," : "", text, situation);
    }
    fputs(")\nset ytics noenhanced (", script);
    for (uint32_t rewards = 0; rewards < policy->n_reward_histories; rewards++) {
        if (is_settled(rewards, policy->n_rewards)) {
            remembered_text(rewards, policy->n_rewards, "-.+", text);
            fprintf(script, "%s'%s' %d", row > 0 ? "," : "", text, row);
            row++;
        }
    }
    fputs(")\n", script);
}

/* "credit, activity | last actions, the newest on the right" */
static void label_situations(FILE *script, const synrl_policy *policy) {
    fputs("set xlabel '", script);
    for (uint32_t feature = 0; feature < policy->n_features; feature++) {
        fprintf(script, "%s%s", policy_feature_name(policy, feature),
                feature + 1 < policy->n_features ? ", " : " | ");
    }
    fprintf(script, "last actions, the newest on the right'%s\n",
            policy->n_features > 0 ? " noenhanced" : "");
}

static void plot_policy(FILE *script, const synrl_policy *policy, int n_rows) {
    const bool has_room = policy->n_situations <= 27;
    fprintf(script, "set xrange [-0.5:%g]\nset yrange [-0.5:%g]\n", policy->n_situations - 0.5,
            n_rows - 0.5);
    fprintf(script,
            "unset key\nunset colorbox\nunset grid\nset tics scale 0\nset cbrange [-1:1]\n"
            "set palette defined (-1 '#56b4e9', 0 '#e6e6e6', 1 '#e69f00')\n"
            "set title 'greedy action by %sthe last actions and rewards'\n"
            "set ylabel 'last rewards, the newest on the right'\n",
            policy->n_features > 0 ? "features and " : "");
    label_situations(script, policy);
    fprintf(script, "plot $cells using 1:2:3 with image%s\n",
            has_room ? ", $cells using 1:2:4 with labels noenhanced font ',18'" : "");
}

/* Draws into FOLDER/NAME.svg and .png, or into one file by its ending. */
static synrl_status draw_policy(struct core *core, const synrl_policy *policy, const char *folder,
                                const char *path) {
    struct gnuplot gnuplot;
    int n_rows;
    SYNRL_TRY(gnuplot_begin(core, &gnuplot));
    FILE *script = gnuplot.script;
    const int width = 240 + (policy->n_situations <= 27 ? 44 : 5) * (int)policy->n_situations;
    fputs("set datafile separator ','\n", script);
    write_policy_cells(script, policy, &n_rows);
    if (policy->n_situations <= 27) {
        write_policy_tics(script, policy);
    }
    if (folder != NULL) {
        gnuplot_formats(script, folder, PICTURE_POLICY, width, 170 + 44 * n_rows);
        plot_policy(script, policy, n_rows);
        gnuplot_formats_end(script);
    } else {
        const synrl_status status = gnuplot_file(&gnuplot, path, width, 170 + 44 * n_rows);
        if (status != SYNRL_OK) {
            gnuplot_abandon(&gnuplot);
            return status;
        }
        plot_policy(script, policy, n_rows);
    }
    return gnuplot_run(&gnuplot, NULL);
}

synrl_status policy_draw(struct core *core, const synrl_policy *policy, const char *path) {
    return draw_policy(core, policy, NULL, path);
}

/* All ------------------------------------------------------------------------------------------ */

static synrl_status draw_all(struct core *core, const struct trainer *trainer, const char *folder) {
    const synrl_policy *policy = trainer_policy(trainer);
    SYNRL_TRY(draw_loss(core, trainer, folder));
    SYNRL_TRY(draw_boundary(core, trainer, folder));
    SYNRL_TRY(mistakes_draw(core, trainer, folder));
    return policy != NULL ? draw_policy(core, policy, folder, NULL) : SYNRL_OK;
}

synrl_status pictures_draw(struct core *core, const struct trainer *trainer, const char *folder) {
    const synrl_status status = draw_all(core, trainer, folder);
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
