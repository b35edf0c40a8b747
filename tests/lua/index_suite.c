/* The index of runs and the commands about them: what they show, what they refuse, and that the
 * data base is only ever a copy of the folders. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/child.h"
#include "support/test.h"

#define SYNRL "\"$BUILD\"/synrl "

static struct child child;

static void open_child(void) {
    child_open(&child);
}

static void close_child(void) {
    child_close(&child);
}

SUITE("index", .setup = open_child, .teardown = close_child, .timeout = 120);

static void check_output(const char *command, const char *output) {
    child_ok(&child, command);
    ck_assert_msg(strcmp(child.output, output) == 0, "%s: \"%s\"", command, child.output);
}

static void check_fails(const char *command, int code, const char *says) {
    const int found = child_run(&child, "%s", command);
    ck_assert_msg(found == code, "%s: exit code %d: %s", command, found, child.error);
    ck_assert_msg(child_said(&child, says), "%s: %s", command, child.error);
}

/* One run an epsilon, one that stops early and one that fails. */
static void make_runs(void) {
    scratch_file(&child.scratch, "s.lua",
                 "local synrl = require 'synrl'\n"
                 "local data = synrl.dataset('boundary', { samples = 50 })\n"
                 "local function train(name, epsilon, iterations, more)\n"
                 "  local t = { name = name, loss = 'mse', data = data, iterations = iterations,\n"
                 "    rule = synrl.rule('win_stay', { epsilon = epsilon }),\n"
                 "    model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }\n"
                 "  for k, v in pairs(more or {}) do t[k] = v end\n"
                 "  return synrl.train(t)\n"
                 "end\n"
                 "train('calm', 0.1, 30) train('wild', 0.5, 20)\n"
                 "train('early', 0.25, 40, { valid = data, evaluate_every = 5,\n"
                 "  stop = function(m) return m.iteration >= 10 and 'enough' end })\n"
                 "pcall(train, 'broken', 0.25, 10, { valid = data, evaluate_every = 5,\n"
                 "  on_evaluate = function() error('on purpose') end })\n");
    child_ok(&child, SYNRL "run --quiet --no-pictures s.lua >/dev/null");
}

#define LS SYNRL "ls --json "
#define PYTHON "/usr/bin/python3 -c "
#define ORDER(filter)                                           \
    LS filter " | " PYTHON                                      \
              "\"import json, sys\nprint(*[r['name'] for r in " \
              "json.load(sys.stdin)])\""
#define NAMES(filter)      \
    LS filter " | " PYTHON \
              "\"import json, sys\nprint(*sorted(r['name'] for r in json.load(sys.stdin)))\""

