/* SPDX-License-Identifier: MIT */
// The report of some runs: curves, tables, pictures. `render` may be called again with newer data.
"use strict";

const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#b8a800"];
const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const view = { smooth: 0, single: false, log: true, sort: null, down: false, zoom: {} };
let latest = null;
let charts = [];

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Runs that differ only in seeds and names form a group.
function withoutSeeds(value, key) {
  if (Array.isArray(value)) {
    return value.map((item) => withoutSeeds(item));
  }
  if (value && typeof value === "object") {
    const copy = {};
    for (const name of Object.keys(value).sort()) {
      if (name !== "seed" && name !== "file" && !(key === undefined && name === "name")) {
        copy[name] = withoutSeeds(value[name], name);
      }
    }
    return copy;
  }
  return value;
}

function groupRuns(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = JSON.stringify(withoutSeeds(run.record.config || {}));
    if (!groups.has(key)) {
      groups.set(key, { runs: [], name: (run.record.config || {}).name || run.name });
    }
    groups.get(key).runs.push(run);
  }
  const list = [...groups.values()];
  list.forEach((group, place) => {
    group.color = palette[place % palette.length];
    group.dash = dashes[Math.floor(place / palette.length) % dashes.length];
    if (list.filter((other) => other.name === group.name).length > 1) {
      group.name += " (" + (place + 1) + ")";
    }
  });
  return list;
}

// Student's t, 97.5%: half the width of a 95% interval, in standard errors.
function student(n) {
  const points = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
    2.131, 2.12, 2.11, 2.101, 2.093, 2.086];
  return n - 2 < points.length ? points[n - 2] : 1.96 + 2.4 / (n - 1);
}

// A moving average over the known neighbours.
function smoothed(values, width) {
  if (width === 0) {
    return values;
  }
  const sums = [0];
  const counts = [0];
  values.forEach((value, i) => {
    sums.push(sums[i] + (value === null ? 0 : value));
    counts.push(counts[i] + (value === null ? 0 : 1));
  });
  return values.map((value, i) => {
    const first = Math.max(0, i - width);
    const end = Math.min(values.length, i + width + 1);
    const count = counts[end] - counts[first];
    return value === null || count === 0 ? null : (sums[end] - sums[first]) / count;
  });
}

// The iterations of all runs, sorted; each run's values at them, null where it has none.
function joined(lines) {
  const all = new Set();
  lines.forEach((line) => line.x.forEach((x, i) => line.y[i] !== null && all.add(x)));
  const x = [...all].sort((a, b) => a - b);
  const place = new Map(x.map((value, i) => [value, i]));
  const columns = lines.map((line) => {
    const column = new Array(x.length).fill(null);
    line.x.forEach((value, i) => {
      if (line.y[i] !== null) {
        column[place.get(value)] = line.y[i];
      }
    });
    return column;
  });
  return [x, columns];
}

function column(run, name) {
  const values = run.columns[name];
  return values === undefined ? null : typeof values === "number" ? run.x.map(() => values) : values;
}

// Series of a chart: one line per run, or a group's mean between its confidence bounds.
function seriesOf(groups, metrics, least) {
  const width = Math.max(view.smooth, least || 0);
  const series = [];
  for (const group of groups) {
    metrics.forEach(([metric, label], place) => {
      const lines = group.runs.filter((run) => column(run, metric) !== null)
        .map((run) => ({ run, x: run.x, y: smoothed(column(run, metric), width) }));
      const dash = place > 0 ? [3, 3] : group.dash;
      const name = group.name + (label ? ", " + label : "");
      if (lines.length === 0) {
        return;
      }
      if (lines.length === 1 || view.single) {
        lines.forEach((line) => series.push({ name: lines.length > 1 ? line.run.name + (label ? ", " + label : "") : name,
          color: group.color, dash, x: line.x, y: line.y }));
        return;
      }
      const [x, columns] = joined(lines);
      const mean = [];
      const half = [];
      x.forEach((unused, i) => {
        const values = columns.map((values) => values[i]).filter((value) => value !== null);
        const average = values.reduce((a, b) => a + b, 0) / values.length;
        const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
        mean.push(values.length ? average : null);
        half.push(values.length > 1
          ? student(values.length) * Math.sqrt(squares / (values.length - 1) / values.length) : 0);
      });
      series.push({ name: name + " (mean of " + lines.length + ")", color: group.color, dash, x, y: mean, half });
    });
  }
  return series;
}

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

