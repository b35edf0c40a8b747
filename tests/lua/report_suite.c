/* Reports and the live page, in a browser without a window: curves are drawn, nothing is fetched,
 * nothing in a run's folder can become part of the page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/child.h"
#include "support/test.h"

#define SYNRL "\"$BUILD\"/synrl "
#define BROWSER                                                               \
    "chromium --headless --no-sandbox --disable-gpu --enable-logging=stderr " \
    "--user-data-dir=profile --virtual-time-budget=8000 "                     \
    "--host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' --dump-dom "

static struct child child;

static void open_child(void) {
    child_open(&child);
}

static void close_child(void) {
    child_close(&child);
}

SUITE("report", .setup = open_child, .teardown = close_child, .timeout = 120);

/* Two runs that differ in their seed, and one of a classifier, of few iterations. */
static void make_runs(void) {
    scratch_file(
        &child.scratch, "s.lua",
        "local synrl = require 'synrl'\n"
        "local o = synrl.options { name = 'some' }\n"
        "for seed = 1, 2 do synrl.train { name = o.name, loss = 'mse', rule = 'win_stay',\n"
        "  data = synrl.dataset('boundary', { samples = 50 }), seed = seed, iterations = 40,\n"
        "  model = synrl.model('mlp', { layers = { 2, 5, 1 } }) } end\n"
        "local f = io.open('d.csv', 'w') for i = 1, 30 do f:write(i, ',', i % 3, '\\n') end "
        "f:close()\n"
        "synrl.train { name = 'classes', loss = 'cross_entropy', rule = 'qlearning',\n"
        "  data = synrl.dataset('csv', { path = 'd.csv', label = '2' }), iterations = 40,\n"
        "  model = synrl.model('mlp', { layers = { 1, 5, 3 } }) }\n");
    child_ok(&child, SYNRL "run --quiet --no-pictures s.lua >/dev/null");
}

static bool has_browser(void) {
    static bool told;
    if (!scratch_has_proc("opening pages in a browser")) {
        return false;
    }
    const bool is_there = system("command -v chromium >/dev/null 2>&1") == 0;
    if (!is_there && !told) {
        told = true;
        fprintf(stderr, "skipped: chromium is not installed, so no page is opened\n");
    }
    return is_there;
}

/* The page has been rendered with so many charts, and nothing went wrong on the way. */
static void check_page(const char *address, int n_charts) {
    char mark[64];
    ck_assert_msg(child_run(&child, BROWSER "%s", address) == 0, "%s", child.error);
    snprintf(mark, sizeof mark, "data-charts=\"%d\"", n_charts);
    ck_assert_msg(strstr(child.output, mark) != NULL, "%.2000s", child.output);
    ck_assert_ptr_nonnull(strstr(child.output, "<canvas"));
    ck_assert_msg(strstr(child.error, "CONSOLE") == NULL, "%s", child.error);
}

TEST(a_report_is_drawn) {
    make_runs();
    child_ok(&child, SYNRL "report runs/* --title 'Two of a kind'");
    ck_assert(child_said(&child, "report.html: 3 runs"));
    if (has_browser()) {
        check_page("report.html", 4);
        ck_assert_ptr_nonnull(strstr(child.output, "<h1>Two of a kind</h1>"));
        ck_assert_ptr_nonnull(strstr(child.output, "some (mean of 2)"));
        ck_assert_ptr_nonnull(strstr(child.output, "rewards \\ actions"));
        ck_assert_ptr_nonnull(strstr(child.output, "Confusion"));
    }
}

/* Half way along the curves of 40 iterations the legend tells iteration 20 and a value for each. */
TEST(values_are_shown_under_the_pointer) {
    make_runs();
    child_ok(&child, SYNRL "report runs/*some*");
    scratch_file(
        &child.scratch, "hover.html",
        "<script>addEventListener('load', () => setTimeout(() => {\n"
        "  const over = document.querySelector('.u-over');\n"
        "  const box = over.getBoundingClientRect();\n"
        "  for (const type of ['mouseenter', 'mousemove'])\n"
        "    over.dispatchEvent(new MouseEvent(type, { bubbles: true,\n"
        "      clientX: box.left + box.width / 2, clientY: box.top + 20 }));\n"
        "  setTimeout(() => { document.body.dataset.hovered =\n"
        "    document.querySelector('.u-legend').innerText.replace(/\\s+/g, ' '); }, 300);\n"
        "}, 1000));</script>\n");
    child_ok(&child, "cat hover.html >> report.html");
    if (has_browser()) {
        child_ok(&child, BROWSER "report.html > page; grep -o 'data-hovered=\"[^\"]*\"' page");
        const char *value = strstr(child.output, "iteration20some (mean of 2)");
        ck_assert_msg(value != NULL && strpbrk(value + 27, "0123456789") == value + 27, "%s",
                      child.output);
    }
}

/* A policy forbids every fetch (one would be told on the console, which check_page looks at), and
 * the page has no address to fetch from: uPlot's home page in a comment is all. */
