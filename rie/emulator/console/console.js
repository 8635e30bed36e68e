// The console. Everything that functions say is set as text, never as markup.
import { drawLanes } from "./lanes.js";

const $ = (id) => document.getElementById(id);
const functions = new Map();
const invocations = new Map();
const environments = new Map();
const queues = new Map();
let samples = {};
let chosen = null;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const statusClass = (status) => status.replace(" ", "-");
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });

function indent(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

// ---- the event to send

function fillSources() {
  const name = $("function").value;
  const events = Object.keys(functions.get(name)?.events ?? {});
  const past = [...invocations.values()].filter((each) => each.function === name).slice(-10).reverse();
  const group = (label, entries) => {
    const made = element("optgroup", { label });
    for (const [value, text] of entries) made.append(element("option", { value }, text));
    return made;
  };
  const kept = $("source").value;
  $("source").replaceChildren(
    element("option", { value: "" }, "choose …"),
    ...(events.length ? [group("events/ of the function", events.map((each) => [`event:${each}`, each]))] : []),
    group("Samples", Object.keys(samples).map((each) => [`sample:${each}`, each])),
    ...(past.length ? [group("History", past.map((each) => [`past:${each.id}`, `${clock(each.created)} ${each.status}`]))] : []),
  );
  $("source").value = [...$("source").options].some((each) => each.value === kept) ? kept : "";
}

function fillEvent() {
  const [kind, ...rest] = $("source").value.split(":");
  const key = rest.join(":");
  if (kind === "event") $("event").value = indent(functions.get($("function").value).events[key]);
  if (kind === "sample") $("event").value = JSON.stringify(samples[key], null, 2);
  if (kind === "past") $("event").value = indent(invocations.get(key).event);
  checkEvent();
}

function checkEvent() {
  try {
    JSON.parse($("event").value || "{}");
    $("problem").textContent = "";
    return true;
  } catch (error) {
    $("problem").textContent = `The event is not JSON: ${error.message}`;
    return false;
  }
}

function showFacts() {
  const found = functions.get($("function").value);
  if (!found) return;
  $("facts").textContent = `${found.handler}, ${found.memory_mb} MB, ${found.timeout_s} s; function URL ${found.url}`;
}

async function send(type) {
  if (!checkEvent()) { $("event").focus(); return; }
  const name = encodeURIComponent($("function").value);
  const headers = { "X-Amz-Invocation-Type": type, "Content-Type": "application/json" };
  try {
    const answer = await fetch(`2015-03-31/functions/${name}/invocations`, { method: "POST", headers, body: $("event").value });
    if (!answer.ok) {
      const body = await answer.json();
      $("problem").textContent = `${answer.headers.get("x-amzn-errortype")}: ${body.message ?? body.Message}`;
      return;
    }
    choose(answer.headers.get("x-amzn-requestid"));
  } catch (error) {
    $("problem").textContent = `The emulator did not answer: ${error.message}`;
  }
}

// ---- invocations

function choose(id) {
  chosen = id;
  drawInvocations();
  drawDetail();
}

function drawInvocations() {
  const rows = [...invocations.values()].slice(-200).reverse();
  const focused = document.activeElement?.dataset?.id;
  $("count").textContent = invocations.size ? String(invocations.size) : "";
  $("invocations").replaceChildren(...rows.map((each) => {
    const took = each.duration_ms == null ? "" : `${each.duration_ms.toFixed(1)} ms`;
    const button = element("button", { type: "button", "aria-current": String(each.id === chosen) },
      element("span", { class: statusClass(each.status) }, each.status),
      element("span", { class: "name" }, each.trigger === "RequestResponse" ? each.function : `${each.function} (${each.trigger})`),
      element("span", { class: "number" }, took),
      element("span", { class: "number when" }, clock(each.created)));
    button.dataset.id = each.id;
    button.addEventListener("click", () => choose(each.id));
    return element("li", {}, button);
  }));
  if (focused) $("invocations").querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
}

function drawDetail() {
  const each = invocations.get(chosen);
  if (!each) return;
  const block = (title, text) => text ? [element("h3", {}, title), element("pre", { tabindex: "0" }, text)] : [];
  const facts = [["Request", each.id], ["Started", clock(each.created)]];
  if (each.error) facts.push(["Error", each.error]);
  if (each.duration_ms != null) facts.push(["Duration", `${each.duration_ms} ms`]);
  if (each.init_ms != null) facts.push(["Init", `${each.init_ms} ms`]);
  if (each.used_mb != null) facts.push(["Memory", `${each.used_mb} MB`]);
  if (each.environment) facts.push(["Environment", each.environment.slice(0, 6)]);
  const list = element("dl", {}, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
  const status = element("span", { class: statusClass(each.status) }, each.status);
  const failed = each.error_body && each.error_body !== each.answer;
  $("detail").replaceChildren(
    element("h2", { id: "detail-title" }, `${each.function} `, status), list,
    ...describeError(each),
    ...block("Answer", indent(each.answer ?? "")),
    ...(failed ? block("Error", indent(each.error_body)) : []),
    ...block("Log", (each.log ?? (each.lines ?? []).join("\n")).replaceAll("\r", "\n")),
    ...block("Event", indent(each.event)),
  );
}

function describeError(each) {
  let report;
  try { report = JSON.parse(each.error_body ?? ""); } catch { return []; }
  if (report === null || typeof report !== "object") return [];
  const trace = (report.stackTrace ?? []).map((line) => (typeof line === "string" ? line : JSON.stringify(line)).trimEnd()).join("\n");
  const text = `${report.errorType ?? each.error}: ${report.errorMessage ?? ""}`;
  return [element("h3", {}, "Error"), element("pre", { tabindex: "0", class: "failed" }, trace ? `${text}\n${trace}` : text)];
}

function moveInList(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !event.target.dataset.id) return;
  event.preventDefault();
  const buttons = [...$("invocations").querySelectorAll("button")];
  buttons[buttons.indexOf(event.target) + step]?.focus();
}

// ---- environments and the queue

function drawEnvironments() {
  drawLanes($("lanes"), [...environments.values()], Date.now() / 1000);
}

function drawQueue() {
  const rows = [...queues].flatMap(([name, events]) => events.map((each) => element("li", {},
    element("strong", {}, name), element("span", {}, `attempt ${each.attempts}, ${each.state}`), element("span", {}, each.id))));
  $("events").replaceChildren(...(rows.length ? rows : [element("li", { class: "empty" }, "Empty.")]));
}

// ---- schedules

async function drawSchedules() {
  const found = await (await fetch("console/schedules")).json();
  const rows = found.map((each, number) => {
    const button = element("button", { type: "button" }, "Fire now");
    button.addEventListener("click", async () => {
      const answer = await fetch(`console/schedules/${number}/fire`, { method: "POST", headers: { "X-Surefoot-Console": "1" } });
      choose((await answer.json()).id);
    });
    const times = each.next.map((moment) => moment.replace("T", " ").replace(":00+00:00", "Z")).join(", ");
    return element("li", {},
      element("strong", {}, each.name), element("span", {}, `${each.expression} ${each.time_zone}${each.enabled ? "" : ", disabled"}`),
      element("small", {}, times ? `next: ${times}` : "no further time"), button);
  });
  $("times").replaceChildren(...(rows.length ? rows : [element("li", { class: "empty" }, "None in template.yaml.")]));
}

// ---- the stream

const handlers = {
  invocation(record) {
    invocations.set(record.id, { ...invocations.get(record.id), ...record });
    drawInvocations();
    fillSources();
    if (record.id === chosen) drawDetail();
  },
  environment(record) {
    const before = environments.get(record.id);
    environments.set(record.id, { ...record, spans: [...(before?.spans ?? []), ...record.spans] });
    drawEnvironments();
  },
  log(record) {
    const found = invocations.get(record.id);
    if (!found || found.status !== "running") return;
    found.lines = [...(found.lines ?? []), record.line];
    if (record.id === chosen) drawDetail();
  },
  schedules() {
    drawSchedules();
  },
  queue(record) {
    queues.set(record.function, record.events);
    drawQueue();
  },
};

async function load() {
  const state = await (await fetch("console/state")).json();
  samples = state.samples;
  functions.clear();
  for (const each of state.functions) {
    functions.set(each.name, each);
    queues.set(each.name, each.queue);
  }
  for (const each of state.invocations) invocations.set(each.id, each);
  for (const each of state.environments) environments.set(each.id, each);
  const before = $("function").value;
  $("function").replaceChildren(...[...functions.keys()].map((name) => element("option", { value: name }, name)));
  if (functions.has(before)) $("function").value = before;
  fillSources();
  showFacts();
  drawInvocations();
  drawEnvironments();
  drawQueue();
  drawSchedules();
}

function connect() {
  const stream = new EventSource("console/stream");
  stream.addEventListener("open", () => {
    $("connection").textContent = "connected";
    load();
  });
  stream.addEventListener("error", () => { $("connection").textContent = "not connected; trying again"; });
  for (const [kind, handle] of Object.entries(handlers)) stream.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
}

function setScheme(scheme) {
  document.documentElement.dataset.scheme = scheme;
  $("scheme").textContent = scheme === "dark" ? "Light" : "Dark";
}

const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
setScheme(localStorage.getItem("scheme") ?? system);
$("scheme").addEventListener("click", () => {
  const next = document.documentElement.dataset.scheme === "dark" ? "light" : "dark";
  localStorage.setItem("scheme", next);
  setScheme(next);
});
$("function").addEventListener("change", () => { fillSources(); showFacts(); });
$("source").addEventListener("change", fillEvent);
$("event").addEventListener("input", checkEvent);
$("invoke").addEventListener("click", () => send("RequestResponse"));
$("submit").addEventListener("click", () => send("Event"));
$("format").addEventListener("click", () => { $("event").value = indent($("event").value); checkEvent(); });
$("invocations").addEventListener("keydown", moveInList);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send("RequestResponse"); }
});
setInterval(drawEnvironments, 1000);
connect();
