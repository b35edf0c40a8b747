#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The README's two commands on a Debian 12 that holds git and nothing else: no make, no compiler, no
# locale, no terminal, and unless it is asked for no /proc. Checks the commit that is checked out.
# As root, with debootstrap. Packages are kept in build/bare/debs for the next time.
# usage: tests/bare.sh [--proc]
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD/build/bare/root debs=$PWD/build/bare/debs
with_proc=
case ${1-} in
--proc) with_proc=1 ;;
?*) echo "usage: tests/bare.sh [--proc], not \"$1\"" && exit 2 ;;
esac
[ "$(id -u)" -eq 0 ] || { echo "tests/bare.sh: must be run as root" && exit 1; }
command -v debootstrap >/dev/null || { echo "missing: debootstrap; run: sh tools/setup more" && exit 1; }

# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    awk '$2 == "bookworm" { print $1; exit }')

finish() {
    [ -z "$with_proc" ] || umount "$root/proc" 2>/dev/null || true
}
trap finish EXIT

in_root() {
    chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        /bin/sh -c "$1" </dev/null
}

umount "$root/proc" 2>/dev/null || true
rm -rf "$root"
mkdir -p "$debs"
debootstrap --variant=minbase --include=git --cache-dir="$debs" bookworm "$root" ${mirror:+"$mirror"} \
    >build/bare/debootstrap.log || { tail build/bare/debootstrap.log && exit 1; }
cp "$debs"/*.deb "$root/var/cache/apt/archives/"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/no-sync" # a root that is thrown away
git clone -q . "$root/root/synrl"
[ -z "$with_proc" ] || mount -t proc proc "$root/proc"
for command in make gcc python3; do
    ! in_root "command -v $command" || { echo "$command is there: not bare" && exit 1; }
done

for command in 'sh tools/setup && make run' 'sh tools/setup check && make check'; do
    echo "== $command"
    started=$SECONDS
    status=0
    in_root "cd /root/synrl && $command" || status=$?
    cp -n "$root"/var/cache/apt/archives/*.deb "$debs"
    [ "$status" -eq 0 ] || { echo "== failed with exit status $status: $command" && exit 1; }
    echo "== done in $((SECONDS - started)) s: $command"
done
