# make install PREFIX=/usr/local DESTDIR=
#
# Everything finds everything else by where it lies, so the tree can be moved as a whole.

INSTALLED_VERSION := $(VERSION)
SHARE := $(DESTDIR)$(PREFIX)/share/synrl

define PKG_CONFIG_FILE
prefix=$${pcfiledir}/../..
includedir=$${prefix}/include
plugindir=$${prefix}/lib/synrl/plugins

Name: synrl
Description: Networks whose synapses are reinforcement-learning agents: headers for plugins
Version: $(INSTALLED_VERSION)
Cflags: -I$${includedir}
endef
export PKG_CONFIG_FILE

install: all
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include/synrl \
		$(DESTDIR)$(PREFIX)/lib/lua/5.4 $(DESTDIR)$(PREFIX)/lib/pkgconfig \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(SHARE)/template
	$(Q)install $(BUILD)/synrl $(DESTDIR)$(PREFIX)/bin/synrl
	$(Q)install -m 644 $(BUILD)/lua/synrl.so $(DESTDIR)$(PREFIX)/lib/lua/5.4/synrl.so
	$(Q)install -m 644 $(BUILD)/libsynrl.a $(DESTDIR)$(PREFIX)/lib/libsynrl.a
	$(Q)install -m 644 core/include/synrl/*.h $(DESTDIR)$(PREFIX)/include/synrl
	$(Q)for kind in $(PLUGIN_KINDS); do \
		install -d $(DESTDIR)$(PREFIX)/lib/synrl/plugins/$$kind; \
		install -m 644 $(BUILD)/plugins/$$kind/*.so $(DESTDIR)$(PREFIX)/lib/synrl/plugins/$$kind; \
	done
	$(Q)cp -R scripts datasets $(SHARE)
	$(Q)install -m 644 plugins/template/*.c $(SHARE)/template
	$(Q)install -m 644 core/cli/synrl.1 $(DESTDIR)$(PREFIX)/share/man/man1/synrl.1
	$(Q)echo "$$PKG_CONFIG_FILE" > $(DESTDIR)$(PREFIX)/lib/pkgconfig/synrl.pc
