/* Characters from a script's side: what a classifier leaves in its folder, the same bits for any
 * number of threads, and curves that a script draws. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/child.h"
#include "support/sanitizer.h"
#include "support/test.h"
#include "train/evaluate.h"

#define SYNRL "\"$BUILD\"/synrl run --quiet "

static struct child child;

static void open_child(void) {
    char folder[PATH_MAX];
    child_open(&child);
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    ck_assert_int_eq(setenv("SYNRL_SOURCE", folder, 1), 0);
}

static void close_child(void) {
    child_close(&child);
}

SUITE("ocr", .setup = open_child, .teardown = close_child, .timeout = 300);

static void run(const char *script, const char *arguments) {
    scratch_file(&child.scratch, "s.lua", script);
    const int code = child_run(&child, SYNRL "%s s.lua", arguments);
    ck_assert_msg(code == 0, "%s", child.error);
}

/* 2,000 samples of the shipped letters, or a quarter of them. */
#define PART PACED("1", "4")
#define GLYPHS                                                                                  \
    "local part = " PART                                                                        \
    "\nlocal synrl = require 'synrl'\n"                                                         \
    "local folder = os.getenv('SYNRL_SOURCE') .. '/datasets/glyphs/'\n"                         \
    "local all = synrl.dataset('idx', {images = folder .. 'images-idx3-ubyte.gz',\n"            \
    "  labels = folder .. 'labels-idx1-ubyte.gz', classes = 'ABCDEFGHIJ'})\n"                   \
    "local data, rest = all:split(0.1 / part, 1)\n"                                             \
    "local valid = rest:split(0.05 / part, 1)\n"                                                \
    "local function t(n, hidden, more)\n"                                                       \
    "  local run = {data = data, valid = valid, loss = 'cross_entropy', iterations = n,\n"      \
    "    model = synrl.model('mlp', {layers = hidden > 0 and {784, hidden, 10} or {784, 10},\n" \
    "      activation = 'relu', init = 0.1}),\n"                                                \
    "    rule = synrl.rule('win_stay', {alpha_s = 1e-3}),\n"                                    \
    "    batch = {size = 1000 // part, every = 40}}\n"                                          \
    "  for k, v in pairs(more or {}) do run[k] = v end\n"                                       \
    "  return synrl.train(run)\n"                                                               \
    "end\n"

static const char *hash_with(const char *threads, char hash[64]) {
    char arguments[64];
    snprintf(arguments, sizeof arguments, "--no-record --threads %s", threads);
    run(GLYPHS "print(t(500, 0).summary.weights_hash, t(500, 12).summary.weights_hash)\n",
        arguments);
    snprintf(hash, 64, "%.63s", child.output);
    return hash;
}

TEST(any_number_of_threads_gives_the_same_bits) {
    char one[64], other[64];
    hash_with("1", one);
    ck_assert_uint_ge(strlen(one), 33);
    ck_assert_str_eq(hash_with("2", other), one);
    ck_assert_str_eq(hash_with("4", other), one);
}

/* The weights' hashes and every line of metrics, of letters with and without hidden units and of a
 * boundary; a hundred iterations and more, so that rates change on the way. */
#define MATRIX                                                                                    \
    GLYPHS                                                                                        \
    "local steps = synrl.schedule {{0, 1e-3}, {50, 5e-4}}\n"                                      \
    "local rule = synrl.rule('win_stay', {alpha_s = steps})\n"                                    \
    "local plane = synrl.dataset('boundary', {samples = 300, seed = 3})\n"                        \
    "for _, s in ipairs {t(100, 0, {rule = rule}).summary, t(100, 9, {rule = rule}).summary,\n"   \
    "  synrl.train {data = plane, loss = 'euclidean', iterations = 300, rule = 'qlearning',\n"    \
    "    model = synrl.model('mlp', {layers = {2, 30, 1}, output = 'tanh', seed = 4})}.summary} " \
    "do\n"                                                                                        \
    "  print(s.weights_hash)\n"                                                                   \
    "  for line in io.lines(s.run .. '/metrics.csv') do print(line) end\n"                        \
    "end\n"

static const char *const isas[] = {"scalar", "avx2", "avx512", "amx"};

TEST_EACH(threads_variants_and_paths_give_the_same_bits, 4) {
    static const char *const paths[] = {"auto", "dense", "sparse"};
    char *first = NULL;
    scratch_file(&child.scratch, "s.lua", MATRIX);
    for (int way = 0; way < 12; way++) {
        const char *path = paths[(way + _i) % 3], *isa = isas[way / 3];
        const int code = child_run(&child,
                                   "SYNRL_ISA=%s SYNRL_PATH=%s \"$BUILD\"/synrl run --quiet "
                                   "--no-pictures --threads %d s.lua",
                                   isa, path, _i + 1);
        if (code != 0 && child_said(&child, "SYNRL_ISA")) {
            printf("skipped: this machine has no %s\n", isa);
            continue;
        }
        ck_assert_msg(code == 0, "%s", child.error);
        if (first == NULL) {
            first = strdup(child.output);
            ck_assert_ptr_nonnull(first);
            ck_assert_uint_gt(strlen(first), 10000);
        }
        ck_assert_msg(strcmp(child.output, first) == 0, "%s, %s, %d threads", isa, path, _i + 1);
    }
    /* Each number of threads is held to the one reference: that of one thread. */
    const int code = child_run(&child,
                               "SYNRL_ISA=scalar SYNRL_PATH=dense \"$BUILD\"/synrl run "
                               "--quiet --no-pictures --threads 1 s.lua");
    ck_assert(code == 0 && first != NULL && strcmp(child.output, first) == 0);
    free(first);
}