TEST(runs_are_listed) {
    make_runs();
    check_output(NAMES(""), "broken calm early wild\n");
    check_output(NAMES("--status done"), "calm wild\n");
    check_output(NAMES("--status stopped"), "early\n");
    check_output(NAMES("--status failed"), "broken\n");
    check_output(NAMES("--status running"), "\n");
    check_output(NAMES("--name '[cw]*'"), "calm wild\n");
    check_output(ORDER("--sort iterations"), "broken wild calm early\n");
    check_output(ORDER("--sort iterations --reverse --limit 2"), "early calm\n");
    child_ok(
        &child,
        "sed -i 's/\"started\": .*/\"started\": \"2035-01-01T00:00:00Z\",/' runs/*-early/run.json\n"
        "sed -i 's/\"started\": .*/\"started\": \"2033-01-01T00:00:00Z\",/' runs/*-calm/run.json\n"
        "sed -i 's/\"started\": .*/\"started\": \"2034-01-01T00:00:00Z\",/' runs/*-wild/run.json");
    check_output(ORDER(""), "broken calm wild early\n");
    check_output(ORDER("--reverse"), "early wild calm broken\n");
    check_output(ORDER("--limit 2"), "wild early\n");
    check_output(NAMES("--where rule.parameters.epsilon=0.1"), "calm\n");
    check_output(NAMES("--where rule.parameters.epsilon=0.25 --where iterations=40"), "early\n");
    check_output(NAMES("--where model.parameters.layers.1=5 --where name=wild"), "wild\n");
    check_output(NAMES("--where data.parameters.samples=51"), "\n");
    check_output(NAMES("--where 'name=x\" OR 1=1 --'"), "\n");
    check_output(NAMES("--name \"' OR 1=1 --\""), "\n");
    child_ok(&child, SYNRL "ls");
    ck_assert(child_said(&child, "done     "));
    ck_assert(child_said(&child, " 10/40 "));
    check_fails(SYNRL "ls --status crahsed", 2, "did you mean \"crashed\"");
    check_fails(SYNRL "ls --sort 'loss; DROP TABLE runs'", 2, "must be one of");
    check_fails(SYNRL "ls --limit 0", 2, "--limit must be an integer from 1");
    check_fails(SYNRL "ls --where epsilon", 2, "must be key=value");
    check_fails(SYNRL "ls --where 'a..b=1'", 1, "must be a dotted path");
    check_fails(SYNRL "ls --statu done", 2, "did you mean \"--status\"?");
    check_fails(SYNRL "ls --runs none", 1, "none: must be a folder of runs");
}

/* A run that is killed: its process is gone, though run.json says that it is running. */
TEST(a_run_whose_process_died_is_crashed) {
    if (!scratch_has_proc("whether a run's process is alive")) {
        return;
    }
    scratch_file(
        &child.scratch, "k.lua",
        "local synrl = require 'synrl'\n"
        "synrl.train { name = 'killed', loss = 'mse', rule = 'win_stay', iterations = 9,\n"
        "  data = synrl.dataset('boundary', { samples = 50 }), evaluate_every = 3,\n"
        "  model = synrl.model('mlp', { layers = { 2, 5, 1 } }),\n"
        "  valid = synrl.dataset('boundary', { samples = 50 }), on_evaluate = function(m)\n"
        "    if m.iteration == 6 then\n"
        "      assert(os.execute('\"$BUILD\"/synrl ls > during'))\n"
        "      os.execute('kill -9 $PPID')\n"
        "    end end }\n");
    child_run(&child, SYNRL "run --quiet --no-pictures k.lua");
    check_output("grep -o running during; grep -h '\"status\"' runs/*/run.json",
                 "running\n  \"status\": \"running\"\n");
    check_output(NAMES("--status crashed"), "killed\n");
    check_output(NAMES("--status running"), "\n");
    child_ok(&child, SYNRL "show runs/*-killed");
    ck_assert(child_said(&child, "crashed"));
    child_ok(&child, SYNRL "report runs/* && grep -c '\"status\":\"crashed\"' report.html");
    check_output(SYNRL "rm runs/*-killed >/dev/null; ls runs", "synrl.db\n");
}

