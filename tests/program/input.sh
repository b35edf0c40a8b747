#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What comes from outside and is not as one thinks: bytes that are not UTF-8, a locale, links and devices
# where a file is read or written.

setup() {
    cat >s.lua <<'LUA'
local synrl = require 'synrl'
local o = synrl.options { name = 'x', text = '', stop = 0, locale = '', iterations = 40, kill = false }
if o.locale ~= '' then assert(os.setlocale(o.locale)) end
local r = synrl.train { name = o.name, data = synrl.dataset('boundary', { samples = 20 }), loss = 'mse',
  rule = synrl.rule('qlearning', { alpha_s = 0.0015 }), iterations = o.iterations,
  model = synrl.model('mlp', { layers = { 2, 3, 1 }, init = 0.5 }),
  on_evaluate = function(m)
    if o.kill and m.iteration == 20 and not io.open('killed') then
      io.open('killed', 'w'):close()
      os.execute('kill -TERM $PPID')
    elseif o.text ~= '' and m.iteration == 20 then
      error(('\xc3\xa9'):rep(tonumber(o.stop)) .. o.text, 0)
    end
  end,
  stop = o.text == '' and o.stop > 0 and function() return 'x' .. ('\xc3\xa9'):rep(o.stop) end or nil }
return { hash = r.summary.weights_hash, stopped = r.summary.stopped, run = r.summary.run }
LUA
}

value() {
    python3 -c 'import json, sys
found = json.load(open(sys.argv[1], encoding="utf-8"))
for key in sys.argv[2].split("."):
    found = found[int(key)] if key.isdigit() else found[key]
print(found)' "$@"
}

# Bytes -----------------------------------------------------------------------------------------

test_names_need_not_be_utf8() {
    local folder=$'caf\xe9' run hash
    mkdir "$folder"
    cp s.lua "$folder/s$folder.lua"
    (
        cd "$folder" || exit
        exits 75 synrl run --quiet --no-pictures --runs "r$folder" "s$folder.lua" "name=n$folder" kill=true
    )
    run=$(echo "$folder/r$folder"/2*)
    [ "$(value "$run/run.json" script)" = 'scaf\xE9.lua' ]
    [ "$(value "$run/run.json" call.overrides.0)" = 'name=ncaf\xE9' ]
    [ "$(value "$run/run.json" config.name)" = 'ncaf\xE9' ]
    [[ $(value "$run/run.json" call.folder) == */'caf\xE9' ]]
    exits 0 synrl resume --quiet "$run" # it finds folder, script and options again
    hash=$(value "$run/run.json" summary.weights_hash)
    exits 0 synrl run --quiet --no-record s.lua
    says "$hash"
    exits 0 synrl show --json "$run"
    says 'caf\\xE9"'
    exits 0 synrl ls --runs "$folder/r$folder"
    exits 0 synrl report "$run" -o "$folder/r.html"
    grep -qF 'caf\\xE9' "$folder/r.html"
    exits 0 synrl run --quiet --json --no-pictures --runs "$folder/runs" s.lua
    says '"run": "caf\\xE9/runs/'
}

test_results_need_not_be_utf8() {
    cat >r.lua <<'LUA'
return { ['k\xff'] = 'v\xe9', plain = '\\x41' }
LUA
    exits 0 synrl run --json r.lua
    python3 - "$OUTPUT" <<'PYTHON'
import json, sys
assert json.load(open(sys.argv[1])) == {r"k\xFF": r"v\xE9", "plain": r"\x5Cx41"}
PYTHON
}

test_a_failed_run_says_why_in_utf8() {
    exits 1 synrl run --quiet --no-pictures s.lua $'text=caf\xe9'
    [[ "$(value runs/2*/run.json error)" == 'caf\xE9 (in on_evaluate at iteration 20: s.lua:'* ]]
    rm -rf runs
    exits 1 synrl run --quiet --no-pictures s.lua text=end stop=600 # cut after 1,023 bytes
    [ "$(value runs/2*/run.json error)" = "$(printf 'é%.0s' $(seq 511))" ]
    rm -rf runs
    exits 0 synrl run --quiet --json --no-pictures s.lua stop=300
    [ "$(value runs/2*/run.json stopped)" = "x$(printf 'é%.0s' $(seq 127))" ]
}

