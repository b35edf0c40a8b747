/* SPDX-License-Identifier: MIT */
/* The registry: what it finds and where, and that it refuses each plugin of tests/bad by name. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/suggest.h"
#include "plugin/host.h"
#include "plugin/registry.h"
#include "support/sanitizer.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/test.h"
#include "train/dataset.h"
#include "train/evaluate.h"

static struct core *core;
static struct scratch scratch;

static struct core *core_with_path(const char *path) {
    ck_assert_int_eq(setenv("SYNRL_PLUGIN_PATH", BUILD_DIR "/plugins", 0), 0);
    struct core *made = core_create(&(struct core_options){.n_threads = 1, .plugin_path = path});
    ck_assert_ptr_nonnull(made);
    return made;
}

static void setup(void) {
    scratch_make(&scratch);
    core = core_with_path(BUILD_DIR "/tests/bad");
}

static void teardown(void) {
    core_destroy(core);
    scratch_remove(&scratch);
}

SUITE("registry", .setup = setup, .teardown = teardown);

/* Starts over with the scratch folder first on the search path. */
static void use_scratch(void) {
    core_destroy(core);
    core = core_with_path(scratch.folder);
}

/* Puts a built plugin into the scratch folder under another name. */
static void link_plugin(const char *built, const char *name) {
    char real[PATH_MAX], path[PATH_MAX];
    snprintf(path, sizeof path, BUILD_DIR "/plugins/%s", built);
    ck_assert_ptr_nonnull(realpath(path, real));
    ck_assert_int_eq(symlink(real, scratch_path(&scratch, name)), 0);
}

static const struct plugin *find(synrl_kind kind, const char *id) {
    const struct plugin *plugin;
    ck_assert_msg(registry_find(core, kind, id, &plugin) == SYNRL_OK, "%s", core->message);
    ck_assert_str_eq(plugin->entry->id, id);
    ck_assert_uint_eq(plugin->entry->kind, (uint32_t)kind);
    return plugin;
}

static void refuse(synrl_kind kind, const char *id, const char *part) {
    const struct plugin *plugin = (const struct plugin *)&core;
    test_failure(core, SYNRL_INVALID, registry_find(core, kind, id, &plugin), part);
    ck_assert_ptr_null(plugin);
}

/* Broken plugins ------------------------------------------------------------------------------- */

