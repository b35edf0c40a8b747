# synrl: see README.md. The two commands: `make run`, `make check`.
#
#   make                 program, Lua module and plugins, under build/
#   make run             installs what is missing, builds, runs scripts/boundary.lua
#   make check           the same set-up, then every test and linter
#   make check-sanitized every test once with each sanitizer
#   make bench           measures this machine and the engine
#   make install         PREFIX=/usr/local DESTDIR=
#   make format lint clean
#
# CC=clang builds with clang; SAN=address|undefined|thread with a sanitizer. Each combination has its
# own folder, so none disturbs another.

SHELL := /bin/bash
VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := gcc
endif

SAN ?=
ifneq ($(filter-out address undefined thread,$(SAN)),)
$(error SAN=$(SAN): must be address, undefined or thread)
endif

BUILD := build$(if $(filter-out gcc,$(notdir $(CC))),/$(notdir $(CC)))$(if $(SAN),/$(SAN))

# Sets up before anything is built; says nothing and calls no package manager when nothing is missing.
ifneq ($(filter run check,$(MAKECMDGOALS)),)
SETUP := $(shell .ci/setup $(filter run check,$(MAKECMDGOALS)) >&2 && echo ready)
ifneq ($(SETUP),ready)
$(error the set-up did not succeed)
endif
endif

# V=1 shows the commands.
V ?=
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $(1) $(2))

pkg = $(shell pkg-config $(1) 2>/dev/null)
LIBRARIES := jansson libarchive libxxhash sleef sqlite3
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
# No contraction: a fused multiply-add would round once where the plain code rounds twice.
CFLAGS ?= -O3 -g
override CFLAGS += -std=c11 $(WARNINGS) -ffp-contract=off -fno-math-errno -fPIC -fvisibility=hidden \
	-pthread $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
CPPFLAGS := -Icore/include -MMD -MP
CORE_CPPFLAGS := $(CPPFLAGS) -DSYNRL_HOST_SIDE -Icore -D_GNU_SOURCE -DSYNRL_VERSION='"$(VERSION)"' \
	-DSYNRL_PREFIX='"$(PREFIX)"' $(call pkg,--cflags $(LIBRARIES))
LUA_CPPFLAGS := $(CORE_CPPFLAGS) $(call pkg,--cflags lua5.4) $(call pkg,--cflags zlib)
LDLIBS := $(call pkg,--libs $(LIBRARIES)) -lz -ldl -lm -pthread
LDFLAGS := $(if $(SAN),-fsanitize=$(SAN))

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)))
CORE_ROOMS := base engine policy plugin train draw runs record sweep report
CORE_OBJECTS := $(call objects,$(CORE_ROOMS:%=core/%/*.c)) $(BUILD)/obj/core/report/assets.o
LUA_OBJECTS := $(call objects,core/lua/*.c)
CLI_OBJECTS := $(call objects,core/cli/*.c)
PLUGIN_KINDS := activations losses datasets models rules
PLUGIN_SOURCES := $(wildcard $(PLUGIN_KINDS:%=plugins/%/*.c))
PLUGINS := $(PLUGIN_SOURCES:plugins/%.c=$(BUILD)/plugins/%.so)
PLUGIN_OBJECTS := $(call objects,$(PLUGIN_SOURCES) $(PLUGIN_KINDS:%=plugins/%/*/*.c))

.PHONY: all run check bench install format lint clean
all: $(BUILD)/synrl $(BUILD)/lua/synrl.so $(PLUGINS)

$(BUILD)/libsynrl.a: $(CORE_OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar qcs $@ $^

$(BUILD)/synrl: $(CLI_OBJECTS) $(LUA_OBJECTS) $(BUILD)/libsynrl.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg,--libs lua5.4 libmicrohttpd) $(LDLIBS)

# No liblua inside: the interpreter that loads the module brings it.
$(BUILD)/lua/synrl.so: $(LUA_OBJECTS) $(BUILD)/libsynrl.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(LDLIBS)

# The file's name says which instructions it may use; the engine asks the CPU before it calls it.
ifneq ($(filter x86_64-%,$(shell $(CC) -dumpmachine)),)
$(BUILD)/obj/core/engine/%_avx2.o: ISA_FLAGS := -mavx2
$(BUILD)/obj/core/engine/%_avx512.o: ISA_FLAGS := -mavx512f -mavx512bw -mavx512dq -mavx512vl \
	-mavx512vnni -mavx512vbmi -mavx512vbmi2 -mprefer-vector-width=512
$(BUILD)/obj/core/engine/%_amx.o: ISA_FLAGS := -mamx-tile -mamx-int8
endif

$(BUILD)/obj/core/lua/%.o: core/lua/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(LUA_CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(BUILD)/obj/core/cli/%.o: core/cli/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(LUA_CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(BUILD)/obj/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CORE_CPPFLAGS) $(CFLAGS) $(ISA_FLAGS) -c -o $@ $<

$(BUILD)/obj/core/report/assets.o: core/report/assets.S $(wildcard core/report/* core/report/*/*)
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) -c -o $@ $<

# Libraries that single plugins need; the objects that a plugin is linked from inherit it from there.
PACKAGES :=
$(BUILD)/plugins/models/mlp.so: PACKAGES := openblas
$(BUILD)/plugins/datasets/idx.so: PACKAGES := zlib
$(BUILD)/plugins/datasets/npz.so: PACKAGES := libarchive
$(BUILD)/plugins/datasets/images.so: PACKAGES := libarchive libpng
$(BUILD)/plugins/datasets/glyphs.so: PACKAGES := freetype2

# A plugin sees the public headers alone, and every symbol it uses must be found when it is linked.
# (Sanitizers leave their own symbols to the program.)
$(BUILD)/obj/plugins/%.o: plugins/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(call pkg,--cflags $(PACKAGES)) $(CFLAGS) -c -o $@ $<

# A plugin is its file and those of the folder of its name, where there is one.
.SECONDEXPANSION:
$(PLUGINS): $(BUILD)/plugins/%.so: $(BUILD)/obj/plugins/%.o $$(call objects,plugins/$$*/*.c)
	@mkdir -p $(@D)
	$(call say,PLUGIN,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared $(if $(SAN),,-Wl$(comma)-z$(comma)defs) -o $@ $^ \
		$(call pkg,--libs $(PACKAGES)) -lm
comma := ,

# For datasets/glyphs/make-glyphs.sh alone.
$(BUILD)/make-glyphs: datasets/glyphs/make-glyphs.c $(BUILD)/libsynrl.a \
		$(BUILD)/plugins/datasets/glyphs.so
	$(CC) $(CORE_CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libsynrl.a $(LDLIBS)

run: all
	$(BUILD)/synrl run scripts/boundary.lua

# NumPy and PyTorch are measured beside it where python3-numpy and python3-torch are installed.
bench: all
	$(BUILD)/synrl bench

include core/install.mk
include tests/tests.mk

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build

-include $(CORE_OBJECTS:.o=.d) $(LUA_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) \
	$(PLUGIN_OBJECTS:.o=.d)