# Locales ---------------------------------------------------------------------------------------

# In Latin-1, since localedef takes four times as long for UTF-8.
test_a_locale_changes_no_number() {
    mkdir locale
    if ! localedef -i de_DE -f ISO-8859-1 locale/de_DE 2>/dev/null; then
        echo 'skipped: the sources of a locale with a decimal comma are not installed'
        return
    fi
    export LOCPATH=$PWD/locale
    export ASAN_OPTIONS=detect_leaks=0 # setlocale has one of its own
    exits 0 synrl run --quiet --runs plain s.lua
    exits 0 synrl run --quiet --runs comma s.lua locale=de_DE
    local name
    for name in metrics.csv policy.csv weights.npz $(command -v gnuplot >/dev/null && echo loss.svg policy.svg); do
        cmp plain/2*/"$name" comma/2*/"$name"
    done
    cat >p.lua <<'LUA'
local synrl = require 'synrl'
assert(os.setlocale('de_DE') and tostring(0.5) == '0,5')
local rule = synrl.rule('qlearning', { epsilon = synrl.schedule { { 0, 0.5 }, { 5, 0.25 } } })
local p = synrl.policy.new { memory = 1 }
p:save('p.csv')
assert(synrl.policy.load('p.csv') == p)
return { options = synrl.options { a = 0.5 }.a, rule = rule.id }
LUA
    exits 0 synrl run --json p.lua a=0.25
    says '"options": 0.25'
}

# Links and devices -----------------------------------------------------------------------------

test_outputs_go_where_they_are_sent() {
    local run
    exits 0 synrl run --quiet --no-pictures s.lua
    run=$(echo runs/2*)
    mkdir out
    echo old >out/target
    ln -s target out/link
    ln -s new out/dangling
    mkfifo out/fifo
    echo "require('synrl').policy.new { memory = 1 }:save(require('synrl').options { path = '' }.path)" >p.lua
    cat out/fifo >out/read &
    synrl export "$run" --csv -o out/fifo
    wait $!
    cmp out/read "$run/metrics.csv"
    [ -p out/fifo ]
    exits 0 synrl export "$run" --csv -o out/link
    exits 0 synrl run --quiet p.lua path=out/dangling
    [ -h out/link ] && [ -h out/dangling ]
    cmp out/target "$run/metrics.csv"
    grep -q q_dec out/new
    if has_proc; then # /dev/stdout is a link into it
        {
            echo before
            synrl export "$run" --csv -o /dev/stdout
            echo after
        } >out/all
        { echo before; cat "$run/metrics.csv"; echo after; } | cmp - out/all
    fi
    if mknod out/null c 1 3 2>/dev/null; then
        exits 0 synrl report "$run" -o out/null
        exits 0 synrl export "$run" --npz -o out/null
        [ -c out/null ]
    else
        echo 'skipped: devices can be made by root only'
    fi
    absent 'out/*.draft-*'
}

test_a_link_in_a_run_is_not_written_through() {
    local run name
    exits 75 synrl run --quiet --no-pictures s.lua kill=true
    run=$(echo runs/2*)
    for name in rewards.bin metrics.csv; do
        cp "$run/$name" kept
        cp kept theirs
        ln -sf "$PWD/theirs" "$run/$name"
        exits 1 synrl resume --quiet "$run"
        says "$name: "
        cmp kept theirs
        rm "$run/$name"
        cp kept "$run/$name"
    done
    echo secret >secret
    ln -sf "$PWD/secret" "$run/metrics.csv"
    exits 1 synrl export "$run" --csv
    says 'metrics.csv: is a link: must be a file'
    cp kept "$run/metrics.csv" --remove-destination
    exits 0 synrl resume --quiet "$run"
}