static const struct {
    const char *id, *message;
} broken[] = {
    {"wrong_major",
     "wrong_major.so: built for ABI 4.8, this synrl speaks 3.8; it needs a newer synrl"},
    {"newer_minor",
     "newer_minor.so: built for ABI 3.9, this synrl speaks 3.8; it needs a newer synrl"},
    {"old_major", "old_major.so: built for ABI 2.8, this synrl speaks 3.8; rebuild it"},
    {"short_entry", "short_entry.so: its entry has 64 bytes: must be 80 .. 4096"},
    {"huge_entry", "huge_entry.so: its entry has 100000 bytes: must be 80 .. 4096"},
    {"param_size", "param_size.so: its parameters have 56 bytes each: must be 64, as"},
    {"unknown_kind", "unknown_kind.so: is of kind 42: must be 1 .. 7"},
    {"no_entry", "no_entry.so: not a synrl plugin: it has no symbol synrl_plugin_entry"},
    {"undefined_symbol", "undefined symbol: no_such_function_anywhere"},
    {"other_name",
     "other_name.so: its id is \"another_name\", so it must be named another_name.so"},
    {"odd_id", "odd_id.so: its id is \"Odd-Id\": must be lower-case letters, digits and _"},
    {"no_summary", "no_summary.so: id, version, summary or source is missing"},
    {"no_id", "no_id.so: id, version, summary or source is missing"},
    {"zero_ops", "zero_ops.so: its operations have size 0: must be the sizeof of their table"},
    {"huge_ops", "huge_ops.so: its operations have size 1000000: must be the sizeof"},
    {"wrong_kind", "operation missing from activation \"wrong_kind\": apply"},
    {"no_ops", "operation missing from rule \"no_ops\": every one"},
    {"no_step", "operation missing from rule \"no_step\": step"},
    {"short_ops", "operation missing from rule \"short_ops\": step"},
    {"no_metrics", "operation missing from rule \"no_metrics\": metrics"},
    {"many_metrics", "many_metrics.so: has 17 metrics: must be at most 16"},
    {"odd_metric", "odd_metric.so: metric 1 is called \"top speed\": must be up to 31 lower-case"},
    {"metric_twice", "metric_twice.so: metric \"speed\" is listed twice"},
    {"outside_self", "metric \"speed\" is not a double of the instance's 8 bytes"},
    {"no_self", "no_self.so: offers state, and self_size is 0: must be the sizeof of its instance"},
    {"unknown_trait", "unknown_trait.so: has traits 0x80: known are 0x7"},
    {"no_table", "no_table.so: has 3 parameters, but no table of them"},
    {"unknown_type", "unknown_type.so: parameter \"speed\" is of type 42: unknown"},
    /* 60 + 8 > 64 */
    {"outside_config", "parameter \"speed\" lies outside of the config's 64 bytes"},
    {"misaligned", "parameter \"speed\" is at offset 4: must be a multiple of 8"},
    {"overlapping", "parameters \"speed\" and \"gear\" are written to the same field"},
    {"nameless", "nameless.so: parameter 1 has no name or no meaning"},
    {"no_meaning", "no_meaning.so: parameter 1 has no name or no meaning"},
    {"odd_param", "parameter \"top speed\": must be lower-case letters, digits and _"},
    {"twice", "twice.so: parameter \"speed\" is listed twice"},
    {"no_choices", "no_choices.so: parameter \"gear\" has no choices"},
    {"empty_range", "empty_range.so: parameter \"speed\": no value is in 2 .. 1"},
};
enum { N_BROKEN = COUNT_OF(broken) };

TEST_EACH(refuses_a_broken_plugin, N_BROKEN) {
    refuse(SYNRL_KIND_RULE, broken[_i].id, broken[_i].message);
    find(SYNRL_KIND_RULE, "static"); /* and goes on working */
}

TEST(refuses_a_loss_with_a_trait_that_it_does_not_know) {
    refuse(SYNRL_KIND_LOSS, "odd_loss_trait", "odd_loss_trait.so: has traits 0x2: known are 0x1");
}

/* A table that ends before the traits has none, whatever lies after it. */
TEST(takes_a_loss_of_an_older_minor_version) {
    struct component *loss;
    core_destroy(core);
    core = core_with_path(BUILD_DIR "/tests/fixtures");
    find(SYNRL_KIND_LOSS, "older_loss");
    ck_assert_int_eq(component_create_default(core, SYNRL_KIND_LOSS, "older_loss", &loss),
                     SYNRL_OK);
    ck_assert(!evaluation_has_probabilities(loss));
    component_release(loss);
    ck_assert_int_eq(component_create_default(core, SYNRL_KIND_LOSS, "cross_entropy", &loss),
                     SYNRL_OK);
    ck_assert(evaluation_has_probabilities(loss));
    component_release(loss);
    ck_assert_int_eq(component_create_default(core, SYNRL_KIND_LOSS, "mse", &loss), SYNRL_OK);
    ck_assert(!evaluation_has_probabilities(loss));
    component_release(loss);
}

TEST(refuses_a_loss_without_target_format) {
    refuse(SYNRL_KIND_LOSS, "no_format",
           "operation missing from loss \"no_format\": target_format");
}

TEST(refuses_a_broken_model) {
    refuse(SYNRL_KIND_MODEL, "half_backward",
           "operation missing from model \"half_backward\": prepare_backward");
    refuse(SYNRL_KIND_MODEL, "no_tensor_size",
           "operation missing from model \"no_tensor_size\": tensor_size");
    refuse(SYNRL_KIND_LAYER, "layer_no_forward",
           "operation missing from layer \"layer_no_forward\": forward");
}

