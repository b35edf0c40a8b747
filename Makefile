# SPDX-License-Identifier: MIT
# Builds synrl. `make help` lists the targets. Nothing here installs anything on the machine except
# `make install`; sh tools/setup installs the packages that the build and the checks need.

SHELL := /bin/bash
.DELETE_ON_ERROR:
VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := gcc
endif

comma := ,
SAN ?=
ifneq ($(filter-out address undefined thread fuzzer branches,$(SAN)),)
$(error SAN=$(SAN): must be address, undefined or thread)
endif
# What libFuzzer asks of the code: with two sanitizers (`fuzzer`, for check-fuzz alone), or in what reads
# files alone (`branches`, for check alone, see below).
SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN))
ifeq ($(SAN),fuzzer)
SAN_FLAGS := -fsanitize=fuzzer-no-link,address,undefined
else ifeq ($(SAN),branches)
SAN_FLAGS := -fsanitize=fuzzer-no-link
endif

BUILD := build$(if $(filter-out gcc,$(notdir $(CC))),/$(notdir $(CC)))$(if $(SAN),/$(SAN))

# V=1 shows the commands, -s nothing.
V ?=
Q := $(if $(V),,@)
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-6s %s\n' $(1) $(2))

# The folder of what is made; no process where it is there already.
in_folder = $(if $(wildcard $(@D)/.),,@mkdir -p $(@D))

pkg = $(if $(filter-out --%,$(1)),$(shell pkg-config $(1) 2>/dev/null))
# What every start of the program loads, and what is loaded by those that need it (synrl/late.h).
LIBRARIES := jansson libxxhash sleef sqlite3
LATE_LIBRARIES := libmicrohttpd libzip openblas

# As many jobs as the machine has cores, unless the caller says how many.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# What cannot be built without is named before anything is built, with the command that installs it.
# Only the checks turn warnings into errors: a later compiler may have new ones.
GOALS := $(or $(MAKECMDGOALS),all)
CHECKS := $(filter check% tests examples lint coverage,$(GOALS))
ifneq ($(filter-out help clean format docs dist uninstall,$(GOALS)),)
MISSING := $(shell for tool in $(firstword $(CC)) pkg-config; do \
	command -v $$tool >/dev/null 2>&1 || echo $$tool; done; \
	for library in $(LIBRARIES) $(LATE_LIBRARIES) lua5.4 zlib libarchive libpng libturbojpeg freetype2 \
		$(if $(CHECKS),check); do pkg-config --exists $$library 2>/dev/null || echo $$library; done; \
	echo '\#include <Random123/philox.h>' | $(CC) -E -x c - >/dev/null 2>&1 || echo random123)
ifneq ($(MISSING),)
$(error missing: $(MISSING); run: sh tools/setup$(if $(CHECKS), check))
endif
endif
ifneq ($(CHECKS),)
WERROR ?= 1
endif
export WERROR

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow $(if $(WERROR),-Werror)
# Lines for backtraces; variables too would take a compiler a fifth longer. For a debugger: CFLAGS="-Og -g".
CFLAGS ?= -O3 -g1
# No contraction: a fused multiply-add would round once where the plain code rounds twice.
override CFLAGS += -std=c11 $(WARNINGS) -ffp-contract=off -fno-math-errno -fPIC -fvisibility=hidden \
	-pthread $(if $(filter-out branches,$(SAN)),$(SAN_FLAGS) -fno-omit-frame-pointer -fno-sanitize-recover=all)
CPPFLAGS := -Icore/include -MMD -MP
# Of Random123 only what is plain C: a compiler reads the intrinsics for half a second.
CORE_CPPFLAGS := $(CPPFLAGS) -DSYNRL_HOST_SIDE -Icore -D_GNU_SOURCE -DR123_USE_SSE=0 -DR123_USE_X86INTRIN_H=0 \
	-DSYNRL_VERSION='"$(VERSION)"' -DSYNRL_PREFIX='"$(PREFIX)"' $(call pkg,--cflags $(LIBRARIES) libzip libmicrohttpd)
LUA_CPPFLAGS := $(CORE_CPPFLAGS) $(call pkg,--cflags lua5.4) $(call pkg,--cflags zlib)
LDLIBS := $(call pkg,--libs $(LIBRARIES)) -lz -ldl -lm -pthread
LDFLAGS := $(SAN_FLAGS)

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)))
CORE_ROOMS := base engine policy plugin train draw runs record check sweep report
CORE_OBJECTS := $(call objects,$(CORE_ROOMS:%=core/%/*.c)) \
	$(patsubst %.S,$(BUILD)/obj/%.o,$(wildcard core/*/assets.S))
# A run's record says how the program was compiled.
$(BUILD)/obj/core/record/provenance.o: CORE_CPPFLAGS += \
	-DSYNRL_FLAGS='"$(subst ",\",$(filter-out -W%,$(CFLAGS)))"'
