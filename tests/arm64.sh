#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds for ARM64 against a Debian of its own under build/arm64, and runs the tests of the engine and some trainings
# under QEMU: no bit may differ. As root, with mmdebstrap, qemu-user and gcc-aarch64-linux-gnu. usage: arm64.sh
set -euo pipefail

root=$PWD/build/arm64/root libraries=usr/lib/aarch64-linux-gnu
export PKG_CONFIG_LIBDIR=$root/$libraries/pkgconfig:$root/$libraries/openblas-pthread/pkgconfig:$root/usr/share/pkgconfig
export PKG_CONFIG_SYSROOT_DIR=$root

if [ ! -e build/arm64/gcc ]; then
    mkdir -p build/arm64
    packages=libc6-dev,liblua5.4-dev,libsleef-dev,librandom123-dev,libopenblas-dev,libjansson-dev,libxxhash-dev
    packages+=,zlib1g-dev,libzip-dev,libarchive-dev,libpng-dev,libturbojpeg0-dev,libfreetype-dev,libmicrohttpd-dev,libsqlite3-dev,check
    mmdebstrap --quiet --mode=root --arch=arm64 --variant=extract --include="$packages" bookworm "$root"
    find "$root/$libraries" -maxdepth 1 -type l -lname '/*' | while read -r link; do # from this root, not the machine's
        ln -sf "$root$(readlink "$link")" "$link"
    done
    cat >build/arm64/gcc <<END
#!/bin/sh
exec aarch64-linux-gnu-gcc --sysroot=$root -L$root/$libraries/openblas-pthread -Wl,-rpath-link,$root/$libraries "\$@"
END
    chmod +x build/arm64/gcc
fi
make CC=build/arm64/gcc BUILD=build/arm64/out tests

qemu=(qemu-aarch64 -L "$root" -E "LD_LIBRARY_PATH=/$libraries/openblas-pthread")
for suite in math random lattice choose projection; do
    CK_DEFAULT_TIMEOUT=0 CK_RUN_SUITE=$suite "${qemu[@]}" build/arm64/out/tests/check
done
tests/compilers.sh build build/arm64/out "${qemu[@]}"
