/* SPDX-License-Identifier: MIT */
// Groups of runs: their names, and the means of their curves. Comes before page.js.
"use strict";

const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#b8a800"];
const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

// The leaves of a config by their paths, as text.
function flatten(value, path, into) {
  if (value && typeof value === "object" && !Array.isArray(value)) {
    for (const [name, child] of Object.entries(value)) {
      if (name !== "file") {
        flatten(child, path ? path + "." + name : name, into);
      }
    }
  } else {
    into[path] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return into;
}

function configOf(run) {
  return flatten(run.record.config || {}, "", {});
}

function shortened(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}

// rule.parameters.epsilon is "epsilon", rule.id is "rule"; longer where another key ends the same.
function shortKeys(keys) {
  const plain = keys.map((key) => key.replace(/\.parameters\b/g, "").replace(/\.id$/, ""));
  const last = plain.map((key) => key.split(".").pop());
  const isOne = (list, i) => list.filter((other) => other === list[i]).length === 1;
  return new Map(keys.map((key, i) => [key, isOne(last, i) ? last[i] : isOne(plain, i) ? plain[i] : key]));
}

// Which values tell the groups from each other: as few keys as do, those first that tell most and
// that all have.
function tellingKeys(configs, labels) {
  const differing = [...new Set(configs.flatMap((config) => Object.keys(config)))].sort()
    .filter((key) => key !== "name" && !/(^|\.)seed$/.test(key) && new Set(configs.map((config) => config[key])).size > 1);
  const chosen = [];
  const told = (keys) => new Set(configs.map((config, i) => JSON.stringify([labels[i], ...keys.map((key) => config[key])]))).size;
  while (told(chosen) < configs.length) {
    const ranked = differing.filter((key) => !chosen.includes(key))
      .map((key) => ({ key, told: told([...chosen, key]), lacking: configs.filter((config) => !(key in config)).length }))
      .sort((a, b) => b.told - a.told || a.lacking - b.lacking || a.key.length - b.key.length);
    if (ranked.length === 0) {
      break;
    }
    chosen.push(ranked[0].key);
  }
  return { chosen, short: shortKeys(differing) };
}

// A group is named by what tells it from the others: its runs' name, and values of the config.
function nameGroups(groups) {
  const names = groups.map((group) => [...new Set(group.runs.map((run) => (run.record.config || {}).name || ""))].join(", "));
  const labels = new Set(names).size > 1 ? names : names.map(() => "");
  const configs = groups.map((group) => configOf(group.runs[0]));
  const { chosen, short } = tellingKeys(configs, labels);
  const told = groups.map((group, i) => [labels[i], ...chosen.map((key) =>
    short.get(key) + "=" + (configs[i][key] === undefined ? "none" : shortened(configs[i][key], 24)))]
    .filter((part) => part !== "").join(" ") || names[i] || group.runs[0].name);
  groups.forEach((group, i) => {
    const same = told.filter((other) => other === told[i]).length > 1;
    group.name = shortened(told[i], 80) + (same ? " (" + (i + 1) + ")" : "");
  });
}

// Not where run.json cannot be read.
function hasConfig(group) {
  return group.runs[0].record.config !== undefined;
}

// Runs that differ only in seeds and names are of one group.
function groupRuns(runs) {
  const groups = [];
  runs.forEach((run) => {
    groups[run.group] = groups[run.group] || { runs: [] };
    groups[run.group].runs.push(run);
  });
  groups.forEach((group, place) => {
    group.color = palette[place % palette.length];
    group.dash = dashes[Math.floor(place / palette.length) % dashes.length];
  });
  groups.filter((group) => !hasConfig(group)).forEach((group) => {
    group.name = group.runs.map((run) => run.name).join(", ");
  });
  nameGroups(groups.filter(hasConfig));
  return groups;
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

// The iterations of all lines, sorted; each line's values at them, undefined where it has none.
function joined(lines) {
  const all = new Set();
  lines.forEach((line) => line.x.forEach((x) => all.add(x)));
  const x = [...all].sort((a, b) => a - b);
  const place = new Map(x.map((value, i) => [value, i]));
  const columns = lines.map((line) => {
    const column = new Array(x.length).fill(undefined);
    line.x.forEach((value, i) => {
      column[place.get(value)] = line.y[i];
    });
    return column;
  });
  return [x, columns];
}

// Of these values: their number, their mean, and half its 95% interval, which one value has not.
function statistics(values) {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean: n > 0 ? mean : null, half: n > 1 ? student(n) * Math.sqrt(squares / (n - 1) / n) : null };
}

// The mean of a group's lines where each has a point. A run that has ended as it should keeps its last
// value; one that has not is no part of the mean from there on, nor is a value that is not finite.
function averaged(lines, isSparse) {
  const result = { x: [], y: [], half: [], n: [] };
  const next = lines.map(() => 0);
  for (const x of joined(lines)[0]) {
    const values = [];
    const kept = [];
    let isWhole = true;
    lines.forEach((line, i) => {
      if (line.x[next[i]] === x) {
        values.push(line.y[next[i]]);
        next[i] += 1;
      } else if (next[i] === line.x.length) {
        kept.push(line.isDone ? line.y[line.y.length - 1] : null);
      } else {
        isWhole = isWhole && next[i] === 0;
      }
    });
    const isMeasured = values.some((value) => value !== null);
    if (isWhole && (isMeasured || !isSparse)) {
      const { n, mean, half } = statistics(values.concat(kept).filter((value) => value !== null));
      result.x.push(x);
      result.y.push(mean);
      result.half.push(half);
      result.n.push(n);
    }
  }
  return result;
}

// "mean of 5", "mean of 3 to 5" where they are not as many everywhere, "of 6" where one has no values.
function meanOf(counts, nRuns) {
  const least = counts.reduce((a, b) => Math.min(a, b), Infinity);
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  return " (mean of " + (least < most ? least + " to " : "") + most + (most < nRuns ? " of " + nRuns : "") + ")";
}