TEST(a_report_needs_nothing_else) {
    make_runs();
    child_ok(&child, SYNRL "report runs/*");
    child_ok(&child, "grep -c \"default-src 'none'; img-src data:; style-src\" report.html");
    ck_assert_int_eq(child_run(&child,
                               "grep -oE '(src|href)=\"[^\"]*' report.html | "
                               "grep -v 'data:' | wc -l"),
                     0);
    ck_assert_str_eq(child.output, "0\n");
    /* Nor does whoever passes it on need another file for uPlot's licence. */
    child_ok(&child,
             "grep -q 'Copyright (c) 2022 Leon Sorokin' report.html && "
             "grep -q 'shall be included in' report.html");
}

/* Of the cells of this sweep, each once, though there are other runs and it was made twice. */
TEST(a_sweep_is_reported) {
    make_runs();
    scratch_file(&child.scratch, "c.lua",
                 "local synrl = require 'synrl'\n"
                 "local o = synrl.options { seed = 1, epsilon = 0.5 }\n"
                 "return synrl.train { name = 'cell', loss = 'mse', iterations = 10,\n"
                 "  rule = synrl.rule('win_stay', { epsilon = o.epsilon }),\n"
                 "  data = synrl.dataset('boundary', { samples = 50 }),\n"
                 "  model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }.summary\n");
    child_ok(&child, SYNRL "sweep c.lua epsilon=0.1,0.2 seed=1..2 >/dev/null && " SYNRL
                           "sweep --fresh c.lua epsilon=0.1,0.2 seed=1..2 >/dev/null && " SYNRL
                           "sweep c.lua epsilon=0.3 >/dev/null && ls -d runs/*-cell* | wc -l");
    ck_assert_str_eq(child.output, "9\n");
    child_ok(&child, "for s in runs/sweep-*.json; do " SYNRL "report $s; done | sort");
    ck_assert_str_eq(child.output, "report.html: 1 run\nreport.html: 4 runs\n");
    ck_assert_int_ne(child_run(&child, "echo '{}' > x.json; " SYNRL "report x.json"), 0);
    ck_assert(child_said(&child, "x.json: not the record of a sweep"));
    ck_assert_int_ne(child_run(&child, SYNRL "report none.json"), 0);
    ck_assert(child_said(&child, "none.json: cannot open it"));
}

#define HOSTILE "</script><img src=x onerror=alert(1)><!--"

TEST(names_are_text) {
    make_runs();
    child_ok(&child,
             "for f in runs/*/run.json; do sed -i 's#\"name\": \"[^\"]*\"#\"name\": \"" HOSTILE
             "\"#' $f; done; " SYNRL "report runs/* --title '" HOSTILE "'");
    child_ok(&child, "grep -c '<script' report.html");
    ck_assert_str_eq(child.output, "3\n");
    ck_assert_int_eq(child_run(&child,
                               "grep -q 'onerror=alert' report.html && "
                               "grep -q '<img src=x' report.html"),
                     1);
    if (has_browser()) {
        check_page("report.html", 4);
        ck_assert_ptr_null(strstr(child.output, "<img src=\"x\""));
    }
}

TEST(damage_is_shown_not_fatal) {
    make_runs();
    child_ok(
        &child,
        "set -- runs/*; rm $1/metrics.csv; echo '{\"status\":' > $2/run.json; "
        "head -c 3000 /dev/zero > $3/metrics.csv; head -c 99 \"$BUILD\"/synrl > $3/policy.csv; "
        ": > $3/confusion.csv; mkdir runs/none; " SYNRL "report runs/*");
    child_ok(&child, "grep -o '\"problem\":' report.html | wc -l");
    ck_assert_str_eq(child.output, "4\n");
    if (has_browser()) {
        ck_assert_int_eq(child_run(&child, BROWSER "report.html"), 0);
        ck_assert_ptr_nonnull(strstr(child.output, "data-rendered"));
        ck_assert_ptr_nonnull(strstr(child.output, "metrics.csv: cannot open it"));
    }
}

/* 20 runs of 10,000 points: under 3 MB, and drawn in less than a second of the browser's time. */
TEST(many_points_are_thinned) {
    make_runs();
    child_ok(&child,
             "r=$(ls -d runs/*some | head -n 1); head -n 1 $r/metrics.csv > m\n"
             "awk 'BEGIN { for (i = 0; i <= 10000; i++) printf "
             "\"%d,%.17g,%.17g,%.17g,,,0.001,0.1,%d,0\\n\","
             " i, 1 / (i + 1) + rand() / 9, rand(), rand(), i }' >> m\n"
             "for i in $(seq 10 29); do cp -r $r many$i; cp m many$i/metrics.csv; done\n" SYNRL
             "report many* ; wc -c < report.html");
    ck_assert_msg(strtoul(strrchr(child.output, ':') != NULL ? strchr(child.output, '\n') + 1 : "0",
                          NULL, 10) < 3000000,
                  "%s", child.output);
    if (has_browser()) {
        check_page("report.html", 4);
    }
}