LUA_OBJECTS := $(call objects,core/lua/*.c)
CLI_OBJECTS := $(call objects,core/cli/*.c)
# MPI is optional: without it the one plugin that needs it is not built.
HAS_MPI := $(filter 0,$(shell pkg-config --exists ompi-c 2>/dev/null; echo $$?))
PLUGIN_KINDS := activations losses datasets layers models rules $(if $(HAS_MPI),comm)
PLUGIN_SOURCES := $(wildcard $(PLUGIN_KINDS:%=plugins/%/*.c))
PLUGINS := $(PLUGIN_SOURCES:plugins/%.c=$(BUILD)/plugins/%.so)
PLUGIN_OBJECTS := $(call objects,$(PLUGIN_SOURCES) $(PLUGIN_KINDS:%=plugins/%/*/*.c))

#: all                program, Lua module and plugins, under build/ (what plain `make` does)
#: run                builds, and runs scripts/boundary.lua: the paper's Fig. 1
#: bench              measures this machine and the engine
#: format             formats the C files
#: docs               the plugin ABI as HTML, under build/docs (doxygen)
#: dist               the commit that is checked out as build/synrl-VERSION.tar.gz
#: compile_commands.json   for editors and language servers
#: clean              removes build/
#: CC=clang, SAN=address|undefined|thread, WERROR=1, V=1 (shows the commands)
.PHONY: all run bench format docs dist clean help
all: $(BUILD)/synrl $(BUILD)/lua/synrl.so $(PLUGINS)

$(BUILD)/libsynrl.a: $(CORE_OBJECTS)
	$(in_folder)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar qcs $@ $^

$(BUILD)/synrl: $(CLI_OBJECTS) $(LUA_OBJECTS) $(BUILD)/libsynrl.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg,--libs lua5.4) $(LDLIBS)

# No liblua inside: the interpreter that loads the module brings it.
$(BUILD)/lua/synrl.so: $(LUA_OBJECTS) $(BUILD)/libsynrl.a
	$(in_folder)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(LDLIBS)

# The file's name says which instructions it may use; the engine asks the CPU before it calls it.
ifneq ($(filter x86_64-%,$(shell $(CC) -dumpmachine)),)
$(BUILD)/obj/core/engine/%_avx2.o: ISA_FLAGS := -mavx2
$(BUILD)/obj/core/engine/%_avx512.o: ISA_FLAGS := -mavx512f -mavx512bw -mavx512dq -mavx512vl \
	-mavx512vnni -mavx512vbmi -mavx512vbmi2 -mprefer-vector-width=512
$(BUILD)/obj/core/engine/%_amx.o: ISA_FLAGS := -mamx-tile -mamx-int8
endif

# The engine reads no files, and its kernels instrumented take a compiler minutes.
ifeq ($(SAN),fuzzer)
$(BUILD)/obj/core/engine/%.o: override CFLAGS := $(filter-out -fsanitize=%,$(CFLAGS))
endif
# One build by clang for fuzzing and for the comparison with gcc's bits: what a harness can call counts its
# branches and traps at undefined behaviour, and what computes is compiled as in a release. What does neither is
# compiled quickly: `make coverage-fuzz` shows no line of it.
ifeq ($(SAN),branches)
COLD := $(wildcard core/base/table.c core/plugin/compile*.c core/plugin/plugin_help.c core/runs/tfevents.c \
	core/runs/trained_data.c $(patsubst %,core/%/*.c,check report draw) \
	$(filter-out %/checkpoint.c,$(wildcard core/record/*.c)) \
	$(filter-out $(addprefix core/cli/,arguments.c common.c crash.c serve.c),$(wildcard core/cli/*.c)) \
	$(filter-out $(addprefix core/sweep/,groups.c kept.c sweep.c sweep_record.c sweep_results.c), \
		$(wildcard core/sweep/*.c)) \
	$(filter-out $(patsubst %,core/lua/%.c,array box callback component fields in_script json known make module \
		options policy result schedule session settings sources value),$(wildcard core/lua/*.c)))
READING := $(filter-out $(COLD),$(wildcard core/base/csv.c core/base/safetensors.c core/base/tensors*.c \
	core/policy/policy_*.c $(patsubst %,core/%/*.c,plugin record runs sweep lua cli) plugins/datasets/*.c \
	plugins/datasets/*/*.c tests/fuzz/*.c tests/fuzz/*/*.c))
$(call objects,$(READING)): override CFLAGS += -O1 $(SAN_FLAGS) -fno-sanitize-coverage=stack-depth \
	-fsanitize=undefined -fsanitize-trap=undefined
$(call objects,$(COLD)): override CFLAGS += -O0
endif

