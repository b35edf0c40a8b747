# Tests. tests/KIND/NAME_suite.c holds a suite, whose tests register themselves (tests/support/test.h).
# `make check CK_RUN_SUITE=policy` runs one suite.

TEST_OBJECTS := $(call objects,tests/*/*_suite.c tests/fuzz/*_formats.c tests/support/*.c tests/ref/*.c tests/main.c)
BAD_PLUGINS := $(patsubst tests/bad/%.c,$(BUILD)/tests/bad/%.so,$(wildcard tests/bad/*.c))
FIXTURES := $(patsubst tests/fixtures/%.c,$(BUILD)/tests/fixtures/%.so,$(wildcard tests/fixtures/*.c))
TEST_CPPFLAGS := $(LUA_CPPFLAGS) -I. -Itests $(call pkg,--cflags check) \
	-DBUILD_DIR='"$(BUILD)"'

$(BUILD)/obj/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(TEST_CPPFLAGS) $(CFLAGS) -Wno-gnu-zero-variadic-macro-arguments -c -o $@ $<

$(BUILD)/tests/check: $(TEST_OBJECTS) $(LUA_OBJECTS) $(BUILD)/libsynrl.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg,--libs check lua5.4) $(LDLIBS)

# Plugins for tests alone, built as the others are.
$(BUILD)/tests/fixtures/%.so: tests/fixtures/%.c
	@mkdir -p $(@D)
	$(call say,PLUGIN,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -shared $(if $(SAN),,-Wl$(comma)-z$(comma)defs) -o $@ $<

# Deliberately broken, so without the checks that would refuse them at link time.
$(BUILD)/tests/bad/%.so: tests/bad/%.c
	@mkdir -p $(@D)
	$(call say,PLUGIN,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -shared -o $@ $<

check: all $(BUILD)/tests/check $(BAD_PLUGINS) $(FIXTURES) $(if $(SAN),,lint check-lint check-compilers)
	$(BUILD)/tests/check

# The lints themselves.
check-lint:
	tests/lint.sh

# The same bits from gcc and clang.
check-compilers: all
	$(MAKE) CC=$(if $(filter clang,$(CC)),gcc,clang) all
	tests/compilers.sh build build/clang

# The same bits on ARM64, under QEMU: see the script for what it needs.
check-arm64: all
	tests/arm64.sh

# A hundred runs killed with kill -9, each gone on with to the end. `make check` kills a few.
check-crash: tests
	SYNRL_CRASHES=100 CK_RUN_SUITE=resume $(BUILD)/tests/check

# A hundred thousand damaged files of each format. `make check` reads a few hundred.
check-fuzz: tests
	SYNRL_FUZZ_CASES=$${SYNRL_FUZZ_CASES:-100000} CK_RUN_SUITE=fuzz $(BUILD)/tests/check

# Every test with each sanitizer, one after another.
check-sanitized:
	$(MAKE) check SAN=address
	$(MAKE) check SAN=undefined
	$(MAKE) check SAN=thread

.PHONY: tests check-lint check-arm64 check-crash check-fuzz check-compilers check-sanitized
tests: all $(BUILD)/tests/check $(BAD_PLUGINS) $(FIXTURES)

LUA_FILES = $(shell git ls-files '*.lua')
SHELL_FILES = $(shell git ls-files '*.sh' .ci/setup .ci/run tools/lint-rooms tools/lint-links)
lint: $(CORE_OBJECTS) $(LUA_OBJECTS) $(CLI_OBJECTS)
	tools/lint-rooms
	@tools/lint-links $^
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')
	$(if $(LUA_FILES),luacheck -q --std lua54 $(LUA_FILES))
	tools/lint-docs $$(git ls-files '*.md')
	shellcheck $(SHELL_FILES) tools/lint-docs
	cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,portability \
		-j 2 -Icore/include core plugins

-include $(TEST_OBJECTS:.o=.d) $(FIXTURES:.so=.d) $(BAD_PLUGINS:.so=.d)
