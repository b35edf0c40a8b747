/* SPDX-License-Identifier: MIT */
// The report of some runs: curves, tables, pictures. `render` may be called again with newer data.
"use strict";

const view = { smooth: 0, single: false, log: true, sort: null, down: false, zoom: {}, hidden: new Set() };
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

function column(run, name) {
  const values = run.columns[name];
  return values === undefined ? null : typeof values === "number" ? run.x.map(() => values) : values;
}

// A loss is known at each point, so a missing one is not finite; other metrics are not always measured.
function lineOf(run, metric, width) {
  const values = smoothed(column(run, metric), width);
  const isKept = (value) => value !== null || metric === "loss";
  return { run, isDone: ["done", "stopped", "diverged"].includes(run.record.status), x: run.x.filter((unused, i) => isKept(values[i])),
    y: values.filter(isKept) };
}

// Series of a chart: one line per run, or a group's mean between its confidence bounds.
function seriesOf(groups, metrics, least) {
  const width = Math.max(view.smooth, least || 0);
  const series = [];
  for (const group of groups) {
    metrics.forEach(([metric, label], place) => {
      const lines = group.runs.filter((run) => column(run, metric) !== null)
        .map((run) => lineOf(run, metric, width));
      const dash = place > 0 ? [3, 3] : group.dash;
      const suffix = label ? ", " + label : "";
      if (lines.length === 0) {
        return;
      }
      if (group.runs.length === 1 || view.single) {
        lines.forEach((line) => series.push({ name: (group.runs.length > 1 ? line.run.name : group.name) + suffix,
          color: group.color, dash, x: line.x, y: line.y }));
        return;
      }
      const mean = averaged(lines, metric !== "loss");
      series.push({ name: group.name + suffix + meanOf(mean.n, group.runs.length), color: group.color, dash, ...mean });
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

// Far below any axis: an interval that reaches 0 goes on to the lower end of a log axis.
const off = 1e-300;

// What is drawn of a series: its line, and above and below it the bounds of its interval.
function linesOf(one, log, share) {
  const shown = (value) => (value === null || (log && value <= 0) ? null : value);
  const bound = (side) => one.y.map((value, i) => {
    if (shown(value) === null || one.half[i] === null) {
      return null;
    }
    const at = value + side * one.half[i];
    return share ? Math.min(1, Math.max(0, at)) : log && at <= 0 ? off : at;
  });
  return [one.y.map(shown), ...(one.half ? [bound(1), bound(-1)] : [])].map((y) => ({ x: one.x, y }));
}

// The range of what is drawn on a log axis between these points.
function logRange(u) {
  const [first, last] = u.series[0].idxs || [0, -1];
  let [least, most] = [Infinity, 0];
  u.series.forEach((series, s) => {
    for (let i = first; s > 0 && series.show && i <= last; i += 1) {
      const value = u.data[s][i];
      if (value > off) {
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
  });
  return least <= most ? uPlot.rangeLog(least, most, 10, false) : [0.1, 1];
}

// A value in the legend, with the number of runs where that differs, and its iteration where that is not
// the pointer's.
function valueText(one) {
  const counts = new Map(one.n ? one.x.map((x, i) => [x, one.n[i]]) : []);
  const differ = new Set(counts.values()).size > 1;
  return (u, value, series, place) => {
    if (value === null || value === undefined) {
      return "";
    }
    const x = u.data[0][place];
    const notes = [differ ? "n " + counts.get(x) : "", place === u.cursor.idx ? "" : "at " + x].filter((note) => note);
    return Number(value).toPrecision(5) + (notes.length > 0 ? " (" + notes.join(", ") + ")" : "");
  };
}

// The nearest point that a series has: validation is not measured at each.
function nearest(u, series, place) {
  const values = u.data[series];
  for (let by = 0; by < values.length; by += 1) {
    if (values[place - by] !== undefined) {
      return place - by;
    }
    if (values[place + by] !== undefined) {
      return place + by;
    }
  }
  return place;
}

// Over more than four decades of a log axis, only the powers of ten have a line of the grid.
function gridLines(u, splits) {
  const isWide = u.scales.y.max > 1e4 * u.scales.y.min;
  return splits.map((value) => (isWide && Math.abs(Math.log10(value) - Math.round(Math.log10(value))) > 1e-6 ? null : value));
}

function chart(parent, title, groups, metrics, { log, share, least } = {}) {
  const series = seriesOf(groups, metrics, least);
  if (series.length === 0) {
    return;
  }
  const options = [];
  const bands = [];
  const lines = [];
  series.forEach((one) => {
    const show = !view.hidden.has(title + "/" + one.name);
    lines.push(...linesOf(one, log, share));
    options.push({ label: one.name, stroke: one.color, width: 1.6, dash: one.dash, show, value: valueText(one) });
    if (one.half) {
      ["upper", "lower"].forEach((side) => options.push({ label: one.name + " " + side, stroke: "transparent", width: 0,
        points: { show: false }, class: "bound", show }));
      bands.push({ series: [options.length - 1, options.length], fill: one.color + "33" });
    }
  });
  const [x, values] = joined(lines);
  const columns = [x, ...values];
  const card = make("section", { class: "card" }, make("h3", {}, title));
  parent.append(card);
  const axis = { stroke: css("--faint"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line") } };
  const plot = new uPlot({
    width: Math.max(260, card.clientWidth - 28), height: 270,
    scales: { x: { time: false, ...(view.zoom[title] ? { min: view.zoom[title][0], max: view.zoom[title][1] } : {}) },
      y: log ? { distr: 3, range: logRange } : {} },
    axes: [{ ...axis, label: "iteration", labelSize: 20 }, { ...axis, size: 62,
      ...(log ? { grid: { ...axis.grid, filter: gridLines }, ticks: { ...axis.ticks, filter: gridLines } } : {}),
      values: (u, splits) => splits.map(shortNumber) }],
    series: [{ label: "iteration" }, ...options],
    bands,
    legend: { live: true, markers: { dash: (u, place) => (options[place - 1].dash?.length ? "dashed" : "solid") } },
    cursor: { drag: { x: true, y: false }, dataIdx: nearest },
    hooks: { setScale: [(u, key) => {
      if (key === "x" && u.data[0].length > 0) {
        const all = u.scales.x.min <= u.data[0][0] && u.scales.x.max >= u.data[0][u.data[0].length - 1];
        view.zoom[title] = all ? undefined : [u.scales.x.min, u.scales.x.max];
      }
    }], setSeries: [(u, place, { show }) => {
      if (show === undefined || place === null || u.series[place].class === "bound") {
        return;
      }
      view.hidden[show ? "delete" : "add"](title + "/" + u.series[place].label);
      for (let i = place + 1; i < u.series.length && u.series[i].class === "bound"; i += 1) {
        u.setSeries(i, { show });
      }
    }] },
  }, columns, card);
  card.querySelectorAll(".u-legend .bound").forEach((row) => row.remove());
  if (log && series.some((one) => one.y.some((value) => value !== null && value <= 0))) {
    card.append(make("p", { class: "note" }, "Values of 0 and less are not on the log axis."));
  }
  charts.push({ plot, card, series });
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
    const button = make("button", { type: "button", "data-key": "sort " + title }, title);
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

// The different values among runs: "0.1", or "1, 2, 3 … 12 (12 values)"; "" where none has one.
function valuesText(configs, key) {
  const values = [...new Set(configs.filter((config) => key in config).map((config) => config[key]))]
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const most = 4;
  return values.length <= most ? values.join(", ")
    : values.slice(0, most - 1).join(", ") + " … " + values[values.length - 1] + " (" + values.length + " values)";
}

// What is not the same in all runs, by groups and keys; whichever are more are the rows.
function configDiff(parent, groups) {
  const configs = groups.map((group) => group.runs.map(configOf));
  const all = configs.flat();
  const keys = [...new Set(all.flatMap((one) => Object.keys(one)))]
    .filter((key) => new Set(all.map((one) => one[key])).size > 1).sort();
  if (keys.length === 0) {
    parent.append(make("p", { class: "note" }, "The configs are equal."));
    return;
  }
  const short = shortKeys(keys);
  const heads = [["config"], ["runs"], ...keys.map((key) => [short.get(key), key])]
    .map(([text, title]) => (scope) => make("th", { scope, title: title || "" }, text));
  const columns = groups.map((group, i) => [
    (scope) => make("th", { scope }, make("span", { class: "swatch", style: "border-color:" + group.color }), group.name),
    ...[String(group.runs.length), ...keys.map((key) => valuesText(configs[i], key))]
      .map((text) => () => make("td", { title: text }, shortened(text, 40)))]);
  const table = [heads, ...columns];
  const rows = groups.length >= keys.length ? table : heads.map((unused, k) => table.map((column) => column[k]));
  const made = rows.map((row, r) => make("tr", {}, ...row.map((cell, c) => cell(r === 0 ? "col" : c === 0 ? "row" : ""))));
  parent.append(make("div", { class: "card", id: "differences" },
    make("table", {}, make("thead", {}, made[0]), make("tbody", {}, ...made.slice(1)))));
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
  const focused = document.activeElement.dataset.key;
  const opened = new Set([...document.querySelectorAll("details[open] > summary")].map((one) => one.textContent));
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
    "Drag to zoom, double click to reset. Bands: 95% confidence of the mean over seeds; on a log axis one that "
    + "reaches 0 goes on to the axis's end. A run that has stopped keeps its last value. Dotted: validation."));
  parent.append(make("h2", {}, "Runs"));
  summaryTable(parent, groups);
  if (runs.length > 1) {
    parent.append(make("h2", {}, "Differences"));
    configDiff(parent, groups.filter(hasConfig));
  }
  cards(parent, "Policy: the greedy action in each state", runs, (run) => (run.policy ? policyTable(run) : null));
  cards(parent, "Decision boundary", runs, picture("boundary", "Decision boundary"));
  cards(parent, "Confusion: rows are actual, columns predicted", runs, (run) => (run.confusion ? confusionTable(run) : null));
  cards(parent, "Worst mistakes", runs, picture("mistakes", "The worst mistakes"));
  parent.append(make("h2", {}, "Provenance"));
  runs.forEach((run) => parent.append(make("details", opened.has(run.name) ? { open: "" } : {},
    make("summary", { "data-key": "provenance " + run.name }, run.name),
    make("pre", {}, JSON.stringify({ command: run.record.command, ...run.record.provenance }, null, 2)))));
  [...document.querySelectorAll("[data-key]")].filter((one) => one.dataset.key === focused)
    .forEach((one) => one.focus({ preventScroll: true }));
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