# Archives --------------------------------------------------------------------------------------

test_archives_have_names_and_little_memory() {
    python3 - <<'PYTHON'
import io, lzma, struct, tarfile, zipfile, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\1\2\0\3\4")) + chunk(b"IEND", b"")
names = "A/1.png", "\u00e4/1.png"
for name, method in ("stored.zip", zipfile.ZIP_STORED), ("lzma.zip", zipfile.ZIP_LZMA):
    with zipfile.ZipFile(name, "w", method) as archive: # says that its names are UTF-8
        for name in names:
            archive.writestr(name, png)
plain = io.BytesIO()
for form, out in (tarfile.PAX_FORMAT, "pax.tar"), (tarfile.GNU_FORMAT, plain):
    archive = tarfile.open(out, "w", format=form) if out != plain else tarfile.open(fileobj=plain, mode="w", format=form)
    for name in names:
        entry = tarfile.TarInfo(name)
        entry.size = len(png)
        archive.addfile(entry, io.BytesIO(png))
    archive.close()
packed = lzma.compress(plain.getvalue(), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}])
open("small.tar.xz", "wb").write(packed)
wide = bytearray(packed) # the same, but that it asks for 4 GiB: byte 16, under a checksum
wide[16] = 40
end = 12 + (wide[12] + 1) * 4
wide[end - 4:end] = struct.pack("<I", zlib.crc32(bytes(wide[12:end - 4])))
open("wide.tar.xz", "wb").write(wide)
# After the whole of small.tar.xz, and padding: a stream that asks for it, two that do not.
open("later.tar.xz", "wb").write(packed + bytes(8) + bytes(wide))
open("streams.tar.xz", "wb").write(packed + bytes(8) + lzma.compress(bytes(512)) + bytes(4))
# Two blocks in one stream, the second asking for 4 GiB, or for 1 MiB as the first.
def number(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + number(n >> 7)
def records(stream): # of its index, which begins 0, 1
    size = (int.from_bytes(stream[-8:-4], "little") + 1) * 4
    return stream[12:-12 - size], stream[-12 - size + 2:]
def unpadded_and_size(index):
    found, value, shift = [], 0, 0
    for byte in index:
        value, shift = value | (byte & 127) << shift, shift + 7
        if byte < 128:
            found, value, shift = found + [value], 0, 0
    return found[:2]
def merged(*streams):
    blocks, index = b"", b"\0" + number(len(streams))
    for stream in streams:
        block, listed = records(bytes(stream))
        blocks += block
        for n in unpadded_and_size(listed):
            index += number(n)
    index += bytes(-len(index) % 4)
    index += struct.pack("<I", zlib.crc32(index))
    end = struct.pack("<I", len(index) // 4 - 1) + bytes(streams[0][6:8])
    return bytes(streams[0][:12]) + blocks + index + struct.pack("<I", zlib.crc32(end)) + end + b"YZ"
open("blocks.tar.xz", "wb").write(merged(packed, lzma.compress(bytes(512))))
open("block.tar.xz", "wb").write(merged(packed, wide))
assert len(lzma.decompress(open("blocks.tar.xz", "rb").read())) == len(plain.getvalue()) + 512
PYTHON
    echo 'local synrl = require "synrl"
return { names = synrl.dataset("images", { path = synrl.options { path = "" }.path }):info().class_names }' >a.lua
    local path
    for path in stored.zip pax.tar small.tar.xz streams.tar.xz blocks.tar.xz; do
        LC_ALL=C exits 0 synrl run --quiet a.lua path=$path
        says 'A ä'
    done
    refuses 1 'lzma.zip: is packed by (lzma): must be stored, or packed by deflate' synrl run a.lua path=lzma.zip
    for path in wide later block; do
        refuses 1 "$path.tar.xz: is packed by xz with a dictionary of 4095 MiB: must be at most 256" \
            synrl run a.lua path=$path.tar.xz
    done
}
