#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rebuilds the shipped glyphs from the fonts of Debian's packages: images-idx3-ubyte.gz,
# labels-idx1-ubyte.gz and FONTS.md, next to this file. usage: datasets/glyphs/make-glyphs.sh
# Needs a Debian with its package lists fetched (apt-get update) and the tree built (make). The fonts
# are unpacked in a temporary folder; nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=datasets/glyphs
samples=18720 jitter=0.7 seed=1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debs" "$work/fonts"
mapfile -t packages <"$here/packages.txt"
(cd "$work/debs" && apt-get -qq download "${packages[@]}")
for deb in "$work"/debs/*.deb; do
    dpkg-deb -x "$deb" "$work/fonts/$(dpkg-deb -f "$deb" Package)"
done

make -s build/make-glyphs
build/make-glyphs "$work/fonts" "$samples" "$jitter" "$seed" "$here" 2>&1 | tee "$work/log"
found=$(sed -n 's/.*, \(from .* fonts\) that give \(.*\)/\2 are letters as they are, \1; the others are sheared, shrunk and moved/p' "$work/log")

# The licences of a copyright file: its "License:" lines, else the well-known names it contains.
licences() {
    local found
    found=$(sed -n 's/^License: *\([^ ,;]*\).*/\1/p' "$1" | sort -u | tr '|' '/' | paste -sd' ')
    if [ -z "$found" ]; then
        found=$(grep -oiE 'open font license|general public license|public domain|apache license|LaTeX project public license|bitstream vera|M\+ fonts|IPA font license|MIT license' "$1" |
            tr '[:upper:]' '[:lower:]' | sort -u | paste -sd',' | sed 's/,/, /g' || true)
    fi
    echo "${found:-see its copyright file}"
}

{
    echo "# The fonts of the shipped glyphs"
    echo
    echo "$samples images of the letters A to J, 28x28, no two equal, made by"
    echo "\`$here/make-glyphs.sh\` (jitter $jitter, seed $seed) from the fonts in these packages"
    echo "of Debian main:"
    echo "$found."
    echo "The licences are those that the packages' copyright files name; the fonts themselves are not"
    echo "part of synrl."
    echo
    echo "| package | version | font files | licences |"
    echo "|---|---|---|---|"
    for deb in "$work"/debs/*.deb; do
        package=$(dpkg-deb -f "$deb" Package)
        n=$(find "$work/fonts/$package" -type f \( -iname '*.ttf' -o -iname '*.otf' -o -iname '*.ttc' \
            -o -iname '*.otc' -o -iname '*.pfb' \) | wc -l)
        echo "| $package | $(dpkg-deb -f "$deb" Version) | $n | $(licences "$work/fonts/$package/usr/share/doc/$package/copyright") |"
    done
} >"$here/FONTS.md"