/* As short as an axis needs it: 0.001, 1.5e-6; nothing where a log axis leaves a label out. */
function shortNumber(value) {
  if (value === null) return "";
  return value !== 0 && Math.abs(value) < 1e-4 ? String(Number(value.toPrecision(3)).toExponential())
    : String(Number(value.toPrecision(3)));
}

function chart(parent, title, groups, metrics, { log, share, least } = {}) {
  const series = seriesOf(groups, metrics, least);
  if (series.length === 0) {
    return;
  }
  const columns = [];
  const options = [];
  const bands = [];
  const lines = [];
  series.forEach((one) => {
    lines.push({ x: one.x, y: one.y });
    options.push({ label: one.name, stroke: one.color, width: 1.6, dash: one.dash, spanGaps: true,
      value: (u, value) => (value === null || value === undefined ? "" : Number(value).toPrecision(5)) });
    if (one.half) {
      for (const side of [1, -1]) {
        lines.push({ x: one.x, y: one.y.map((value, i) => {
          const bound = value + side * one.half[i];
          return value === null ? null : share ? Math.min(1, Math.max(0, bound))
            : log && bound <= 0 ? value / 10 : bound;
        }) });
        options.push({ label: one.name + (side > 0 ? " upper" : " lower"), stroke: "transparent", width: 0,
          points: { show: false }, spanGaps: true, class: "bound" });
      }
      bands.push({ series: [options.length - 1, options.length], fill: one.color + "33" });
    }
  });
  const [x, values] = joined(lines);
  columns.push(x, ...values);
  const card = make("section", { class: "card" }, make("h3", {}, title));
  parent.append(card);
  const axis = { stroke: css("--faint"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line") } };
  const plot = new uPlot({
    width: Math.max(260, card.clientWidth - 28), height: 270,
    scales: { x: { time: false, ...(view.zoom[title] ? { min: view.zoom[title][0], max: view.zoom[title][1] } : {}) },
      y: log ? { distr: 3 } : {} },
    axes: [{ ...axis, label: "iteration", labelSize: 20 }, { ...axis, size: 62,
      values: (u, splits) => splits.map(shortNumber) }],
    series: [{ label: "iteration" }, ...options],
    bands: bands.map((band) => ({ series: band.series, fill: band.fill })),
    legend: { live: true },
    cursor: { drag: { x: true, y: false } },
    hooks: { setScale: [(u, key) => {
      if (key === "x" && u.data[0].length > 0) {
        const all = u.scales.x.min <= u.data[0][0] && u.scales.x.max >= u.data[0][u.data[0].length - 1];
        view.zoom[title] = all ? undefined : [u.scales.x.min, u.scales.x.max];
      }
    }] },
  }, columns, card);
  card.querySelectorAll(".u-legend .bound").forEach((row) => row.remove());
  charts.push({ plot, card });
}

function cell(value, digits) {
  return value === null || value === undefined ? "" : typeof value === "number" ? value.toPrecision(digits || 5) : value;
}

function percent(value) {
  return typeof value === "number" ? (100 * value).toFixed(2) + "%" : "";
}

function summaryTable(parent, groups) {
  const columns = [["run", (r) => r.name], ["status", (r) => r.record.status || ""],
    ["iterations", (r, s) => s.iterations], ["loss", (r, s) => s.loss], ["accuracy", (r, s) => s.accuracy],
    ["valid. loss", (r, s) => s.valid_loss], ["valid. accuracy", (r, s) => s.valid_accuracy],
    ["seconds", (r, s) => s.seconds], ["weights", (r, s) => s.weights_hash]];
  const runs = groups.flatMap((group) => group.runs.map((run) => ({ run, group })));
  if (view.sort !== null) {
    const value = ({ run }) => columns[view.sort][1](run, run.record.summary || {});
    runs.sort((a, b) => {
      const [left, right] = [value(a), value(b)];
      const order = left === right ? 0 : left === undefined || left === null ? 1 : left < right ? -1 : 1;
      return view.down ? -order : order;
    });
  }
  const head = make("tr", {}, ...columns.map(([title], place) => {
    const button = make("button", { type: "button" }, title);
    button.addEventListener("click", () => {
      view.down = view.sort === place && !view.down;
      view.sort = place;
      render(latest);
    });
    return make("th", { scope: "col" }, button);
  }));
  const rows = runs.map(({ run, group }) => make("tr", {}, ...columns.map(([title, get], place) => {
    const value = get(run, run.record.summary || {});
    const text = title.includes("accuracy") ? percent(value) : title === "iterations" ? cell(value === undefined ? "" : String(value))
      : cell(value, title === "seconds" ? 3 : 5);
    const item = make("td", {});
    if (place === 0) {
      item.append(make("span", { class: "swatch", style: "border-color:" + group.color }));
    }
    item.append(text);
    return item;
  })));
  parent.append(make("div", { class: "card" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))));
}

function flatten(value, path, into) {
  if (value && typeof value === "object" && !Array.isArray(value)) {
    for (const [name, child] of Object.entries(value)) {
      if (name !== "file") {
        flatten(child, path ? path + "." + name : name, into);
      }
    }
  } else {
    into[path] = JSON.stringify(value);
  }
  return into;
}

function configDiff(parent, runs) {
  const flat = runs.map((run) => flatten(run.record.config || {}, "", {}));
  const keys = [...new Set(flat.flatMap((one) => Object.keys(one)))]
    .filter((key) => new Set(flat.map((one) => one[key])).size > 1).sort();
  if (keys.length === 0) {
    parent.append(make("p", { class: "note" }, "The configs are equal."));
    return;
  }
  const head = make("tr", {}, make("th", {}, "config"), ...runs.map((run) => make("th", { scope: "col" }, run.name)));
  const rows = keys.map((key) => make("tr", {}, make("th", { scope: "row" }, key),
    ...flat.map((one) => {
      const text = one[key] === undefined ? "" : one[key];
      return make("td", { title: text }, text.length > 40 ? text.slice(0, 38) + "…" : text);
    })));
  parent.append(make("div", { class: "card" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))));
}

