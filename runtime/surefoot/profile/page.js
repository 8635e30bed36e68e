"use strict";
// Everything from the profile is put in as text (textContent), never as markup.
(() => {
  const profile = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const make = (tag, className = "", text = "") => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  };
  const ms = (value) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
  const bytes = (count) => count < 1024 ? `${count} B` : count < 1 << 20
    ? `${Math.round(count / 1024)} KiB` : `${(count / (1 << 20)).toFixed(1)} MiB`;
  const AREAS = {
    interpreter: "Interpreter and standard library", runtime: "surefoot",
    packages: "Installed packages", function: "The function's own modules",
  };
  const BYTECODE = {
    used: "bytecode used", missing: "no bytecode: compiled at start",
    stale: "stale bytecode: compiled at start", none: "not a Python source",
  };

  function header() {
    document.title = `Cold start of ${profile.handler}`;
    at("title").textContent = `Cold start of ${profile.handler}`;
    const low = Math.min(...profile.totals_ms), high = Math.max(...profile.totals_ms);
    const spread = profile.runs > 1
      ? `median of ${profile.runs} runs (${low.toFixed(1)} to ${ms(high)})` : "one run";
    at("about").textContent = `${spread} · Python ${profile.python} · surefoot ${profile.surefoot}`
      + ` · started ${profile.launch === "bootstrap" ? "by the bootstrap" : "with python -m surefoot"}`;
    if (profile.failure) {
      at("failure").hidden = false;
      at("failure").textContent = `The invocation failed: ${profile.failure.kind}: ${profile.failure.message}`;
    }
  }

  function cards() {
    const add = (title, value, small = "", className = "") => {
      const card = make("div", className), data = make("dd", "", value);
      if (small) data.append(make("small", "", small));
      card.append(make("dt", "", title), data);
      at("cards").append(card);
    };
    add("Until the answer", ms(profile.total_ms), "", "total");
    for (const stage of profile.stages) {
      const took = stage.end_ms - stage.begin_ms;
      const first = profile.first_byte_ms - stage.begin_ms;
      const share = `${Math.round(100 * took / (profile.total_ms || 1))} %`;
      const streamed = stage.name === "call" && took - first > 0.05;
      add(stage.title, ms(took), streamed ? `${share}, first byte after ${ms(first)}` : share);
    }
    const init = profile.reads[0];
    add("Read until ready", init.bytes === null ? `${init.files} files` : bytes(init.bytes),
      init.bytes === null ? "" : `${init.calls} reads, ${init.files} files`);
  }

  // What stands between backticks is code.
  const coded = (text) => text.split("`").map((part, index) => index % 2 ? make("code", "", part) : part);

  function advice() {
    for (const each of profile.advice) {
      const item = make("li"), head = make("div", "head");
      head.append(make("span", `chip ${each.severity}`, each.severity), make("span", "mono", each.code),
        make("span", "saving", `up to ${ms(each.saving_ms)}`));
      const remedy = make("p", "quiet");
      remedy.append(make("strong", "", "Remedy: "), ...coded(each.remedy));
      item.append(head, make("p", "", each.message), remedy);
      at("advice").append(item);
    }
    if (!profile.advice.length) at("advice").append(make("li", "", "Nothing stands out that would shorten this start."));
  }

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

  // Tables: a column is [title, text or number of a row, is a number, class].
  function table(id, columns, data, sorted) {
    const head = make("tr"), body = at(id).tBodies[0];
    let order = sorted, down = true;
    const draw = (keep = () => true) => {
      const value = columns[order][1];
      const shown = data.filter(keep).sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        return (typeof x === "number" ? x - y : String(x).localeCompare(String(y))) * (down ? -1 : 1);
      });
      body.replaceChildren(...shown.map((each) => {
        const line = make("tr");
        for (const [, read, isNumber, className = "", text = String] of columns) {
          line.append(make("td", `${isNumber ? "number" : ""} ${className}`.trim(), text(read(each))));
        }
        return line;
      }));
      [...head.children].forEach((cell, index) => {
        if (index === order) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
        cell.firstChild.textContent = columns[index][0] + (index === order ? (down ? " ▾" : " ▴") : "");
      });
      return shown.length;
    };
    let keep;
    columns.forEach(([title, , isNumber, className = ""], index) => {
      const cell = make("th", `${isNumber ? "number" : ""} ${className}`.trim()), button = make("button", "", title);
      cell.scope = "col";
      button.type = "button";
      button.addEventListener("click", () => {
        down = index === order ? !down : Boolean(isNumber);
        order = index;
        draw(keep);
      });
      cell.append(button);
      head.append(cell);
    });
    at(id).tHead.append(head);
    draw();
    return (filter) => draw(keep = filter);
  }

  function tables() {
    const two = (value) => value.toFixed(2);
    const stage = Object.fromEntries(profile.stages.map((each) => [each.name, each.title]));
    const draw = table("imports", [
      ["Module", (row) => row.name, false, "mono"],
      ["Self ms", (row) => row.self_ms, true, "", two],
      ["Total ms", (row) => row.cumulative_ms, true, "", two],
      ["Stage", (row) => stage[row.stage] || row.stage, false, "wide whole"],
      ["Bytecode", (row) => row.bytecode, false, "wide"],
      ["Pulled in by", (row) => row.chain[0] || "", false, "mono wide"],
    ], profile.imports, 1);
    const count = (shown) => { at("count").textContent = `${shown} of ${profile.imports.length} imports`; };
    count(profile.imports.length);
    at("filter").addEventListener("input", () => {
      const word = at("filter").value.trim().toLowerCase();
      count(draw((row) => [row.name, row.path || "", ...row.chain].join(" ").toLowerCase().includes(word)));
    });
    const titles = {init: "Until ready", call: "By the first call"};
    at("reads").textContent = profile.reads.map((read) => {
      const kernel = read.bytes === null ? "" : `${bytes(read.bytes)} in ${read.calls} reads, `;
      return `${titles[read.stage]}: ${kernel}${read.files} files.`;
    }).join(" ");
    at("files-summary").textContent = `${profile.files.length} files, the largest first`;
    table("files", [
      ["File", (file) => file.path, false, "mono"],
      ["Bytes", (file) => file.bytes, true, "", (count) => count.toLocaleString("en")],
      ["How", (file) => file.how, false],
      ["When", (file) => titles[file.stage] || file.stage, false, "wide"],
    ], profile.files, 1);
    for (const note of profile.notes) at("notes").append(make("li", "", note));
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

  header();
  cards();
  advice();
  legend();
  drawBars();
  layOut();
  tables();
  if (roots.length) choose(roots[roots.length - 1].stage?.name === "call" && roots.length > 1 ? roots[roots.length - 2] : roots[0], false);
  at("bars").addEventListener("keydown", onKey);
  at("whole").addEventListener("click", () => zoom(null));
  new ResizeObserver(layOut).observe(at("timeline"));
})();
