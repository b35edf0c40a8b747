/* SPDX-License-Identifier: MIT */
/* The list of the metrics, and metrics.csv written and read by it. */
#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/host.h"
#include "runs/metrics_csv.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/test.h"

static struct core *core;
static struct scratch scratch;

static void open_core(void) {
    core = test_core();
    scratch_make(&scratch);
}

static void close_core(void) {
    scratch_remove(&scratch);
    core_destroy(core);
}

SUITE("metrics", .setup = open_core, .teardown = close_core);

static const struct metric_names none = {0};
static const struct metric_names two = {2, {"temperature", "n_kept"}};

/* The list ------------------------------------------------------------------------------------- */

/* Each number reaches its own field, and no field is left out. */
TEST(every_field_has_its_metric) {
    struct metrics metrics = {.iteration = 0};
    for (size_t i = 0; i < METRICS_MAX; i++) {
        if (metric_at(i)->is_count) {
            metric_set_count(&metrics, i, 100 + i);
            ck_assert_uint_eq(metric_value_count(&metrics, i), 100 + i);
        } else {
            metric_set(&metrics, i, 100.0 + (double)i);
        }
    }
    for (size_t i = 0; i < METRICS_MAX; i++) {
        ck_assert_double_eq(metric_value(&metrics, i), 100.0 + (double)i);
    }
    ck_assert_uint_eq(metrics.iteration, 100);
    ck_assert_double_eq(metrics.loss, 101);
    ck_assert_double_eq(metrics.epsilon, 107);
    ck_assert_uint_eq(metrics.sample_backwards, 109);
    ck_assert_double_eq(metrics.own[15], 125);
    ck_assert_uint_eq(sizeof metrics, METRICS_MAX * 8);
}

TEST(names_are_those_of_the_list_and_of_the_rule) {
    ck_assert_uint_eq(metric_count(&none), N_METRICS);
    ck_assert_uint_eq(metric_count(&two), N_METRICS + 2);
    ck_assert_str_eq(metric_name(&two, 5), "valid_accuracy");
    ck_assert_str_eq(metric_name(&two, N_METRICS + 1), "n_kept");
    ck_assert(metric_name_is_taken("loss") && metric_name_is_taken("seconds"));
    ck_assert(metric_name_is_taken("best") && metric_name_is_taken("weights_hash"));
    ck_assert(!metric_name_is_taken("temperature"));
    ck_assert_uint_eq(metric_find(&two, "iteration"), 0);
    ck_assert_uint_eq(metric_find(&two, "n_kept"), N_METRICS + 1);
    ck_assert_uint_eq(metric_find(&two, "n_kep"), metric_count(&two));
    ck_assert(metric_name_is_good("a", 1) && metric_name_is_good("n_2x", 3));
    ck_assert(!metric_name_is_good("", 0) && !metric_name_is_good("_a", 2));
    ck_assert(!metric_name_is_good("a\0", 2) && !metric_name_is_good("2a", 2));
}

/* The reference names each column, as a word of its own in backquotes. */
TEST(every_metric_is_in_the_reference) {
    char *text = scratch_read("docs/reference/runs.md", NULL);
    for (size_t i = 0; i < N_METRICS; i++) {
        char word[64];
        snprintf(word, sizeof word, "`%s`", metric_at(i)->name);
        ck_assert_msg(strstr(text, word) != NULL, "%s", word);
    }
    free(text);
}

/* metrics.csv ---------------------------------------------------------------------------------- */

static struct metrics_table *read_text(const char *text) {
    struct metrics_table *table;
    scratch_file(&scratch, "metrics.csv", text);
    ck_assert_msg(metrics_csv_read(core, scratch.folder, UINT64_MAX, &table) == SYNRL_OK, "%s",
                  core->message);
    return table;
}

TEST(what_is_written_is_read_again) {
    struct metrics rows[2] = {
        {.iteration = 0, .loss = 0.1, .accuracy = (double)NAN, .epsilon = 1e-310, .own = {-0.0, 3}},
        {.iteration = 7,
         .loss = (double)INFINITY,
         .valid_loss = -(double)INFINITY,
         .sample_forwards = UINT64_MAX,
         .own = {1.0 / 3, (double)NAN}}};
    FILE *stream = fopen(scratch_path(&scratch, "metrics.csv"), "w");
    metrics_csv_write_heading(stream, &two);
    metrics_csv_write_row(stream, &two, &rows[0]);
    metrics_csv_write_row(stream, &two, &rows[1]);
    ck_assert_int_eq(fclose(stream), 0);
    struct metrics_table *table;
    ck_assert_int_eq(metrics_csv_read(core, scratch.folder, UINT64_MAX, &table), SYNRL_OK);
    ck_assert_uint_eq(table->n, 2);
    ck_assert_uint_eq(table->own.n, 2);
    ck_assert_str_eq(table->own.names[1], "n_kept");
    for (size_t r = 0; r < 2; r++) {
        for (size_t i = 0; i < metric_count(&two); i++) {
            const double wanted = metric_value(&rows[r], i), got = metric_value(&table->rows[r], i);
            ck_assert_msg(isnan(wanted) ? isnan(got) : memcmp(&wanted, &got, sizeof got) == 0,
                          "row %zu, %s", r, metric_name(&two, i));
        }
        ck_assert(isnan(table->rows[r].own[2])); /* not in the file */
    }
    ck_assert_uint_eq(table->rows[1].sample_forwards, UINT64_MAX);
    metrics_table_free(core, table);
    ck_assert_int_eq(metrics_csv_read(core, scratch.folder, 6, &table), SYNRL_OK);
    ck_assert_uint_eq(table->n, 1);
    metrics_table_free(core, table);
}

