#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Reports, in a browser without a window: curves are drawn, nothing is fetched, nothing in a run's
# folder can become part of the page.

setup() {
    synrl run --quiet --no-pictures "$SOURCE/tests/program/report.lua" >/dev/null
}

# Contents --------------------------------------------------------------------------------------

test_a_report_is_drawn() {
    exits 0 synrl report runs/* --title 'Two of a kind'
    says 'report.html: 3 runs'
    has_browser || return 0
    draws 4 report.html
    says '<h1>Two of a kind</h1>'
    says 'some (mean of 2)'
    says 'rewards \ actions'
    says Confusion
}

# Half way along the curves of 40 iterations the legend shows iteration 20 and a value for each.
test_values_are_shown_under_the_pointer() {
    exits 0 synrl report runs/*some*
    cat >>report.html <<'END'
<script>addEventListener('load', () => setTimeout(() => {
  const over = document.querySelector('.u-over');
  const box = over.getBoundingClientRect();
  for (const type of ['mouseenter', 'mousemove'])
    over.dispatchEvent(new MouseEvent(type, { bubbles: true,
      clientX: box.left + box.width / 2, clientY: box.top + 20 }));
  setTimeout(() => { document.body.dataset.hovered =
    document.querySelector('.u-legend').innerText.replace(/\s+/g, ' '); }, 300);
}, 1000));</script>
END
    has_browser || return 0
    exits 0 browse report.html
    grep -q 'data-hovered="[^"]*iteration20some (mean of 2)[0-9]' "$OUTPUT" ||
        fail "$(grep -o 'data-hovered="[^"]*"' "$OUTPUT")"
}

# 20 runs of 10,000 points: under 3 MB, and drawn in less than a second of the browser's time.
test_many_points_are_thinned() {
    local run
    run=$(compgen -G 'runs/*some*' | head -n 1)
    head -n 1 "$run/metrics.csv" >m
    awk 'BEGIN { for (i = 0; i <= 10000; i++) printf "%d,%.17g,%.17g,%.17g,,,0.001,0.1,%d,0\n",
        i, 1 / (i + 1) + rand() / 9, rand(), rand(), i }' >>m
    for i in $(seq 10 29); do
        cp -r "$run" "many$i"
        cp m "many$i/metrics.csv"
    done
    exits 0 synrl report many*
    [ "$(wc -c <report.html)" -lt 3000000 ]
    has_browser || return 0
    draws 4 report.html
}

# Of the cells of this sweep, each once, though there are other runs and it was made twice.
test_a_sweep_is_reported() {
    cat >c.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 1, epsilon = 0.5 }
return synrl.train { name = 'cell', loss = 'mse', iterations = 10,
  rule = synrl.rule('win_stay', { epsilon = o.epsilon }),
  data = synrl.dataset('boundary', { samples = 50 }),
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }.summary
END
    exits 0 synrl sweep c.lua epsilon=0.1,0.2 seed=1..2
    exits 0 synrl sweep --fresh c.lua epsilon=0.1,0.2 seed=1..2
    exits 0 synrl sweep c.lua epsilon=0.3
    [ "$(compgen -G 'runs/*-cell*' | wc -l)" -eq 9 ]
    for file in runs/sweep-*.json; do
        synrl report "$file"
    done | sort >said
    [ "$(cat said)" = $'report.html: 1 run\nreport.html: 4 runs' ]
    echo '{}' >x.json
    refuses 1 'x.json: not the record of a sweep' synrl report x.json
    refuses 1 'none.json: cannot open it' synrl report none.json
}

# Safety ----------------------------------------------------------------------------------------

# A policy forbids every fetch (one would be reported on the console, which `draws` looks at), and the
# page has no address to fetch from: uPlot's home page in a comment is all.
test_a_report_needs_nothing_else() {
    exits 0 synrl report runs/*
    grep -q "default-src 'none'; img-src data:; style-src" report.html
    [ "$(grep -oE '(src|href)="[^"]*' report.html | grep -vc 'data:' || true)" -eq 0 ]
    # Nor does whoever passes it on need another file for uPlot's licence.
    grep -q 'Copyright (c) 2022 Leon Sorokin' report.html
    grep -q 'shall be included in' report.html
}

test_names_are_text() {
    local hostile='</script><img src=x onerror=alert(1)><!--'
    sed -i "s#\"name\": \"[^\"]*\"#\"name\": \"$hostile\"#" runs/*/run.json
    exits 0 synrl report runs/* --title "$hostile"
    [ "$(grep -c '<script' report.html)" -eq 3 ]
    if grep -q '<img src=x' report.html; then
        fail 'a name has become a part of the page'
    fi
    has_browser || return 0
    draws 4 report.html
    if grep -q '<img src="x"' "$OUTPUT"; then
        fail 'a name has become an element'
    fi
}

test_damage_is_shown_and_not_fatal() {
    local runs=(runs/*)
    rm "${runs[0]}/metrics.csv"
    echo '{"status":' >"${runs[1]}/run.json"
    head -c 3000 /dev/zero >"${runs[2]}/metrics.csv"
    head -c 99 "$BUILD/synrl" >"${runs[2]}/policy.csv"
    : >"${runs[2]}/confusion.csv"
    mkdir runs/none
    exits 0 synrl report runs/*
    [ "$(grep -o '"problem":' report.html | wc -l)" -eq 4 ]
    has_browser || return 0
    exits 0 browse report.html
    says data-rendered
    says 'metrics.csv: cannot open it'
    # The run without a record has no part in what differs among the others.
    differences_of "$OUTPUT" >differences
    grep -q '>some</th>' differences
    absent_text "$(basename "${runs[1]}")" differences
}

# A run's folder may come from somebody else: its links are not followed, and what is called a
# picture but is none is not passed on.
test_nothing_from_elsewhere_is_shown() {
    local run
    run=$(compgen -G 'runs/*some*' | head -n 1)
    echo 'the secret key' >secret
    ln -s "$PWD/secret" "$run/mistakes.png"
    cp secret "$run/boundary.png"
    ln -sf "$PWD/secret" "$run/confusion.csv"
    ln -sf "$PWD/secret" "$run/policy.csv"
    exits 0 synrl report "$run"
    absent_text 'secret key' report.html
    absent_text "$(base64 secret | cut -c 1-12)" report.html
    ln -sf "$PWD/secret" "$run/run.json"
    exits 0 synrl report "$run"
    grep -q 'run.json: is a link: must be a file' report.html
}

# differences_of DOM: the table of what differs.
differences_of() {
    grep -o '<div class="card" id="differences">.*' "$1" | sed 's|</table>.*||'
}

# absent_text TEXT FILE
absent_text() {
    ! grep -qF -e "$1" "$2" || fail "$1 is in $2"
}

# Nobody writes into these; none is waited for.
test_a_fifo_is_not_waited_for() {
    local file run
    run=$(compgen -G 'runs/*some*' | head -n 1)
    for file in run.json metrics.csv policy.csv confusion.csv boundary.png mistakes.png; do
        rm -f "$run/$file"
        mkfifo "$run/$file"
        exits 0 timeout 10 synrl report runs/*
        says 'report.html: 3 runs'
    done
    grep -q "$run/run.json: must be a file" report.html
}

# Nor is a file read for minutes.
test_a_file_that_is_too_large_is_not_read() {
    local run
    run=$(compgen -G 'runs/*some*' | head -n 1)
    truncate -s 3G "$run/metrics.csv" "$run/policy.csv" "$run/boundary.png"
    exits 0 timeout 10 synrl report "$run"
    grep -q "$run/metrics.csv: has 3221225472 bytes: at most 268435456 are shown" report.html
}

# Averages --------------------------------------------------------------------------------------

# 62 runs are more than can be shown in full. Some of the second group stop early, and are kept or not,
# and one diverges; the page's means and intervals are those of their files.
test_averages_are_those_of_the_files() {
    local run
    run=$(compgen -G 'runs/*some' | head -n 1)
    python3 "$SOURCE/tests/program/averages.py" make "$run" many
    exits 0 synrl report many/*
    cat >>report.html <<'END'
<script>addEventListener('load', () => {
  const { plot, series } = charts[0];
  const drawn = document.createElement('pre');
  drawn.id = 'drawn';
  drawn.textContent = JSON.stringify({ series, data: plot.data, least: plot.scales.y.min });
  document.body.append(drawn);
  plot.setCursor({ left: plot.valToPos(605, 'x'), top: 10 });
  const seen = () => plot.series.slice(1, 4).map((one) => one.show).join(' ');
  const click = () => plot.root.querySelectorAll('.u-legend .u-series')[1].querySelector('th').click();
  setTimeout(() => {
    document.body.dataset.hovered = plot.root.querySelector('.u-legend').innerText.replace(/\s+/g, ' ');
    click();
    document.body.dataset.clicked = seen();
    const sort = document.querySelector('th button');
    const details = document.querySelectorAll('details')[5];
    sort.focus();
    details.open = true;
    render(latest);
    document.body.dataset.again = charts[0].plot.series.slice(1, 5).map((one) => one.show).join(' ');
    document.body.dataset.kept = [sort.isConnected, document.activeElement.textContent === sort.textContent,
      document.querySelectorAll('details').length, document.querySelectorAll('details[open]').length,
      document.querySelectorAll('details')[5].open].join(' ');
  }, 300);
});</script>
END
    has_browser || return 0
    exits 0 browse report.html
    cp "$OUTPUT" dom
    python3 "$SOURCE/tests/program/averages.py" check many dom
    # The band is hidden with its line, and stays so when the page is drawn again.
    says 'data-clicked="false false false"'
    says 'data-again="false false false true"'
    # So do the focus, and what is open.
    says 'data-kept="false true 62 1 true"'
    # Validation is measured at every tenth iteration: the nearest of them is said.
    grep -q 'data-hovered="[^"]*iteration:\?605[^"]*epsilon=0.1, validation (mean of 31):\?[0-9.]* (at 6[01]0)' dom ||
        fail "$(grep -o 'data-hovered="[^"]*"' dom)"
    # What differs is looked for in all runs, not only those of the first group.
    differences_of dom >differences
    grep -q 'title="rule.parameters.epsilon">epsilon</th>' differences
    grep -q '<td title="0.2">0.2</td>' differences
    grep -q '0, 1, 2 … 30 (31 values)' differences
}

# Groups are named by the fewest values that tell them apart, which are short where that is clear.
test_groups_are_named_by_what_differs() {
    exits 0 synrl report runs/*classes
    cat >>report.html <<'END'
<script>addEventListener('load', () => {
  const named = (...configs) => {
    const groups = configs.map((config, i) => ({ runs: [{ name: 'run' + i, record: { config } }] }));
    nameGroups(groups);
    return groups.map((group) => group.name).join('; ');
  };
  const rule = (id, parameters) => ({ name: 'net', seed: Math.random(), rule: { id, parameters, file: id } });
  const made = (name, loss, layers) => ({ name, loss: { id: loss }, model: { parameters: { layers, alpha: 2 } } });
  document.body.dataset.named = [
    named(rule('a', { epsilon: 0.1 })),
    named(rule('a', { epsilon: 0.1, alpha: 1 }), rule('a', { epsilon: 0.2, alpha: 1 }), rule('a', { epsilon: 0.3, alpha: 1 })),
    named(...[1, 2, 1, 2].map((epsilon, i) => rule('a', { epsilon, gamma: i < 2 ? 0 : 0.5, delta: i < 2 ? 7 : 8 }))),
    named(rule('a', { epsilon: 0.1 }), rule('b', { alpha: 3 })),
    named(made('x', 'mse', [2, 1]), made('x', 'mse', [2, 3, 1]), made('y', 'mse', [2, 1])),
    named({ rule: { parameters: { alpha: 1 } }, model: { parameters: { alpha: 1 } } },
      { rule: { parameters: { alpha: 2 } }, model: { parameters: { alpha: 1 } } },
      { rule: { parameters: { alpha: 1 } }, model: { parameters: { alpha: 2 } } }),
    named({ data: { samples: 1, parameters: { samples: 2 } } }, { data: { samples: 2, parameters: { samples: 2 } } },
      { data: { samples: 1, parameters: { samples: 3 } } }),
    named(rule('a', {}), rule('a', {}), rule('a', {}))].join(' / ');
});</script>
END
    has_browser || return 0
    exits 0 browse report.html
    grep -o 'data-named="[^"]*"' "$OUTPUT" | cut -d '"' -f 2 | sed 's| / |\n|g' >named
    diff - named <<'END'
net
epsilon=0.1; epsilon=0.2; epsilon=0.3
delta=7 epsilon=1; delta=7 epsilon=2; delta=8 epsilon=1; delta=8 epsilon=2
rule=a; rule=b
x layers=[2,1]; x layers=[2,3,1]; y layers=[2,1]
rule.alpha=1 model.alpha=1; rule.alpha=2 model.alpha=1; rule.alpha=1 model.alpha=2
data.samples=1 data.parameters.samples=2; data.samples=2 data.parameters.samples=2; data.samples=1 data.parameters.samples=3
net (1); net (2); net (3)
END
}
