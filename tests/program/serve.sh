#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The live page: what it shows, and that nothing else is served.

setup() {
    synrl run --quiet --no-pictures "$SOURCE/tests/program/report.lua" >/dev/null
    synrl serve --port 0 >served &
    server=$!
    trap 'kill $server' EXIT
    for _ in $(seq 500); do
        ! grep -q http served || break
        sleep 0.02
    done
    url=$(grep -o 'http://127.0.0.1:[0-9]*' served)
}

# get PATH [METHOD [HOST]]: prints the status, a blank and what follows the header.
get() {
    local host=${url#http://} line status
    exec 3<>"/dev/tcp/127.0.0.1/${host#*:}"
    printf '%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "${2:-GET}" "$1" "${3:-$host}" >&3
    read -r _ status _ <&3
    while IFS= read -r line <&3 && [ "$line" != $'\r' ]; do :; done
    printf '%s ' "$status"
    cat <&3
    exec 3<&-
}

# answers STATUS PATH [METHOD [HOST]]
answers() {
    exits 0 get "${@:2}"
    [ "$(head -c 3 "$OUTPUT")" = "$1" ] || fail "${*:2}: $(head -c 3 "$OUTPUT"), not $1"
}

test_the_live_page_follows() {
    answers 200 /data.json
    [ "$(head -c 25 "$OUTPUT")" = '200 {"title":"synrl runs"' ]
    answers 200 /
    says uPlot
    answers 200 "/data.json?run=$(basename runs/*-classes)"
    [ "$(grep -o '"name":"2' "$OUTPUT" | wc -l)" -eq 1 ]
    has_browser || return 0
    draws 4 "$url/"
}

test_other_paths_are_not_found() {
    mkdir secret
    cp runs/*classes/* secret
    ln -s ../secret runs/link
    answers 404 '/data.json?run=../secret'
    answers 404 '/data.json?run=..'
    answers 404 '/data.json?run=.cells'
    answers 404 '/data.json?run=%2e%2e%2fsecret'
    answers 404 '/data.json?run=/etc'
    answers 404 '/data.json?run=link'
    answers 404 '/data.json?run='
    answers 404 '/data.json?run'
    answers 404 '/data.json?other=1'
    answers 404 /../secret/run.json
    answers 404 /runs/
}

test_other_methods_and_hosts_are_refused() {
    answers 405 / POST
    answers 405 / DELETE
    answers 403 / GET elsewhere.example
    answers 403 /data.json GET localhost.elsewhere.example
    answers 200 / GET localhost:1
}

# What is not HTTP is answered with an error or hung up on, and the server continues.
test_malformed_requests_do_no_harm() {
    python3 - "$url" <<'END'
import os, socket, sys
port = int(sys.argv[1].rsplit(':', 1)[1])
for request in [b'\0' * 100, b'GET\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n',
                b'GET /' + b'a' * 200000 + b' HTTP/1.1\r\n\r\n', os.urandom(5000),
                b'GET / HTTP/1.1\r\nContent-Length: -5\r\nHost: localhost\r\n\r\n',
                b'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n']:
    s = socket.create_connection(('127.0.0.1', port))
    s.settimeout(1)
    try:
        s.sendall(request)
        s.recv(100)
    except OSError:
        pass
    s.close()
END
    answers 200 /
}

# A hundred that hold a place and send a byte now and then, and as many that ask and do not read: who
# comes after them is answered.
test_others_are_answered_beside_slow_ones() {
    python3 - "$url" <<'END'
import socket, sys, time
port = int(sys.argv[1].rsplit(':', 1)[1])
def connect(): return socket.create_connection(('127.0.0.1', port), timeout=5)
def answer():
    start = time.monotonic()
    s = connect()
    s.sendall(b'GET /data.json HTTP/1.1\r\nHost: localhost\r\n\r\n')
    line = s.recv(100).split(b'\r\n')[0]
    s.close()
    assert line == b'HTTP/1.1 200 OK', line
    assert time.monotonic() - start < 4, time.monotonic() - start
def feed(connections):
    for s in connections:
        try:
            s.send(b'a')
        except OSError: # it had to make room
            pass
slow = []
for request in [b'GET / HTTP/1.1\r\nHost: localhost\r\nX: '] * 100 + [b'', b'G'] * 20 + \
        [b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'] * 100:
    slow.append(connect())
    slow[-1].sendall(request)
    if len(slow) % 16 == 0:
        feed(slow[:100])
        answer()
answer()
END
}

# Sent at once, since whoever is still sending may be cut off before he reads the answer.
test_many_arguments_are_refused_at_once() {
    python3 - "$url" <<'END'
import socket, sys
port = int(sys.argv[1].rsplit(':', 1)[1])
for arguments, status in [('run=x&' * 500, b'414'), ('&' * 8000, b'414'), ('a&' * 2000, b'414'),
                          ('&'.join(['run=x'] * 90), b'404')]:
    s = socket.create_connection(('127.0.0.1', port), timeout=5)
    s.sendall(('GET /data.json?%s HTTP/1.1\r\nHost: localhost\r\n\r\n' % arguments).encode())
    assert s.recv(100)[:12] == b'HTTP/1.1 ' + status, (arguments[:20], status)
END
    answers 200 /
}

# A fifo in a run stops nobody, and the server ends when it is told to.
test_a_fifo_in_a_run_is_not_waited_for() {
    local run
    run=$(compgen -G 'runs/*classes' | head -n 1)
    for file in metrics.csv policy.csv confusion.csv boundary.png; do
        rm -f "$run/$file"
        mkfifo "$run/$file"
    done
    exits 0 timeout 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/${url##*:}
        printf 'GET /data.json HTTP/1.1\r\nHost: localhost\r\n\r\n' >&3; cat <&3"
    says 'metrics.csv: must be a file'
}

test_it_says_how_many_of_how_many_are_shown() {
    local run names
    run=$(compgen -G 'runs/*classes' | head -n 1)
    answers 200 /data.json
    says '"note":""'
    for i in $(seq 10 29); do
        cp -r "$run" "runs/20990101-0000$i-copy"
    done
    mkdir runs/not-a-run
    answers 200 /data.json
    says '"note":"The newest 20 of 23 runs.' # three are of the setup
    [ "$(grep -o '"name":"2099[^"]*copy"' "$OUTPUT" | wc -l)" -eq 20 ]
    names=$(basename -a runs/2* | sed 's/^/\&run=/' | tr -d '\n')
    answers 200 "/data.json?${names#?}"
    says '"note":""'
    [ "$(grep -o '"name":"20[^"]*-[^"]*"' "$OUTPUT" | wc -l)" -eq 23 ]
}

test_a_folder_that_is_not_there_is_refused() {
    refuses 1 'synrl: /nonexistent: must be a folder of runs: No such file or directory' \
        timeout 10 synrl serve --port 0 --runs /nonexistent
    refuses 1 'must be a folder of runs: Not a directory' timeout 10 synrl serve --port 0 --runs served
    rm -r runs # nor is an empty page shown where it goes away
    answers 500 /data.json
    says 'runs: must be a folder of runs: No such file or directory'
}