/* Loading a truncated library would end the process with SIGBUS. */
TEST(refuses_a_truncated_library) {
    static const off_t sizes[] = {10, 1000, 3000, 8000};
    size_t size;
    char *bytes = scratch_read(BUILD_DIR "/tests/bad/no_step.so", &size);
    use_scratch();
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        FILE *stream = fopen(scratch_path(&scratch, "cut.so"), "wb");
        ck_assert_ptr_nonnull(stream);
        fwrite(bytes, 1, size, stream);
        fclose(stream);
        ck_assert_int_eq(truncate(scratch_path(&scratch, "cut.so"), sizes[i]), 0);
        refuse(SYNRL_KIND_RULE, "cut", sizes[i] < 64 ? "not a shared object" : "truncated");
    }
    free(bytes);
}

TEST(refuses_a_file_that_is_not_a_library) {
    scratch_file(&scratch, "text.so", "this is not a shared object");
    use_scratch();
    refuse(SYNRL_KIND_RULE, "text", "text.so: cannot be loaded");
}

TEST(refuses_a_default_that_its_parameter_refuses) {
    struct component *component;
    test_failure(core, SYNRL_INVALID,
                 component_create_default(core, SYNRL_KIND_RULE, "bad_default", &component),
                 "bad_default.so: the default of a parameter: rule \"bad_default\": speed = "
                 "\"fast\": must be a number");
    ck_assert_ptr_null(component);
    test_failure(core, SYNRL_INVALID,
                 component_create_default(core, SYNRL_KIND_RULE, "default_outside", &component),
                 "rule \"default_outside\": speed = 5");
    ck_assert_ptr_null(component);
}

TEST(passes_on_the_message_of_a_failing_create) {
    struct component *component;
    struct dataset *made = NULL;
    ck_assert_int_eq(
        component_create_default(core, SYNRL_KIND_DATASET, "failing_create", &component), SYNRL_OK);
    test_failure(core, SYNRL_IO, dataset_create(core, component, &made),
                 "dataset \"failing_create\": the disk is on fire");
    ck_assert_ptr_null(made);
    component_release(component);
}

/* Finding -------------------------------------------------------------------------------------- */

TEST(finds_each_kind_and_opens_it_once) {
    find(SYNRL_KIND_LOSS, "mse");
    find(SYNRL_KIND_MODEL, "mlp");
    find(SYNRL_KIND_DATASET, "boundary");
    const struct plugin *first = find(SYNRL_KIND_ACTIVATION, "tanh");
    ck_assert_ptr_eq(find(SYNRL_KIND_ACTIVATION, "tanh"), first);
}

TEST(suggests_the_nearest_id) {
    refuse(SYNRL_KIND_RULE, "qlerning", "no rule \"qlerning\", did you mean \"qlearning\"?");
    /* tanh is near, but no rule. */
    refuse(SYNRL_KIND_RULE, "tanhh", "no rule \"tanhh\"; looked in " BUILD_DIR "/tests/bad, ");
    refuse(SYNRL_KIND_RULE, "../rules/static", "an id is lower-case letters, digits and _");
    refuse(SYNRL_KIND_RULE, "", "an id is lower-case letters, digits and _");
}

TEST(looks_into_the_folder_of_the_kind) {
    ck_assert_int_eq(mkdir(scratch_path(&scratch, "rules"), 0700), 0);
    link_plugin("rules/static.so", "rules/static.so");
    link_plugin("activations/tanh.so", "rules/tanh.so");
    use_scratch();
    const char *file = find(SYNRL_KIND_RULE, "static")->file;
    ck_assert_str_eq(file, scratch_path(&scratch, "rules/static.so"));
    refuse(SYNRL_KIND_RULE, "tanh", "rules/tanh.so: is of kind activation: must be rule");
}