// Rows: rewards; columns: actions; the arrow is the greedy action, the colour its lead over the others.
function policyTable(run) {
  const { n_rewards: nRewards, rows } = run.policy;
  const actionsOf = (row) => row.slice(nRewards, row.length - 3).join(" ");
  const rewardsOf = (row) => row.slice(0, nRewards).join(" ");
  const rewards = [...new Set(rows.map(rewardsOf))];
  const actions = [...new Set(rows.map(actionsOf))];
  const lead = (row) => {
    const q = row.slice(-3);
    const sorted = [...q].sort((a, b) => b - a);
    return { best: q.indexOf(sorted[0]), lead: sorted[0] - sorted[1] };
  };
  const most = Math.max(1e-12, ...rows.map((row) => lead(row).lead));
  const byState = new Map(rows.map((row) => [rewardsOf(row) + "/" + actionsOf(row), row]));
  const head = make("tr", {}, make("th", {}, "rewards \\ actions"),
    ...actions.map((text) => make("th", { scope: "col" }, text || "none")));
  const body = rewards.map((reward) => make("tr", {}, make("th", { scope: "row" }, reward || "none"),
    ...actions.map((action) => {
      const row = byState.get(reward + "/" + action);
      if (!row) {
        return make("td", {});
      }
      const { best, lead: by } = lead(row);
      const share = by / most;
      const color = ["0,114,178", "127,127,127", "213,94,0"][best];
      return make("td", { style: "background:rgba(" + color + "," + (0.12 + 0.6 * share).toFixed(2) + ")",
        title: "Q: - " + row.at(-3) + ", 0 " + row.at(-2) + ", + " + row.at(-1) }, ["↓", "·", "↑"][best]);
    })));
  return make("table", { class: "heat" }, make("thead", {}, head), make("tbody", {}, ...body));
}

function confusionTable(run) {
  const [head, ...rows] = run.confusion;
  const total = rows.map((row) => row.slice(1).reduce((a, b) => a + Number(b), 0));
  return make("table", { class: "heat" },
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", {}, text)))),
    make("tbody", {}, ...rows.map((row, r) => make("tr", {}, make("th", { scope: "row" }, row[0]),
      ...row.slice(1).map((count, c) => make("td", { style: "background:rgba(" +
        (r === c ? "0,158,115" : "213,94,0") + "," + (Number(count) / Math.max(1, total[r])).toFixed(3) + ")" }, count))))));
}

// A malformed file of a run affects only its own card.
function cards(parent, title, runs, content) {
  const attempt = (run) => {
    try {
      return content(run);
    } catch (problem) {
      return make("p", { class: "problem" }, "cannot be shown: " + problem.message);
    }
  };
  const made = runs.map((run) => [run, attempt(run)]).filter(([, element]) => element);
  if (made.length > 0) {
    const grid = make("div", { class: "grid" });
    made.slice(0, 12).forEach(([run, element]) => grid.append(make("section", { class: "card" },
      make("h3", {}, run.name), element)));
    parent.append(make("h2", {}, title), grid);
    if (made.length > 12) {
      parent.append(make("p", { class: "note" }, "The first 12 of " + made.length + "."));
    }
  }
}