TEST(the_data_base_is_only_a_copy) {
    static const char *const damages[] = {
        "rm runs/synrl.db",
        ": > runs/synrl.db",
        "head -c 5000 /dev/zero > runs/synrl.db",
        "head -c 100 \"$BUILD\"/synrl > runs/synrl.db; echo x > runs/synrl.db-wal",
        "dd if=/dev/zero of=runs/synrl.db bs=1 seek=4096 count=3000 conv=notrunc 2>/dev/null",
        PYTHON
        "\"b = open('runs/synrl.db', 'rb').read(); i = b.find(b'-calm'); "
        "open('runs/synrl.db', 'wb').write(b[:i] + b'-cold' + b[i + 5:])\"",
        PYTHON
        "\"import sqlite3; c = sqlite3.connect('runs/synrl.db'); "
        "c.execute('PRAGMA user_version = 99'); c.commit()\"",
        PYTHON
        "\"import sqlite3; c = sqlite3.connect('runs/synrl.db'); "
        "c.execute('ALTER TABLE runs DROP COLUMN loss'); c.commit()\"",
        PYTHON
        "\"import sqlite3; c = sqlite3.connect('runs/synrl.db'); "
        "c.execute('DROP TABLE runs'); c.commit()\"",
    };
    make_runs();
    child_ok(&child, LS);
    char *before = strdup(child.output);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        child_ok(&child, damages[i]);
        check_output(LS, before);
    }
    check_output(SYNRL "reindex", "runs/synrl.db: 4 runs\n");
    check_output(LS, before);
    /* What lies beside the runs is named and left out. */
    child_ok(&child,
             "mkdir runs/stray runs/torn; echo '{\"status\":' > runs/torn/run.json; mkdir d; "
             "cp runs/*-calm/* d; ln -s ../d runs/link; touch runs/file");
    check_output(LS " 2>/dev/null", before);
    child_ok(&child, SYNRL "reindex");
    ck_assert_str_eq(child.output, "runs/synrl.db: 4 runs, 2 folders left out\n");
    ck_assert(child_said(&child, "left out: runs/torn/run.json"));
    /* Another's config that SQLite cannot read does not hide the rest. */
    child_ok(&child, PYTHON
             "\"import glob; s = open(glob.glob('runs/*-calm/run.json')[0]).read(); "
             "open('runs/torn/run.json', 'w').write(s.replace('\\\"config\\\": {', "
             "'\\\"config\\\": {\\\"deep\\\": ' + '[' * 2030 + ']' * 2030 + ','))\"");
    check_output(NAMES("--where rule.parameters.epsilon=0.1 2>/dev/null"), "calm\n");
    child_ok(&child, "rm -r runs/torn");
    /* A run that is changed or gone is seen at once. */
    child_ok(&child,
             "sed -i 's/\"name\": \"wild\"/\"name\": \"mild\"/' runs/*-wild/run.json; "
             "rm -r runs/*-broken");
    check_output(NAMES("2>/dev/null"), "calm early mild\n");
    free(before);
}

/* root may write anything, so the folder is one that nobody can write to. */
TEST(without_leave_to_write_runs_are_still_listed) {
    make_runs();
    if (geteuid() == 0 && child_run(&child, "chattr +i runs 2>/dev/null") != 0) {
        child_ok(&child, "rm -f runs/synrl.db; mkdir runs/synrl.db");
        check_output(NAMES(""), "broken calm early wild\n");
        ck_assert(child_said(&child, "cannot be written, so the index is not kept"));
        return;
    }
    child_run(&child, "chattr -i runs; rm -f runs/synrl.db; chmod a-w runs; chattr +i runs");
    child_ok(&child, NAMES("") "; chattr -i runs 2>/dev/null; chmod u+w runs");
    ck_assert(child_said(&child, "broken calm early wild"));
    ck_assert(child_said(&child, "cannot be written, so the index is not kept"));
}

/* Two sweeps record and index, two loops list and one makes the index anew, all at the same time.
 */
TEST(many_processes_share_the_index) {
    scratch_file(&child.scratch, "c.lua",
                 "local synrl = require 'synrl'\n"
                 "local o = synrl.options { seed = 1, name = 'x' }\n"
                 "return synrl.train { name = o.name, loss = 'mse', rule = 'win_stay',\n"
                 "  iterations = 20, data = synrl.dataset('boundary', { samples = 50 }),\n"
                 "  model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }.summary\n");
    child_ok(
        &child,
        "mkdir runs\n" SYNRL "sweep --quiet c.lua name=a seed=1..8 -j 2 >one 2>&1 & a=$!\n" SYNRL
        "sweep --quiet c.lua name=b seed=1..8 -j 2 >two 2>&1 & b=$!\n"
        "for w in 1 2; do (while ! test -e stop; do " SYNRL
        "ls >/dev/null 2>>errors || echo failed >>errors; done) & done\n"
        "for i in 1 2 3; do " SYNRL
        "reindex >/dev/null 2>>errors || echo failed >>errors; done\n"
        "wait $a || exit 1; wait $b || exit 1; touch stop; wait; grep -v 'no runs' errors >&2; "
        "true");
    ck_assert_str_eq(child.error, "");
    child_ok(&child, LS);
    json_t *rows = json_loads(child.output, 0, NULL);
    ck_assert_uint_eq(json_array_size(rows), 16);
    json_decref(rows);
}