/* As it was before there were metrics of rules, and as it may be with fewer. */
TEST(older_headings_are_read) {
    struct metrics_table *table = read_text(
        "iteration,loss,accuracy,reward_rate,valid_loss,valid_accuracy,alpha_s,epsilon,"
        "sample_forwards,sample_backwards\n0,1.5,,nan,,,0.001,,50,0\n");
    ck_assert_uint_eq(table->own.n, 0);
    ck_assert_double_eq(table->rows[0].loss, 1.5);
    ck_assert(isnan(table->rows[0].accuracy) && isnan(table->rows[0].reward_rate));
    ck_assert_uint_eq(table->rows[0].sample_forwards, 50);
    metrics_table_free(core, table);
    table = read_text("iteration,epsilon,loss\n3,0.5,2\n");
    ck_assert_uint_eq(table->rows[0].iteration, 3);
    ck_assert_double_eq(table->rows[0].epsilon, 0.5);
    ck_assert_double_eq(table->rows[0].loss, 2);
    ck_assert(isnan(table->rows[0].valid_loss));
    metrics_table_free(core, table);
}

/* What a crash leaves: a last line, or a heading, without its end. */
TEST(a_line_without_its_end_is_no_row) {
    struct metrics_table *table = read_text("iteration,loss\n0,1\n1,0.");
    ck_assert_uint_eq(table->n, 1);
    metrics_table_free(core, table);
    table = read_text("iteration,lo");
    ck_assert_uint_eq(table->n, 0);
    metrics_table_free(core, table);
    table = read_text("");
    ck_assert_uint_eq(table->n, 0);
    metrics_table_free(core, table);
}

#define SIXTEEN "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"

static const struct {
    const char *text, *message;
} damages[] = {
    {"loss,iteration\n",
     ":1: must begin with the names of the columns, the first of them iteration"},
    {"\x01\x02", ":1: must begin with the names of the columns"},
    {"loss", ":1: must begin with the names of the columns"},
    {"iteration,loss,loss\n", ":1: two columns are named \"loss\""},
    {"iteration,x,x\n", ":1: two columns are named \"x\""},
    {"iteration,\n", ":1: \"\" is not the name of a metric"},
    {"iteration,../x\n", ":1: \"../x\" is not the name of a metric"},
    {"iteration,Loss\n", ":1: \"Loss\" is not the name of a metric"},
    {"iteration,abcdefghijklmnopqrstuvwxyz012345\n",
     ":1: \"abcdefghijklmnopqrstuvwxyz01...\" is not"},
    {"iteration," SIXTEEN ",q\n", ":1: more than 16 metrics of a rule"},
    {"iteration,loss\n0\n", ":2: 1 values, where the heading has 2 names"},
    {"iteration,loss\n0,1,2\n", ":2: 3 values, where the heading has 2 names"},
    {"iteration,loss\n0,1\n-1,2\n", ":3: column 1 is \"-1\": must be a number"},
    {"iteration,loss\n0,1\n,2\n", ":3: column 1 is \"\": must be a number"},
    {"iteration,loss\n5,1\n3,1\n", ":3: iteration 3 after 5: rows must be in their order"},
    {"iteration,loss\n0,1x\n", ":2: column 2 is \"1x\": must be a number"},
    {"iteration,loss\n18446744073709551616,1\n", ":2: column 1 is \"18446744073709551616\""},
};

TEST_EACH(what_is_not_metrics_is_refused, COUNT_OF(damages)) {
    struct metrics_table *table;
    scratch_file(&scratch, "metrics.csv", damages[_i].text);
    test_failure(core, SYNRL_INVALID, metrics_csv_read(core, scratch.folder, UINT64_MAX, &table),
                 damages[_i].message);
    ck_assert_ptr_null(table);
}

static synrl_status attempt(struct core *short_core) {
    struct metrics_table *table;
    const synrl_status status = metrics_csv_read(short_core, scratch.folder, UINT64_MAX, &table);
    metrics_table_free(short_core, table);
    return status;
}

TEST(memory_that_runs_out_leaves_nothing) {
    scratch_file(&scratch, "metrics.csv",
                 "iteration,loss\n0,1\n1,1\n2,1\n3,1\n4,1\n5,1\n6,1\n7,1\n8,1\n9,1\n");
    test_short_memory(attempt);
}