/* confusion.csv against what result:evaluate counts, and that against the answers one by one. */
TEST(a_classifier_leaves_its_confusion) {
    run(GLYPHS
        "local r = t(300, 0, {name = 'c'})\n"
        "local e = r:evaluate(valid)\n"
        "local rows, right, n = {}, 0, 0\n"
        "for line in io.lines(r.summary.run .. '/confusion.csv') do\n"
        "  local row = {}\n"
        "  for field in line:gmatch('[^,]+') do row[#row + 1] = field end\n"
        "  rows[#rows + 1] = row\n"
        "end\n"
        "assert(#rows == 11 and rows[1][1] == 'actual' and rows[1][2] == 'A' and rows[11][1] == "
        "'J')\n"
        "for a = 1, 10 do for p = 1, 10 do\n"
        "  assert(tonumber(rows[a + 1][p + 1]) == e.confusion[a][p])\n"
        "  n = n + e.confusion[a][p]\n"
        "end right = right + e.confusion[a][a] end\n"
        "assert(n == #valid and right / n == r.summary.valid_accuracy)\n",
        "--no-pictures");
}

static bool gnuplot_is_there(void) {
    const bool is_there = child_run(&child, "command -v gnuplot") == 0;
    if (!is_there) {
        printf("skipped: gnuplot is not installed\n");
    }
    return is_there;
}

TEST(worst_mistakes_are_drawn) {
    if (gnuplot_is_there()) {
        run(GLYPHS
            "local folder = t(20, 0).summary.run\n"
            "for _, name in ipairs {'confusion.svg', 'confusion.png', 'mistakes.png'} do\n"
            "  assert(io.open(folder .. '/' .. name, 'rb')):close()\n"
            "end\n"
            "local svg = assert(io.open(folder .. '/mistakes.svg')):read('a')\n"
            "assert(select(2, svg:gsub('[A-J]: [A-J]', '')) == 40)\n",
            "");
    }
}

TEST(scripts_draw_curves) {
    if (gnuplot_is_there()) {
        run("local synrl = require 'synrl'\n"
            "local line = {name = 'x_1 & <b>', x = {1, 2, 3}, y = {1, 0/0, 1/0}}\n"
            "synrl.plot {path = 'a.svg', panels = {{title = \"it's\", log = true, lines = {line}}, "
            "{lines = {line, line}}}}\n"
            "local svg = assert(io.open('a.svg')):read('a')\n"
            "assert(svg:find('it&#39;s') or svg:find(\"it's\"))\n"
            "assert(svg:find('x_1'))\n",
            "--no-record");
    }
}

static const struct {
    const char *arguments, *message;
} wrong_plots[] = {
    {"{path = 'a.svg'}", "plot: panels is missing"},
    {"{path = 'a.svg', panels = {}}", "plot: panels must be a list of 1 to 12 tables"},
    {"{path = 'a.svg', panels = {{}}}", "plot: a panel: lines is missing"},
    {"{path = 'a.svg', pannels = {}}", "did you mean \"panels\"?"},
    {"{path = 'a.jpg', panels = {{lines = {{x = {1}, y = {1}}}}}}",
     "a.jpg: the name of a picture must end in .svg or .png"},
    {"{path = 'a.svg', panels = {{lines = {{x = {1, 2}, y = {1}}}}}}",
     "plot: a line has 2 x and 1 y: their numbers must be equal"},
    {"{path = 'a.svg', panels = {{lines = {{x = {1}, y = {'a'}}}}}}",
     "plot: entry 1 of a line's y must be a number, not"},
    {"{path = 3, panels = {{lines = {{x = {1}, y = {1}}}}}}", "plot: path must be a string, not"},
};

TEST_EACH(wrong_plots_are_told, sizeof wrong_plots / sizeof wrong_plots[0]) {
    char script[256];
    snprintf(script, sizeof script, "require('synrl').plot %s\n", wrong_plots[_i].arguments);
    scratch_file(&child.scratch, "s.lua", script);
    ck_assert_int_eq(child_run(&child, SYNRL "s.lua"), 1);
    ck_assert_msg(strstr(child.error, wrong_plots[_i].message) != NULL, "%s", child.error);
    ck_assert_ptr_eq(strstr(child.error, "s.lua:1: "), child.error);
}