TEST(exports_hold_what_was_measured) {
    make_runs();
    child_ok(&child, SYNRL "export calm --csv 2>/dev/null || " SYNRL
                           "export $(basename runs/*-calm) --csv | cmp - runs/*-calm/metrics.csv");
    child_ok(&child,
             SYNRL "export runs/*-calm --csv -o c.csv && cmp c.csv runs/*-calm/metrics.csv");
    if (!scratch_has_numpy()) {
        return;
    }
    child_ok(&child, SYNRL "export runs/*-early --npz -o m.npz && " SYNRL
                           "export runs/*-early --tensorboard tb");
    scratch_file(
        &child.scratch, "check.py",
        "import csv, glob, math, struct, sys\n"
        "import numpy\n"
        "rows = list(csv.DictReader(open(glob.glob('runs/*-early/metrics.csv')[0])))\n"
        "arrays = numpy.load('m.npz')\n"
        "assert set(arrays) == set(rows[0]), list(arrays)\n"
        "for name in arrays:\n"
        "  for value, row in zip(arrays[name], rows, strict=True):\n"
        "    assert value == float(row[name]) if row[name] else math.isnan(value)\n"
        "def crc32c(data):\n"
        "  c = 0xffffffff\n"
        "  for byte in data:\n"
        "    c ^= byte\n"
        "    for _ in range(8): c = c >> 1 ^ (0x82f63b78 if c & 1 else 0)\n"
        "  c ^= 0xffffffff\n"
        "  return ((c >> 15 | c << 17) + 0xa282ead8) & 0xffffffff\n"
        "assert crc32c(b'123456789') == (((0xe3069283 >> 15 | 0xe3069283 << 17)"
        " + 0xa282ead8) & 0xffffffff)\n"
        "def varint(data, at):\n"
        "  value = shift = 0\n"
        "  while True:\n"
        "    value |= (data[at] & 0x7f) << shift; shift += 7; at += 1\n"
        "    if data[at - 1] < 0x80: return value, at\n"
        "def fields(data):\n"
        "  at, found = 0, []\n"
        "  while at < len(data):\n"
        "    key, at = varint(data, at)\n"
        "    if key & 7 == 0: value, at = varint(data, at)\n"
        "    elif key & 7 == 1: value, at = struct.unpack_from('<d', data, at)[0], at + 8\n"
        "    elif key & 7 == 5: value, at = struct.unpack_from('<f', data, at)[0], at + 4\n"
        "    else:\n"
        "      n, at = varint(data, at); value, at = data[at:at + n], at + n\n"
        "    found.append((key >> 3, value))\n"
        "  assert at == len(data)\n"
        "  return found\n"
        "data = open(glob.glob('tb/*-early/events.out.tfevents.*')[0], 'rb').read()\n"
        "events, at = [], 0\n"
        "while at < len(data):\n"
        "  n, check = struct.unpack_from('<QI', data, at)\n"
        "  body = data[at + 12:at + 12 + n]\n"
        "  assert check == crc32c(data[at:at + 8])\n"
        "  assert struct.unpack_from('<I', data, at + 12 + n)[0] == crc32c(body)\n"
        "  events.append(dict(fields(body))); at += n + 16\n"
        "assert events[0][3] == b'brain.Event:2'\n"
        "assert len(events) == len(rows) + 1\n"
        "for event, row in zip(events[1:], rows, strict=True):\n"
        "  assert event[2] == int(row['iteration'])\n"
        "  values = [dict(fields(v)) for _, v in fields(event[5])]\n"
        "  told = {v[1].decode(): v[2] for v in values}\n"
        "  wanted = {k: v for k, v in row.items() if v and k != 'iteration'}\n"
        "  assert set(told) == set(wanted), (told, wanted)\n"
        "  for k in told: assert told[k] == numpy.float32(wanted[k])\n");
    child_ok(&child, "/usr/bin/python3 check.py");
    check_fails(SYNRL "export runs/*-calm", 2, "one of --csv, --npz and --tensorboard");
    check_fails(SYNRL "export runs/*-calm --csv -o none/c.csv", 1, "none/c.csv");
    check_fails(SYNRL "export runs/none --csv", 1, "must be a run's folder");
    check_fails(SYNRL "export 2 --csv", 1, "4 runs begin with \"2\"");
    check_fails(SYNRL "export x --csv", 1, "no run \"x\"");
    check_fails(SYNRL "export runs/*-calm --csv >/dev/full", 1, "cannot write the result");
}

