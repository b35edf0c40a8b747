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