TEST(passes_over_another_kind_in_the_plain_folder) {
    link_plugin("activations/tanh.so", "tanh.so");
    use_scratch();
    ck_assert_str_eq(find(SYNRL_KIND_ACTIVATION, "tanh")->file, scratch_path(&scratch, "tanh.so"));
    refuse(SYNRL_KIND_RULE, "tanh", "no rule \"tanh\"");
}

TEST(searches_the_path_in_order) {
    ck_assert_int_eq(mkdir(scratch_path(&scratch, "a"), 0700), 0);
    ck_assert_int_eq(mkdir(scratch_path(&scratch, "b"), 0700), 0);
    link_plugin("rules/static.so", "a/static.so");
    link_plugin("rules/static.so", "b/static.so");
    link_plugin("rules/gd.so", "b/gd.so");
    core_destroy(core);
    ck_assert_int_eq(setenv("SYNRL_PLUGIN_PATH", scratch_path(&scratch, "b"), 1), 0);
    core = core_with_path(scratch_path(&scratch, "a"));
    ck_assert_str_eq(find(SYNRL_KIND_RULE, "static")->file, scratch_path(&scratch, "a/static.so"));
    ck_assert_str_eq(find(SYNRL_KIND_RULE, "gd")->file, scratch_path(&scratch, "b/gd.so"));
    unsetenv("SYNRL_PLUGIN_PATH");
}

/* Listing -------------------------------------------------------------------------------------- */

struct listed {
    struct registry_entry *entries;
    size_t n;
};

static struct listed list(void) {
    struct listed listed;
    ck_assert_msg(registry_list(core, &listed.entries, &listed.n) == SYNRL_OK, "%s", core->message);
    return listed;
}

TEST(lists_by_kind_and_id) {
    core_destroy(core);
    core = core_with_path(BUILD_DIR "/plugins");
    const struct listed listed = list();
    ck_assert_uint_gt(listed.n, 10);
    for (size_t i = 0; i < listed.n; i++) {
        ck_assert_msg(listed.entries[i].problem == NULL, "%s", listed.entries[i].problem);
        ck_assert(!listed.entries[i].shadowed); /* on the path twice, but listed once */
        if (i > 0) {
            const synrl_plugin *before = listed.entries[i - 1].plugin->entry;
            const synrl_plugin *here = listed.entries[i].plugin->entry;
            ck_assert(before->kind < here->kind ||
                      (before->kind == here->kind && strcmp(before->id, here->id) < 0));
        }
    }
    registry_list_free(core, listed.entries, listed.n);
}

TEST(lists_what_is_broken_and_what_is_shadowed) {
    link_plugin("rules/static.so", "static.so");
    scratch_file(&scratch, "text.so", "this is not a shared object");
    scratch_file(&scratch, "notes.txt", "nor is this");
    use_scratch();
    const struct listed listed = list();
    size_t n_static = 0, n_broken = 0;
    for (size_t i = 0; i < listed.n; i++) {
        const struct registry_entry *entry = &listed.entries[i];
        if (entry->plugin == NULL) {
            ck_assert_ptr_nonnull(strstr(entry->problem, "text.so: cannot be loaded"));
            ck_assert_str_eq(entry->file, scratch_path(&scratch, "text.so"));
            ck_assert_uint_eq(i, listed.n - 1);
            n_broken++;
        } else if (strcmp(entry->plugin->entry->id, "static") == 0) {
            const bool in_scratch = strcmp(entry->file, scratch_path(&scratch, "static.so")) == 0;
            ck_assert(entry->shadowed == !in_scratch);
            n_static++;
        } else {
            ck_assert(!entry->shadowed);
        }
    }
    ck_assert_uint_eq(n_broken, 1);
    ck_assert_uint_eq(n_static, 2);
    registry_list_free(core, listed.entries, listed.n);
}