TEST(a_run_whose_process_is_alive_is_not_removed) {
    if (!scratch_has_proc("not removing a run whose process is alive")) {
        return;
    }
    make_runs();
    child_ok(
        &child,
        "cp -r runs/*-calm runs/lives\n"
        "s=$(cut -d' ' -f22 /proc/$$/stat); b=$(cat /proc/sys/kernel/random/boot_id)\n"
        "sed -i \"s/\\\"status\\\": .*/\\\"status\\\": \\\"running\\\",/; s/\\\"pid\\\": .*/"
        "\\\"pid\\\": $$,/; s/\\\"start\\\": [0-9]*$/\\\"start\\\": $s/\" runs/lives/run.json\n"
        "if " SYNRL "rm runs/lives 2>said; then exit 1; fi; grep -q 'it is running' said");
}

TEST(only_whole_folders_of_runs_are_removed) {
    make_runs();
    child_ok(&child,
             "mkdir -p zz/precious; cp -r runs/*-calm runs/deep; mkdir runs/deep/more; "
             "cp -r runs/*-calm linked; ln -s ../linked runs/link");
    check_fails(SYNRL "rm zz", 1, "no run \"zz\"");
    check_fails(SYNRL "rm zz/precious", 1, "must be a run's folder");
    check_fails(SYNRL "rm ..", 1, "");
    check_fails(SYNRL "rm runs", 1, "");
    check_fails(SYNRL "rm runs/deep", 1, "contains \"more\", which is a folder");
    check_fails(SYNRL "rm runs/link", 1, "not removed: a link");
    check_fails(SYNRL "rm runs/*-wild nothing", 1, "no run \"nothing\"");
    check_fails(SYNRL "rm", 2, "which run?");
    child_ok(
        &child,
        "test -f runs/*-wild/run.json && test -f linked/run.json && test -f runs/deep/run.json");
    child_ok(&child, SYNRL "rm runs/*-wild $(basename runs/*-early)");
    check_output(NAMES("--name '[we]*'"), "\n");
    child_ok(&child, "rm -r runs/deep; rm runs/link");
    check_output(NAMES(""), "broken calm\n");
}

TEST(a_run_is_shown) {
    make_runs();
    child_ok(&child, SYNRL "show runs/*-early");
    ck_assert(child_said(&child, "stopped"));
    ck_assert(child_said(&child, "enough"));
    child_ok(&child, SYNRL "show $(basename runs/*-broken)");
    ck_assert(child_said(&child, "on purpose"));
    check_output(SYNRL "show runs/*-calm --json | " PYTHON
                       "\"import json, sys\n"
                       "r = json.load(sys.stdin); print(r['status'], r['files']['rewards.bin'])\"",
                 "done 4\n");
    check_fails(SYNRL "show", 2, "which run?");
    check_fails(SYNRL "show 2 2", 2, "which run?");
}
