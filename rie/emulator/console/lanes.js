// Lanes of environments over time, as SVG: one row for each, one rectangle for each state.

const WINDOW_S = 120;
const ROW = 22;
const LABEL = 150;
const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Spans of one environment that are in the window, as [begin, end, state]. */
export function cutSpans(spans, from, now) {
  return spans
    .map(([begin, state], index) => {
      const end = index + 1 < spans.length ? spans[index + 1][0] : state === "ended" ? begin + 1 : now;
      return [Math.max(begin, from), Math.min(end, now), state];
    })
    .filter(([begin, end]) => end > begin);
}

export function drawLanes(target, environments, now) {
  const from = now - WINDOW_S;
  const rows = environments
    .map((each) => ({ ...each, cut: cutSpans(each.spans, from, now) }))
    .filter((each) => each.cut.length > 0);
  if (rows.length === 0) {
    const empty = document.createElement("p");
    empty.className = "empty";
    empty.textContent = "None yet: the first invocation starts one.";
    target.replaceChildren(empty);
    return;
  }
  const width = Math.max(320, target.clientWidth);
  const height = rows.length * ROW + 4;
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img" });
  svg.append(make("title", {}, rows.map((each) => `${each.function}: ${each.state}`).join(", ")));
  const scale = (width - LABEL) / WINDOW_S;
  rows.forEach((each, index) => {
    const top = index * ROW;
    svg.append(make("text", { x: 0, y: top + 15 }, `${each.function.slice(0, 12)} ${each.id.slice(0, 6)}`));
    for (const [begin, end, state] of each.cut) {
      svg.append(make("rect", {
        class: state, x: LABEL + (begin - from) * scale, y: top + 3,
        width: Math.max(1.5, (end - begin) * scale), height: ROW - 6, rx: 2,
      }));
    }
  });
  target.replaceChildren(svg);
}
