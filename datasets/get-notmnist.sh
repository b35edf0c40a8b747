#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fetches the real notMNIST_small (8.5 MB, 18,724 pictures), checks it, and leaves it as it is: the data
# set "images" reads it. An interrupted fetch goes on where it stopped. Nothing in synrl needs it.
# usage: datasets/get-notmnist.sh [FOLDER] [MD5]
#   FOLDER  where to put it; default: datasets/notmnist
#   MD5     the checksum to hold it to; default: the one below
set -euo pipefail

url=${NOTMNIST_URL:-http://yaroslavvb.com/upload/notMNIST/notMNIST_small.tar.gz}
folder=${1:-$(dirname "$0")/notmnist}
# Size and checksum as several public programs that fetch the same file have them; its author gives none.
md5=${2:-c9890a473a9769fda4bdf314aaf500dd}
size=8458043
file=$folder/notMNIST_small.tar.gz

sum_of() {
    md5sum "$1" | cut -d' ' -f1
}

mkdir -p "$folder"
if [ ! -f "$file" ]; then
    curl --fail --location --retry 3 --continue-at - --output "$file.part" "$url"
    found=$(sum_of "$file.part")
    if [ "$found" != "$md5" ]; then
        echo "$file.part: $(stat -c %s "$file.part") bytes with MD5 $found, must be $size bytes with MD5 $md5;" >&2
        echo "remove it to fetch it anew, or give the checksum that you trust as the second argument" >&2
        exit 1
    fi
    mv "$file.part" "$file"
elif [ "$(sum_of "$file")" != "$md5" ]; then
    echo "$file: MD5 $(sum_of "$file"), must be $md5; remove it to fetch it anew" >&2
    exit 1
fi
echo "$file is complete: synrl.dataset(\"images\", { path = \"$file\" })"
