"use strict";
// Head of the page, and what the other scripts share. Everything from the profile is put in as text
// (textContent), never as markup.
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

header();
cards();
advice();