/* A sanitizer adds its own. */
#if !defined HAS_ADDRESS_SANITIZER && !defined HAS_THREAD_SANITIZER
TEST(plugins_export_one_symbol) {
    const struct listed listed = list();
    for (size_t i = 0; i < listed.n; i++) {
        if (listed.entries[i].plugin == NULL) {
            continue; /* of tests/bad */
        }
        char command[PATH_MAX + 64], line[256];
        snprintf(command, sizeof command, "nm -D --defined-only '%s'", listed.entries[i].file);
        FILE *names = popen(command, "r");
        ck_assert_ptr_nonnull(names);
        ck_assert_ptr_nonnull(fgets(line, sizeof line, names));
        ck_assert_msg(strstr(line, " synrl_plugin_entry\n") != NULL, "%s: %s", command, line);
        ck_assert_msg(fgets(line, sizeof line, names) == NULL, "%s: %s", command, line);
        ck_assert_int_eq(pclose(names), 0);
    }
    registry_list_free(core, listed.entries, listed.n);
}
#endif

/* Suggestions ---------------------------------------------------------------------------------- */

TEST(suggestions_are_near) {
    static const char *const words[] = {"gamma", "epsilon", "alpha_s", "alpha_q", "memory"};
    ck_assert_str_eq(suggest("gama", 5, words), "gamma");      /* left out */
    ck_assert_str_eq(suggest("gammma", 5, words), "gamma");    /* put in */
    ck_assert_str_eq(suggest("epsilom", 5, words), "epsilon"); /* changed */
    ck_assert_str_eq(suggest("alhpa_q", 5, words), "alpha_q"); /* swapped */
    ck_assert_str_eq(suggest("alpha_r", 5, words), "alpha_s"); /* both as near: the first */
    ck_assert_ptr_null(suggest("momentum_decay", 5, words));
    ck_assert_ptr_null(suggest("", 5, words));
    ck_assert_ptr_null(suggest("gama", 0, words));
    char longer[200];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ck_assert_ptr_null(suggest(longer, 5, words));
}

/* Memory --------------------------------------------------------------------------------------- */

static synrl_status find_one(struct core *scarce) {
    const struct plugin *plugin;
    return registry_find(scarce, SYNRL_KIND_ACTIVATION, "tanh", &plugin);
}

static synrl_status list_all(struct core *scarce) {
    struct registry_entry *entries;
    size_t n;
    SYNRL_TRY(registry_list(scarce, &entries, &n));
    registry_list_free(scarce, entries, n);
    return SYNRL_OK;
}

static synrl_status find_none(struct core *scarce) {
    const struct plugin *plugin;
    const synrl_status status = registry_find(scarce, SYNRL_KIND_RULE, "qlerning", &plugin);
    return status == SYNRL_INVALID && strstr(scarce->message, "\"qlearning\"?") ? SYNRL_OK : status;
}

/* Few plugins are enough: each needs a child process for each allocation that fails. */
TEST(short_memory_leaves_nothing) {
    link_plugin("rules/qlearning.so", "qlearning.so");
    link_plugin("activations/tanh.so", "tanh.so");
    unsetenv("SYNRL_PLUGIN_PATH");
    test_short_memory_among(scratch.folder, find_one);
    test_short_memory_among(scratch.folder, list_all);
    test_short_memory_among(scratch.folder, find_none);
}

TEST(a_core_is_made_whole_or_not_at_all) {
    struct core *made = NULL;
    for (size_t n_left = 0; made == NULL; n_left++) {
        struct short_memory memory;
        short_memory_init(&memory, n_left);
        made = core_create(&(struct core_options){
            .n_threads = 1, .plugin_path = "a:b::c", .allocator = &memory.allocator});
        ck_assert(memory.failed == (made == NULL));
        core_destroy(made);
        ck_assert_uint_eq(memory.n_live, 0);
    }
}
