# SPDX-License-Identifier: MIT
# Tests. A file is a suite: tests/unit/ROOM/NAME_suite.c, tests/plugins/NAME_suite.c, tests/lua/NAME.lua and
# tests/program/NAME.sh. Its tests register themselves (tests/support/test.h and scripts.h).
# `make check CK_RUN_SUITE=policy` runs one suite.

TEST_OBJECTS := $(call objects,tests/*/*_suite.c tests/unit/*/*_suite.c tests/fuzz/*.c tests/support/*.c tests/ref/*.c tests/main.c)
BAD_PLUGINS := $(patsubst tests/bad/%.c,$(BUILD)/tests/bad/%.so,$(wildcard tests/bad/*.c))
FIXTURES := $(patsubst tests/fixtures/%.c,$(BUILD)/tests/fixtures/%.so,$(wildcard tests/fixtures/*.c))
MISTAKES := $(patsubst tests/mistakes/%.c,$(BUILD)/tests/mistakes/%.so,$(wildcard tests/mistakes/*.c))
# Examples, and the template of a rule, as their readers build them: with one line.
EXAMPLES := $(patsubst examples/%.c,$(BUILD)/tests/examples/%.so,$(wildcard examples/*/*.c)) \
	$(BUILD)/tests/examples/rules/my_rule.so
# Programs and libraries to be preloaded that stand in the way of the program.
FAULTS := $(addprefix $(BUILD)/tests/fault/,stepper lockless.so failing.so latency.so)
TEST_CPPFLAGS := $(LUA_CPPFLAGS) -I. -Itests $(call pkg,--cflags check) \
	-DBUILD_DIR='"$(BUILD)"' -DSANITIZER='"$(SAN)"'

# Most of their code runs once; optimizing it would take longer.
TEST_CFLAGS := -Wno-gnu-zero-variadic-macro-arguments -O1
$(BUILD)/obj/tests/bench/%.o: TEST_CFLAGS :=
$(BUILD)/obj/tests/unit/engine/projection_suite.o: TEST_CFLAGS += -O3
$(BUILD)/obj/tests/%.o: tests/%.c
	$(in_folder)
	$(call say,CC,$<)
	$(Q)$(CC) $(TEST_CPPFLAGS) $(CFLAGS) $(TEST_CFLAGS) -c -o $@ $<

$(BUILD)/tests/check: $(TEST_OBJECTS) $(LUA_OBJECTS) $(BUILD)/libsynrl.a
	$(in_folder)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg,--libs check lua5.4 libarchive) $(LDLIBS)

