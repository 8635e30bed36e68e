"use strict";
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

tables();
