# SPDX-License-Identifier: MIT
#: install            PREFIX=/usr/local DESTDIR=
#: uninstall          removes what install put there; other files stay
#
# Everything finds everything else by where it lies, so the tree can be moved as a whole.

SHARED_FILES := $(wildcard scripts/*.lua scripts/lib/*.lua datasets/*.md datasets/*.sh \
	datasets/policies/* datasets/glyphs/* examples/*/*.c)

# SOURCE=PLACE below PREFIX, each file that is installed.
INSTALLED := $(BUILD)/lua/synrl.so=lib/lua/5.4/synrl.so $(BUILD)/synrl.1=share/man/man1/synrl.1 \
	$(BUILD)/synrl.bash=share/bash-completion/completions/synrl \
	LICENSE=share/doc/synrl/LICENSE core/report/uplot/LICENSE=share/doc/synrl/LICENSE.uPlot \
	$(foreach file,$(wildcard core/include/synrl/*.h),$(file)=include/synrl/$(notdir $(file))) \
	$(foreach file,$(PLUGINS),$(file)=$(file:$(BUILD)/%=lib/synrl/%)) \
	$(foreach file,$(SHARED_FILES),$(file)=share/synrl/$(file)) \
	$(foreach file,$(wildcard plugins/template/*.c),$(file)=share/synrl/template/$(notdir $(file)))
PROGRAM := $(DESTDIR)$(PREFIX)/bin/synrl
PKG_CONFIG := $(DESTDIR)$(PREFIX)/lib/pkgconfig/synrl.pc

define PKG_CONFIG_FILE
prefix=$${pcfiledir}/../..
includedir=$${prefix}/include
plugindir=$${prefix}/lib/synrl/plugins

Name: synrl
Description: Networks whose synapses are reinforcement-learning agents: headers for plugins
Version: $(VERSION)
Cflags: -I$${includedir}
endef
export PKG_CONFIG_FILE

# The manual page and bash's completion come from the tables of the commands.
$(BUILD)/synrl.1: docs/man/synrl.1.in $(BUILD)/synrl
	$(call say,MAN,$@)
	$(Q)$(BUILD)/synrl help --manual > $@.commands
	$(Q)date=$$(git log -1 --format=%cs -- $< 2>/dev/null || true); \
		sed -e "s/@DATE@/$$date/" -e 's/@VERSION@/$(VERSION)/' \
		-e '/^@COMMANDS@$$/{' -e 'r $@.commands' -e 'd' -e '}' $< > $@.draft
	$(Q)rm $@.commands
	$(Q)mv $@.draft $@
$(BUILD)/synrl.bash: $(BUILD)/synrl
	$(call say,BASH,$@)
	$(Q)$(BUILD)/synrl completion bash > $@.draft
	$(Q)mv $@.draft $@

.PHONY: install uninstall
install: all $(BUILD)/synrl.1 $(BUILD)/synrl.bash
	$(Q)install -D $(BUILD)/synrl "$(PROGRAM)"
	$(Q)for pair in $(INSTALLED); do \
		install -D -m 644 "$${pair%=*}" "$(DESTDIR)$(PREFIX)/$${pair#*=}" || exit 1; \
	done
	$(Q)mkdir -p "$(dir $(PKG_CONFIG))"
	$(Q)echo "$$PKG_CONFIG_FILE" > "$(PKG_CONFIG)"

uninstall:
	$(Q)rm -f "$(PROGRAM)" "$(PKG_CONFIG)"
	$(Q)for pair in $(INSTALLED); do rm -f "$(DESTDIR)$(PREFIX)/$${pair#*=}"; done
	$(Q)cd "$(DESTDIR)$(PREFIX)" && for folder in include/synrl share/doc/synrl share/synrl lib/synrl; do \
		[ ! -d $$folder ] || find $$folder -depth -type d -empty -delete; \
	done
