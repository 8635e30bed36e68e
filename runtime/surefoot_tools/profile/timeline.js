"use strict";
// The tree: the stages, below each the imports that happened in it.
const nodes = profile.stages.map((stage) => ({
  stage, name: stage.title, begin: stage.begin_ms, length: stage.end_ms - stage.begin_ms,
  depth: 0, parent: null, children: [], area: {call: "function", handler: "function"}[stage.name] || stage.name,
}));
const stageNodes = new Map(nodes.map((node) => [node.stage.name, node]));
const rows = profile.imports.map((row) => {
  const node = {row, name: row.name, begin: row.begin_ms, length: row.cumulative_ms, children: [], area: row.area};
  nodes.push(node);
  return node;
});
for (const node of rows) {
  node.parent = node.row.parent === null ? stageNodes.get(node.row.stage) : rows[node.row.parent];
  node.depth = node.parent ? node.parent.depth + 1 : 1;
  if (node.parent) node.parent.children.push(node);
}
const roots = nodes.filter((node) => !node.parent);
const HEIGHT = 23, total = Math.max(profile.total_ms, 0.001);
let view = {begin: 0, length: total}, chosen = null;

function drawBars() {
  const holder = at("bars");
  nodes.forEach((node, index) => {
    const bar = make("div", node.stage ? "bar stage" : "bar", node.name);
    if (node.row && (node.row.bytecode === "missing" || node.row.bytecode === "stale")) bar.classList.add("bare");
    bar.id = `bar-${index}`;
    bar.tabIndex = -1;
    bar.setAttribute("role", "treeitem");
    bar.setAttribute("aria-level", node.depth + 1);
    bar.setAttribute("aria-selected", "false");
    bar.setAttribute("aria-label", `${node.name}, ${ms(node.length)}`);
    bar.title = `${node.name}: ${ms(node.length)}`;
    bar.style.top = `${node.depth * HEIGHT + 6}px`;
    bar.style.setProperty("--colour", `var(--${node.area})`);
    bar.addEventListener("click", () => choose(node, false));
    bar.addEventListener("dblclick", () => zoom(node));
    node.bar = bar;
    holder.append(bar);
  });
}

function layOut() {
  const width = at("bars").clientWidth || 1, end = view.begin + view.length;
  let deepest = 0;
  for (const node of nodes) {
    const left = (node.begin - view.begin) / view.length * width;
    const right = (node.begin + node.length - view.begin) / view.length * width;
    const shown = right > 0 && node.begin < end;
    node.bar.hidden = !shown;
    if (!shown) continue;
    const from = Math.max(left, 0), wide = Math.max(Math.min(right, width) - from, 1.5);
    node.bar.style.left = `${from}px`;
    node.bar.style.width = `${wide}px`;
    node.bar.classList.toggle("narrow", wide < 24);
    node.bar.classList.toggle("thin", wide < 4);
    node.bar.textContent = wide < 24 ? "" : node.name;
    deepest = Math.max(deepest, node.depth);
  }
  at("bars").style.height = `${(deepest + 1) * HEIGHT + 10}px`;
  at("axis").replaceChildren(...ticks(width));
  at("zoom").disabled = chosen !== null && chosen.begin === view.begin && chosen.length === view.length;
  at("whole").disabled = view.length === total;
  at("zoomable").textContent = view.length === total ? ""
    : `${ms(view.begin)} to ${ms(end)} of ${ms(total)}`;
}

function ticks(width) {
  const rough = view.length / Math.max(width / 90, 1), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const marks = [];
  for (let value = Math.ceil(view.begin / step) * step; value < view.begin + view.length; value += step) {
    const left = (value - view.begin) / view.length * width;
    if (left > width - 48) break;
    const mark = make("span", "", `${value.toFixed(digits)} ms`);
    mark.style.left = `${left}px`;
    marks.push(mark);
  }
  return marks;
}

function zoom(node) {
  view = node ? {begin: node.begin, length: Math.max(node.length, 0.01)} : {begin: 0, length: total};
  layOut();
}

function choose(node, focus) {
  if (chosen) {
    chosen.bar.setAttribute("aria-selected", "false");
    chosen.bar.tabIndex = -1;
  }
  chosen = node;
  node.bar.setAttribute("aria-selected", "true");
  node.bar.tabIndex = 0;
  if (node.bar.hidden) zoom(null);
  if (focus) node.bar.focus();
  at("zoom").disabled = node.begin === view.begin && node.length === view.length;
  describe(node);
}

function describe(node) {
  const parts = [make("h3", "mono", node.name)];
  if (node.stage) {
    parts.push(make("p", "", `${ms(node.length)}, from ${ms(node.begin)} to ${ms(node.begin + node.length)}`));
  } else {
    const row = node.row;
    parts.push(make("p", "", `itself ${ms(row.self_ms)}, with what it imports ${ms(row.cumulative_ms)}, at ${ms(row.begin_ms)}`));
    if (row.chain.length) parts.push(make("p", "mono", `← ${row.chain.join(" ← ")}`));
    const compiled = row.compile_ms ? ` (${ms(row.compile_ms)} with hooks)` : "";
    parts.push(make("p", "quiet", [AREAS[row.area], row.path, BYTECODE[row.bytecode] + compiled].filter(Boolean).join(" · ")));
  }
  at("detail").replaceChildren(...parts);
}

function onKey(event) {
  if (!chosen) return;
  const siblings = chosen.parent ? chosen.parent.children : roots, index = siblings.indexOf(chosen);
  const moves = {
    ArrowRight: siblings[index + 1], ArrowLeft: siblings[index - 1],
    ArrowDown: chosen.children[0], ArrowUp: chosen.parent,
    Home: roots[0], End: roots[roots.length - 1],
  };
  if (event.key === "Enter" || event.key === " ") zoom(chosen);
  else if (event.key === "Escape") zoom(null);
  else if (event.key in moves) { if (moves[event.key]) choose(moves[event.key], true); }
  else return;
  event.preventDefault();
}

function legend() {
  for (const [area, title] of Object.entries(AREAS)) {
    const item = make("li"), swatch = make("i");
    swatch.style.background = `var(--${area})`;
    item.append(swatch, title);
    at("legend").append(item);
  }
  const item = make("li"), swatch = make("i", "bare");
  swatch.style.background = "repeating-linear-gradient(135deg, var(--function) 0 4px, rgb(0 0 0 / .35) 4px 7px)";
  item.append(swatch, "Compiled at start");
  at("legend").append(item);
}

legend();
drawBars();
layOut();
if (roots.length) choose(roots.find((node) => node.stage?.name === "handler") || roots[0], false);
at("bars").addEventListener("keydown", onKey);
at("zoom").addEventListener("click", () => zoom(chosen));
at("whole").addEventListener("click", () => zoom(null));
new ResizeObserver(layOut).observe(at("timeline"));