function picture(name, alternative) {
  return (run) => (run.pictures && run.pictures[name]
    ? make("img", { src: run.pictures[name], alt: alternative + " of " + run.name }) : null);
}

// What the rules of these runs report of themselves.
function ownMetrics(runs) {
  const known = ["loss", "accuracy", "reward_rate", "valid_loss", "valid_accuracy", "alpha_s", "epsilon"];
  const names = new Set(runs.flatMap((run) => Object.keys(run.columns)));
  return [...names].filter((name) => !known.includes(name)).sort();
}

function render(data) {
  const start = performance.now();
  latest = data;
  const parent = document.getElementById("content");
  const scroll = window.scrollY;
  charts.forEach(({ plot }) => plot.destroy());
  charts = [];
  parent.replaceChildren();
  document.querySelector("h1").textContent = data.title;
  document.title = data.title;
  if (data.note) {
    parent.append(make("p", { class: "note", id: "note" }, data.note));
  }
  const runs = data.runs;
  runs.forEach((run) => {
    run.x = data.iterations[run.iterations] || [];
  });
  const groups = groupRuns(runs);
  runs.filter((run) => run.problem).forEach((run) => parent.append(make("p", { class: "problem" }, run.name + ": " + run.problem)));
  const grid = make("div", { class: "grid", id: "curves" });
  parent.append(make("h2", {}, "Learning curves"), grid);
  chart(grid, "loss", groups, [["loss", ""], ["valid_loss", "validation"]], { log: view.log });
  chart(grid, "accuracy", groups, [["accuracy", ""], ["valid_accuracy", "validation"]], { share: true });
  chart(grid, "reward rate (smoothed)", groups, [["reward_rate", ""]], { share: true, least: 15 });
  ["alpha_s"].concat(ownMetrics(runs)).forEach((name) => chart(grid, name, groups, [[name, ""]]));
  parent.append(make("p", { class: "note" },
    "Drag to zoom, double click to reset. Bands: 95% confidence of the mean over seeds. Dotted: validation."));
  parent.append(make("h2", {}, "Runs"));
  summaryTable(parent, groups);
  if (runs.length > 1) {
    parent.append(make("h2", {}, "Differences"));
    configDiff(parent, runs.slice(0, 12));
  }
  cards(parent, "Policy: the greedy action in each state", runs, (run) => (run.policy ? policyTable(run) : null));
  cards(parent, "Decision boundary", runs, picture("boundary", "Decision boundary"));
  cards(parent, "Confusion: rows are actual, columns predicted", runs, (run) => (run.confusion ? confusionTable(run) : null));
  cards(parent, "Worst mistakes", runs, picture("mistakes", "The worst mistakes"));
  parent.append(make("h2", {}, "Provenance"));
  runs.forEach((run) => parent.append(make("details", {}, make("summary", {}, run.name),
    make("pre", {}, JSON.stringify({ command: run.record.command, ...run.record.provenance }, null, 2)))));
  window.scrollTo(0, scroll);
  document.body.dataset.rendered = Math.round(performance.now() - start);
  document.body.dataset.charts = charts.length;
}

function controls() {
  const smooth = document.getElementById("smooth");
  smooth.addEventListener("input", () => { view.smooth = Number(smooth.value); render(latest); });
  const single = document.getElementById("single");
  single.addEventListener("change", () => { view.single = single.checked; render(latest); });
  const log = document.getElementById("log");
  log.addEventListener("change", () => { view.log = log.checked; render(latest); });
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.getElementById("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    render(latest);
  });
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) {
      width = window.innerWidth;
      charts.forEach(({ plot, card }) => plot.setSize({ width: Math.max(260, card.clientWidth - 28), height: 270 }));
    }
  });
}

async function follow(source) {
  let before = "";
  for (;;) {
    try {
      const answer = await fetch(source + window.location.search);
      const text = await answer.text();
      if (answer.ok && text !== before) {
        before = text;
        render(JSON.parse(text));
      }
      document.getElementById("state").textContent = answer.ok ? "live" : text;
    } catch (problem) {
      document.getElementById("state").textContent = "no connection";
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

controls();
if (document.body.dataset.source) {
  follow(document.body.dataset.source);
} else {
  render(JSON.parse(document.getElementById("data").textContent));
}