BENCH_OBJECTS := $(call objects,tests/bench/*.c)
$(BUILD)/bench: $(BENCH_OBJECTS) $(BUILD)/libsynrl.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The harnesses of fuzzing: driven by libFuzzer with SAN=fuzzer and SAN=branches, else reading the files it
# is given.
FUZZ_OBJECTS := $(call objects,tests/fuzz/guided/*.c tests/fuzz/sound_data.c)
$(BUILD)/tests/fuzz: $(if $(filter fuzzer branches,$(SAN)),$(filter-out %/read.o,$(FUZZ_OBJECTS)),$(FUZZ_OBJECTS)) \
		$(filter-out %/main.o %/serve.o,$(CLI_OBJECTS)) $(LUA_OBJECTS) $(BUILD)/libsynrl.a
	$(in_folder)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(if $(filter fuzzer branches,$(SAN)),-fsanitize=fuzzer) -o $@ $^ \
		$(call pkg,--libs lua5.4 libarchive libmicrohttpd) $(LDLIBS)

has_fuzzer := echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	clang -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null
no_fuzzer := echo "skipped: coverage-guided fuzzing, since clang has no libFuzzer; run: sh tools/setup check"

# Plugins for tests alone, built as the others are.
$(BUILD)/tests/fixtures/%.so: tests/fixtures/%.c
	$(in_folder)
	$(call say,PLUGIN,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -shared $(if $(SAN),,-Wl$(comma)-z$(comma)defs) -o $@ $<

build_example = $(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -shared $(if $(SAN),,-Wl$(comma)-z$(comma)defs) \
	-o $@ $< -lm
$(BUILD)/tests/examples/%.so: examples/%.c
	$(in_folder)
	$(call say,PLUGIN,$@)
	$(build_example)
$(BUILD)/tests/examples/rules/my_rule.so: plugins/template/my_rule.c
	$(in_folder)
	$(call say,PLUGIN,$@)
	$(build_example)

# Deliberately broken, so without the checks that would refuse them at link time.
$(BUILD)/tests/bad/%.so: tests/bad/%.c
	$(in_folder)
	$(call say,PLUGIN,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -g0 -O1 -shared -o $@ $<

$(BUILD)/tests/fault/stepper: tests/fault/stepper.c
	$(in_folder)
	$(call say,LINK,$@)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -g -o $@ $<
$(BUILD)/tests/fault/%.so: tests/fault/%.c
	$(in_folder)
	$(call say,LINK,$@)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -Wno-pedantic -O2 -g -fPIC -shared -o $@ $< -ldl

# What an author may get wrong; what the compiler says of it is left out. They are many, so each is built as
# quickly as may be: what it calls is found in the program.
$(BUILD)/tests/mistakes/%.so: tests/mistakes/%.c
	$(in_folder)
	$(call say,PLUGIN,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -g0 -O0 -w $(if $(SAN),,-nostartfiles -nodefaultlibs) -DID=$* -shared -o $@ $<

#: tests              builds the tests; then CK_RUN_SUITE=policy build/tests/check runs one suite
#: examples           builds the plugins of examples/, under build/tests/examples
#: check              every test and linter, and the same bits from gcc and clang
#: check-sanitized    every test with each sanitizer, one after another, and what valgrind says to them
#: check-valgrind     the tests in C under valgrind
#: check-crash        a hundred kills (SYNRL_CRASHES) of run and resume, and of sweeps; `make check` kills a few
#: check-interleavings   a run interrupted and killed at each of its system calls, and resumed
#: check-fuzz         a hundred thousand damaged files of each format, then an hour of libFuzzer; `make
#:                    check` reads a few hundred, and has half a minute (FUZZ_SECONDS, FUZZ_RUNS)
#: check-faults       every call on a file and every allocation of the commands fails once (SYNRL_FAULTS: how
#:                    many of each); `make check` tries some
#: coverage-fuzz      line coverage of the readers by what fuzzing has kept, as text
#: check-arm64        the same bits on ARM64, under QEMU (as root)
#: check-cluster      sweeps as array jobs of a real Slurm, and runs of several processes, of which a hundred
#:                    are killed (as root); CLUSTER=slurm: that alone
#: check-bare         both commands of the README on a Debian 12 that holds git and nothing else (as root)
#: coverage           line coverage by the tests as HTML, under build/coverage
#: lint               rooms, format, spelling, licences, static analysis
.PHONY: examples tests check check-lint check-arm64 check-bare check-cluster check-crash check-interleavings \
	check-fuzz check-guided check-faults check-compilers check-sanitized check-valgrind coverage coverage-fuzz
examples: $(EXAMPLES)
tests: all $(BUILD)/bench $(BUILD)/synrl.1 $(BUILD)/synrl.bash $(BUILD)/tests/check $(BAD_PLUGINS) \
	$(MISTAKES) $(FIXTURES) $(EXAMPLES) $(FAULTS) $(BUILD)/tests/fuzz

# The chain that is longest comes first, and Check's closing line last.
check: $(if $(SAN),,check-some-fuzz check-compilers) tests $(if $(SAN),,lint check-lint)
	$(BUILD)/tests/check

# The lints themselves.
check-lint:
	tests/lint.sh

# Where clang has libFuzzer, one build by clang serves both: it ends with gcc's bits, and its readers count
# their branches.
ifneq ($(filter check check-compilers,$(GOALS)),)
BRANCHES := $(if $(shell $(has_fuzzer) && echo yes),build/clang/branches)
endif
OTHER_BUILD := $(if $(filter clang,$(CC)),build,$(or $(BRANCHES),build/clang))

.PHONY: check-some-fuzz build-branches build-other
build-branches:
	$(MAKE) CC=clang SAN=branches CFLAGS=-O3 all build/clang/branches/tests/fuzz
build-other:
	$(MAKE) CC=$(if $(filter clang,$(CC)),gcc,clang) all

check-some-fuzz: $(if $(BRANCHES),build-branches)
	$(if $(BRANCHES),tests/fuzz/guided.sh $(BRANCHES)/tests/fuzz $${FUZZ_SECONDS:-30},@$(no_fuzzer))

check-compilers: all $(if $(filter $(OTHER_BUILD),$(BRANCHES)),build-branches,build-other)
	tests/compilers.sh $(BUILD) $(OTHER_BUILD)

# See the script for what it needs.
check-arm64: all
	tests/arm64.sh

check-bare:
	tests/bare.sh

# In tests/cluster; one that lacks something here says so.
check-cluster: all $(FAULTS)
	tests/cluster.sh $(BUILD) $(CLUSTER)

check-crash: tests
	tests/crash.sh $(BUILD)/tests/check $${SYNRL_CRASHES:-100}

check-interleavings: tests
	SYNRL_INTERLEAVINGS=all CK_TIMEOUT_MULTIPLIER=100 CK_RUN_SUITE=interleavings \
		$(BUILD)/tests/check

check-fuzz: tests
	SYNRL_FUZZ_CASES=$${SYNRL_FUZZ_CASES:-100000} CK_RUN_SUITE=fuzz $(BUILD)/tests/check
	$(MAKE) check-guided

# Under libFuzzer, where clang has it: in a build of its own, with sanitizers.
check-guided:
	@if $(has_fuzzer); then \
		$(MAKE) CC=clang SAN=fuzzer CFLAGS="-O1 -g" build/clang/fuzzer/tests/fuzz fuzz-plugins && \
		tests/fuzz/guided.sh build/clang/fuzzer/tests/fuzz $${FUZZ_SECONDS:-3600}; \
	else \
		$(no_fuzzer); \
	fi

.PHONY: fuzz-plugins
fuzz-plugins: $(PLUGINS) $(BUILD)/tests/fixtures/env_calls.so

check-faults: tests
	rm -f $(BUILD)/tests/faults.log
	SYNRL_FAULTS=$${SYNRL_FAULTS:-all} CK_TIMEOUT_MULTIPLIER=100 CK_RUN_SUITE=faults $(BUILD)/tests/check
	sort $(BUILD)/tests/faults.log

check-sanitized:
	$(MAKE) check SAN=address
	$(MAKE) check SAN=undefined
	$(MAKE) check SAN=thread
	$(MAKE) check-valgrind

check-valgrind: tests
	tests/valgrind.sh $(BUILD)/tests/check

coverage:
	$(MAKE) BUILD=build/coverage CFLAGS="-O1 -g --coverage" WERROR= tests
	find build/coverage -name '*.gcda' -delete
	build/coverage/tests/check
	@mkdir -p build/coverage/html
	gcovr --root . --object-directory build/coverage --filter core/ --filter plugins/ \
		--print-summary --html-details build/coverage/html/index.html

# What reads the files that a harness is for.
READERS := core/base/csv.c core/base/safetensors.c core/base/tensors.c core/base/tensors_files.c \
	core/base/tensors_npz.c core/plugin/schedule.c core/policy/policy_csv.c core/record/checkpoint.c \
	core/runs/metrics_csv.c core/runs/replay.c core/runs/run_files.c core/sweep/sweep_record.c \
	core/lua/json.c core/lua/options.c core/lua/policy.c core/lua/schedule.c core/cli/serve.c \
	core/include/synrl/npy.h $(patsubst %,plugins/datasets/%,csv glyphs idx images npz)
coverage-fuzz:
	$(MAKE) BUILD=build/coverage CFLAGS="-O1 -g --coverage" WERROR= build/coverage/tests/fuzz fuzz-plugins
	find build/coverage -name '*.gcda' -delete
	for harness in $$(SYNRL_FUZZ=list build/coverage/tests/fuzz); do \
		find tests/fuzz/corpus/$$harness build/clang/fuzzer/tests/corpus/$$harness -type f 2>/dev/null | \
			SYNRL_FUZZ=$$harness xargs build/coverage/tests/fuzz 2>/dev/null || exit 1; \
	done
	gcovr --root . --object-directory build/coverage $(READERS:%=--filter %)

# Lint ------------------------------------------------------------------------------------------

TIDY_FILES := $(wildcard core/*/*.c $(PLUGIN_KINDS:%=plugins/%/*.c) $(PLUGIN_KINDS:%=plugins/%/*/*.c) \
	tests/*.c tests/*/*_suite.c tests/unit/*/*_suite.c tests/bench/*.c tests/fuzz/*.c \
	tests/support/*.c tests/ref/*.c)

.PHONY: lint lint-tools lint-rooms lint-text lint-code
TIDY_FOLDERS := $(sort $(dir $(TIDY_FILES)))
lint: lint-rooms lint-text lint-code $(TIDY_FOLDERS:%=$(BUILD)/tidy/%folder.ok) $(BUILD)/tidy/plugins.ok

lint-tools:
	@for tool in clang-format clang-tidy codespell cppcheck luacheck shellcheck; do \
		command -v $$tool >/dev/null 2>&1 || \
			{ echo "missing: $$tool; run: sh tools/setup check" >&2; exit 1; }; \
	done

lint-rooms: $(CORE_OBJECTS) $(LUA_OBJECTS) $(CLI_OBJECTS)
	tools/lint-rooms
	@tools/lint-links $^

lint-text: lint-tools
	tools/lint-docs $$(git ls-files '*.md')
	tools/lint-examples examples/*/*.c
	codespell $$(git ls-files ':!core/report/uplot' ':!tests/fuzz/corpus' ':!*.png' ':!*.gz' ':!*.svg')
	tools/spdx
	@if command -v reuse >/dev/null 2>&1; then reuse lint --quiet || { reuse lint; exit 1; }; \
	else echo "skipped: reuse is not installed, so no licence is checked"; fi

lint-code: lint-tools
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')
	@! git grep -nE 'json_(unpack|copy|dumps|load[sbf]|object_update_missing)\(' -- core ':!core/base/json_memory.c' || \
		{ echo 'without memory it leaves something out, or ends the program: see base/json.h'; exit 1; }
	luacheck -q --std lua54 $$(git ls-files '*.lua')
	shellcheck $$(git grep -lE '^#!.*/(env )?(ba)?sh' -- ':!*.md')
	cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,portability -j 2 \
		'-DElfW(type)=Elf64_##type' -Icore/include core plugins examples

# A file is looked at again when its object has been compiled again, with others of its folder, since clang-tidy
# takes long to start.
tidy_objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter $(wildcard $(1)*.c),$(TIDY_FILES)))
tidy_files = $(patsubst $(BUILD)/obj/%.o,%.c,$(filter %.o,$(if $(filter %.clang-tidy,$?),$^,$?)))
$(TIDY_FOLDERS:%=$(BUILD)/tidy/%folder.ok): $(BUILD)/tidy/%folder.ok: $$(call tidy_objects,$$*) \
		.clang-tidy tests/.clang-tidy | $(BUILD)/compile_commands.json lint-tools
	$(in_folder)
	$(call say,TIDY,$*)
	$(Q)clang-tidy --quiet -p $(BUILD) $(tidy_files) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@
# One file: make build/tidy/core/cli/run.ok.
$(BUILD)/tidy/%.ok: $(BUILD)/obj/%.o .clang-tidy tests/.clang-tidy \
		| $(BUILD)/compile_commands.json lint-tools
	$(in_folder)
	$(call say,TIDY,$*.c)
	$(Q)clang-tidy --quiet -p $(BUILD) $*.c 2>$@.log || { cat $@.log; exit 1; }
	@touch $@
$(BUILD)/tidy/plugins.ok: $(EXAMPLES) $(FIXTURES) .clang-tidy tests/.clang-tidy \
		| $(BUILD)/compile_commands.json lint-tools
	$(in_folder)
	$(call say,TIDY,examples)
	$(Q)clang-tidy --quiet -p $(BUILD) examples/*/*.c plugins/template/*.c tests/fixtures/*.c \
		2>$@.log || { cat $@.log; exit 1; }
	@touch $@

-include $(TEST_OBJECTS:.o=.d) $(FUZZ_OBJECTS:.o=.d) $(BENCH_OBJECTS:.o=.d) $(FIXTURES:.so=.d) $(EXAMPLES:.so=.d) \
	$(BAD_PLUGINS:.so=.d) $(MISTAKES:.so=.d)