$(BUILD)/obj/core/lua/%.o: core/lua/%.c
	$(in_folder)
	$(call say,CC,$<)
	$(Q)$(CC) $(LUA_CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(BUILD)/obj/core/cli/%.o: core/cli/%.c
	$(in_folder)
	$(call say,CC,$<)
	$(Q)$(CC) $(LUA_CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(BUILD)/obj/core/%.o: core/%.c
	$(in_folder)
	$(call say,CC,$<)
	$(Q)$(CC) $(CORE_CPPFLAGS) $(CFLAGS) $(ISA_FLAGS) -c -o $@ $<

$(BUILD)/obj/core/report/assets.o: $(wildcard core/report/*.js core/report/page.* core/report/uplot/*)
$(BUILD)/obj/core/draw/assets.o: $(wildcard core/draw/*.gp)
$(BUILD)/obj/core/cli/assets.o: $(wildcard plugins/template/* examples/*/*.c)
$(BUILD)/obj/core/%/assets.o: core/%/assets.S
	$(in_folder)
	$(call say,AS,$<)
	$(Q)$(CC) -MMD -MP -Icore -c -o $@ $<

# By what names the linker would have them loaded.
LATE_OBJECTS := $(patsubst %,$(BUILD)/obj/%.o,core/base/tensors_npz core/cli/serve plugins/models/mlp/gradient \
	tests/fuzz/guided/serve)
$(LATE_OBJECTS): $(BUILD)/late.h
$(LATE_OBJECTS): override CFLAGS += -include $(BUILD)/late.h
$(BUILD)/late.h:
	$(in_folder)
	$(Q)for library in $(LATE_LIBRARIES); do \
		$(CC) -shared -nostdlib -Wl,--no-as-needed -o $@.so $$(pkg-config --libs $$library) && \
		echo "#define $${library^^}_SONAME \"$$(readelf -d $@.so | \
			sed -n '/NEEDED/ { s/.*\[\(.*\)\]/\1/p; q; }')\"" || exit 1; \
	done >$@

# Libraries that single plugins need, and those whose headers alone they are built with; the objects that
# a plugin is linked from inherit it from there.
PACKAGES :=
HEADERS :=
$(BUILD)/plugins/models/mlp.so: HEADERS := openblas
$(BUILD)/plugins/comm/mpi.so: PACKAGES := ompi-c
$(BUILD)/plugins/datasets/csv.so: PACKAGES := zlib
$(BUILD)/plugins/datasets/idx.so: PACKAGES := zlib
$(BUILD)/plugins/datasets/npz.so: PACKAGES := libarchive
$(BUILD)/plugins/datasets/images.so: PACKAGES := libarchive libpng libturbojpeg
$(BUILD)/plugins/datasets/glyphs.so: PACKAGES := freetype2

# A plugin sees the public headers alone, and every symbol it uses must be found when it is linked.
# (Sanitizers leave their own symbols to the program.)
$(BUILD)/obj/plugins/%.o: plugins/%.c
	$(in_folder)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(call pkg,--cflags $(PACKAGES) $(HEADERS)) $(CFLAGS) -c -o $@ $<

# A plugin is its file and those of the folder of its name, where there is one.
.SECONDEXPANSION:
$(PLUGINS): $(BUILD)/plugins/%.so: $(BUILD)/obj/plugins/%.o $$(call objects,plugins/$$*/*.c)
	$(in_folder)
	$(call say,PLUGIN,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared $(if $(SAN),,-Wl$(comma)-z$(comma)defs) -o $@ $^ \
		$(call pkg,--libs $(PACKAGES)) -lm

# For datasets/glyphs/make-glyphs.sh alone.
$(BUILD)/make-glyphs: datasets/glyphs/make-glyphs.c $(BUILD)/libsynrl.a \
		$(BUILD)/plugins/datasets/glyphs.so
	$(CC) $(CORE_CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libsynrl.a $(LDLIBS)

run: all
	$(BUILD)/synrl run scripts/boundary.lua

# NumPy and PyTorch are measured beside it where python3-numpy and python3-torch are installed.
bench: all $(BUILD)/bench
	$(BUILD)/bench

include tools/install.mk
include tests/tests.mk

help:
	@sed -n 's/^#: //p' Makefile tests/tests.mk tools/install.mk

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

docs:
	@mkdir -p build/docs
	doxygen tools/Doxyfile

dist:
	@mkdir -p build
	git archive --prefix=synrl-$(VERSION)/ -o build/synrl-$(VERSION).tar.gz HEAD

# From the commands that make would run; nothing is built. Always written again: it takes a second.
.PHONY: compile_commands.json $(BUILD)/compile_commands.json
compile_commands.json $(BUILD)/compile_commands.json:
	$(in_folder)
	@$(MAKE) -nB V=1 all tests | tools/compile-commands > $@

clean:
	rm -rf build

-include $(CORE_OBJECTS:.o=.d) $(LUA_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) \
	$(PLUGIN_OBJECTS:.o=.d)