/* The live page -------------------------------------------------------------------------------- */

/* Starts the server, runs the commands with $url and `get PATH [METHOD [HOST]]`, which prints the
 * status and the body, and ends it. */
static int with_server(const char *commands) {
    return child_run(&child,
                     SYNRL
                     "serve --port 0 > served & server=$!\n"
                     "for i in $(seq 200); do grep -q http served && break; sleep 0.02; done\n"
                     "url=$(grep -o 'http://127.0.0.1:[0-9]*' served)\n"
                     "get() { python3 - \"$url\" \"$@\" <<'PYTHON'\n"
                     "import http.client, sys\n"
                     "host = sys.argv[1][7:]\n"
                     "c = http.client.HTTPConnection(host)\n"
                     "c.putrequest(sys.argv[3] if len(sys.argv) > 3 else 'GET', sys.argv[2], "
                     "skip_host=True)\n"
                     "c.putheader('Host', sys.argv[4] if len(sys.argv) > 4 else host)\n"
                     "c.endheaders(); r = c.getresponse(); print(r.status, r.read().decode())\n"
                     "PYTHON\n}\n"
                     "%s\ncode=$?; kill $server; wait $server; exit $code",
                     commands);
}

TEST(the_live_page_follows) {
    make_runs();
    ck_assert_msg(with_server("get /data.json | cut -c1-60; get / | grep -c uPlot") == 0, "%s",
                  child.error);
    ck_assert_msg(strncmp(child.output, "200 {\"title\":\"synrl runs\"", 25) == 0, "%s",
                  child.output);
    ck_assert_int_eq(with_server("get /data.json?run=$(ls runs | head -n 1) | grep -o '\"name\":"
                                 "\"2' | wc -l"),
                     0);
    ck_assert_str_eq(child.output, "1\n");
    if (has_browser()) {
        ck_assert_msg(with_server(BROWSER "$url/") == 0, "%s", child.error);
        ck_assert_msg(strstr(child.output, "data-charts=\"4\"") != NULL, "%s", child.error);
        ck_assert_msg(strstr(child.error, "CONSOLE") == NULL, "%s", child.error);
    }
}

TEST(nothing_else_is_served) {
    static const struct {
        const char *request, *status;
    } cases[] = {
        {"/data.json?run=../secret", "404"},
        {"/data.json?run=..", "404"},
        {"/data.json?run=.cells", "404"},
        {"/data.json?run=%2e%2e%2fsecret", "404"},
        {"/data.json?run=/etc", "404"},
        {"/data.json?run=link", "404"},
        {"/data.json?run=", "404"},
        {"/data.json?run", "404"},
        {"/data.json?other=1", "404"},
        {"/../secret/run.json", "404"},
        {"/runs/", "404"},
        {"/ POST", "405"},
        {"/ DELETE", "405"},
        {"/ GET elsewhere.example", "403"},
        {"/data.json GET localhost.elsewhere.example", "403"},
        {"/ GET localhost:1", "200"},
    };
    enum { N_CASES = sizeof cases / sizeof cases[0] };
    char commands[3000] = "";
    make_runs();
    child_ok(&child, "mkdir secret; cp runs/*classes/* secret; ln -s ../secret runs/link");
    for (size_t i = 0; i < N_CASES; i++) {
        strcat(strcat(strcat(commands, "get "), cases[i].request), " | cut -c1-3 | head -n 1\n");
    }
    ck_assert_msg(with_server(commands) == 0, "%s", child.error);
    const char *line = child.output;
    for (size_t i = 0; i < N_CASES; i++, line = strchr(line, '\n') + 1) {
        ck_assert_msg(strncmp(line, cases[i].status, 3) == 0, "%s: %.3s", cases[i].request, line);
    }
}

/* What is no HTTP is answered with an error or hung up on, and the server goes on. */
TEST(malformed_requests_do_no_harm) {
    make_runs();
    ck_assert_msg(
        with_server(
            "python3 - \"$url\" <<'PYTHON'\n"
            "import socket, sys, os\n"
            "port = int(sys.argv[1].rsplit(':', 1)[1])\n"
            "for bytes in [b'\\0' * 100, b'GET\\r\\n\\r\\n', b'GET / HTTP/9.9\\r\\n\\r\\n', "
            "b'GET /' + b'a' * 200000 + b' HTTP/1.1\\r\\n\\r\\n', os.urandom(5000), "
            "b'GET / HTTP/1.1\\r\\nContent-Length: -5\\r\\nHost: localhost\\r\\n\\r\\n', "
            "b'POST / HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: "
            "99999999999\\r\\n\\r\\n']:\n"
            "  s = socket.create_connection(('127.0.0.1', port)); s.settimeout(1)\n"
            "  try:\n    s.sendall(bytes); s.recv(100)\n"
            "  except OSError: pass\n"
            "  s.close()\n"
            "PYTHON\n"
            "get / | cut -c1-3 | head -n 1") == 0,
        "%s", child.error);
    ck_assert_str_eq(child.output, "200\n");
}
