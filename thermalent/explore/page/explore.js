// The page of the explorer: boxes and sliders become a link, and the server's answer to it a picture.

import { chart, lines, sideways, upright, withPrefix } from "./plots.js";

const IDLE = 250; // milliseconds without a change, after which the slower pictures are asked for
const PATIENT = 400; // milliseconds after which the page says that it computes
// Several pages may be open: a newer point ends the work for the older one of the same page alone.
const tab = Math.random().toString(36).slice(2);
const at = (id) => document.getElementById(id);
let page, texts = {}, values = {}, preset, filter, extra = {};
let asking = false, again = false, rough = false, turn = 0, timer;

async function ask(path, query) {
  const reply = await fetch(`${path}?${query}&page=${tab}`);
  if (!reply.ok) return { ok: false, errors: {}, message: await reply.text() };
  return reply.json();
}

function link() {
  return new URLSearchParams({ preset, filter, ...texts, ...extra }).toString();
}

// One question at a time; what changed meanwhile is asked for next.
async function refresh() {
  turn += 1;
  again = true;
  clearTimeout(timer);
  if (asking) return;
  asking = true;
  while (again) {
    again = false;
    const slow = setTimeout(() => {
      at("status").textContent = "computing …";
      at("results").classList.add("stale"); // the numbers are those of the point before
    }, PATIENT);
    try {
      show(await ask("/api/state", link()));
    } catch {
      at("message").textContent = "The server does not answer. Is `thermalent explore` running?";
      at("status").textContent = "";
      at("results").classList.add("stale");
    } finally {
      clearTimeout(slow);
    }
  }
  asking = false;
  timer = setTimeout(slower, IDLE, turn);
}

function show(answer) {
  values = { ...values, ...answer.values };
  for (const control of page.controls) {
    mark(at(`box-${control.name}`), at(`wrong-${control.name}`), answer.errors[control.name]);
    if (!answer.errors[control.name]) place(control);
  }
  mark(at("preset"), at("preset-wrong"), answer.errors.preset);
  mark(at("filter"), at("filter-wrong"), answer.errors.filter);
  const named = Object.values(answer.errors);
  const marked = named.length ? "A value is not allowed: it is marked, with what is." : "";
  at("message").textContent = answer.errors.link
    || (named.includes(answer.message) ? marked : answer.message || marked);
  at("results").classList.toggle("stale", !answer.ok);
  at("results").classList.toggle("undescribed", !answer.python); // the code is that of the point before
  rough = Boolean(answer.rough);
  if (answer.drawing) at("drawing").innerHTML = answer.drawing;
  if (answer.python) fill(answer);
  if (!answer.ok) {
    at("value").textContent = "–";
    at("error").textContent = at("status").textContent = "";
    return;
  }
  const { value, error } = answer.concurrence;
  at("value").textContent = value.toFixed(digits(error));
  at("error").textContent = `± ${error.toExponential(0)}`;
  at("error").title = answer.error_origin;
  at("status").textContent = answer.status;
  at("populations").replaceChildren(upright(answer.populations));
  document.body.dataset.drawn = link();
}

// Decimal places that an error leaves, up to six.
function digits(error) {
  return error > 0 ? Math.min(6, Math.max(2, 1 + Math.floor(-Math.log10(error)))) : 6;
}

function fill(answer) {
  at("python").textContent = answer.python;
  at("command").textContent = answer.command;
  at("rows").replaceChildren(...answer.rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    return row;
  }));
}

function mark(box, words, problem) {
  box.setAttribute("aria-invalid", problem ? "true" : "false");
  words.textContent = problem || "";
}

// Limits, map and spectrum, in this order, until the point moves.
async function slower(started) {
  const current = () => started === turn;
  history.replaceState(null, "", `?${link()}`);
  for (const file of document.querySelectorAll("a[data-file]")) {
    file.href = `/export/${file.dataset.file}?${link()}&x=${at("map-x").value}&y=${at("map-y").value}`;
    file.download = file.dataset.file;
  }
  if (at("results").classList.contains("stale")) return;
  delete document.body.dataset.complete;
  try {
    if (rough) {
      const finer = await ask("/api/finer", link());
      if (!current()) return;
      if (finer.ok) show(finer);
      else at("status").textContent = "More digits take longer than a page can wait; the code computes them.";
    }
    const found = await ask("/api/limits", link());
    if (!current()) return;
    at("limits").replaceChildren(sideways(found.limits || []));
    at("limits-note").textContent = found.message || (found.missing?.length
      ? `Not shown, because they take too long here: ${found.missing.join("; ")}.` : "");
    await drawMap(current);
    if (!current()) return;
    const spectrum = await ask("/api/spectrum", link());
    if (!current()) return;
    at("spectrum").replaceChildren(...(spectrum.ok ? [lines(spectrum)] : []));
    at("spectrum-note").textContent = spectrum.ok
      ? `Largest error ${Math.max(...spectrum.errors).toExponential(0)}.` : spectrum.message;
    document.body.dataset.complete = link();
  } catch {
    if (current()) at("message").textContent = "The server does not answer.";
  }
}

async function drawMap(current) {
  const [x, y] = ["map-x", "map-y"].map((id) => page.controls.find((c) => c.name === at(id).value));
  const points = filter === "cavity" ? 15 : 7, rows = [];
  if (x === y) {
    at("map").replaceChildren();
    at("map-note").textContent = "Choose two different numbers.";
    return;
  }
  const here = [values[x.name], values[y.name]];
  const move = (across, up) => {
    set(x, across);
    set(y, up);
    refresh();
  };
  for (let row = 0; row < points; row++) {
    const query = `${link()}&x=${x.name}&y=${y.name}&points=${points}&row=${row}`;
    const found = await ask("/api/map", query);
    if (!current()) return;
    if (!found.ok) {
      at("map").replaceChildren();
      at("map-note").textContent = found.message;
      return;
    }
    rows.push(found);
    at("map").replaceChildren(chart(rows, points, x, y, here, move));
  }
  at("map-note").textContent = "A click moves the point there. Up: " + y.label + ".";
}

// Sliders run from 0 to 1; the number follows the scale of the control.
function range(control) {
  const unit = control.times ? values[control.times] || 1 : 1;
  return [control.low * unit, control.high * unit];
}

function fromSlider(control, part) {
  const [low, high] = range(control);
  if (control.scale === "log") return low * (high / low) ** part;
  if (control.scale === "square") return low + (high - low) * part ** 2;
  const value = low + (high - low) * part;
  return Math.abs(value) < 1e-9 * (high - low) ? 0 : value;
}

function place(control) {
  const [low, high] = range(control), value = values[control.name];
  const slider = at(`slider-${control.name}`);
  if (document.activeElement === slider) return;
  if (value === null || value === undefined) {
    slider.value = control.optional ? 1 : 0;
  } else if (control.scale === "log") {
    slider.value = value > 0 ? Math.log(value / low) / Math.log(high / low) : 0;
  } else {
    const part = (value - low) / (high - low);
    slider.value = control.scale === "square" ? Math.sqrt(Math.max(0, part)) : part;
  }
}

function set(control, value) {
  texts[control.name] = withPrefix(value, control.unit);
  values[control.name] = value;
  at(`box-${control.name}`).value = texts[control.name];
}

function slid(control, part) {
  if (control.optional && part >= 1) {
    texts[control.name] = at(`box-${control.name}`).value = "";
  } else {
    set(control, fromSlider(control, part));
  }
  refresh();
}

function build(control) {
  const whole = document.createElement("div");
  whole.className = "control";
  whole.id = `control-${control.name}`;
  const label = Object.assign(document.createElement("label"),
    { textContent: control.label, htmlFor: `box-${control.name}` });
  const slider = Object.assign(document.createElement("input"),
    { type: "range", min: 0, max: 1, step: 0.001, id: `slider-${control.name}` });
  slider.setAttribute("aria-label", control.label);
  slider.addEventListener("input", () => slid(control, Number(slider.value)));
  const box = Object.assign(document.createElement("input"),
    { type: "text", id: `box-${control.name}`, spellcheck: false });
  box.addEventListener("input", () => {
    texts[control.name] = box.value;
    refresh();
  });
  const both = document.createElement("div");
  both.append(slider, box);
  const wrong = Object.assign(document.createElement("p"),
    { className: "wrong", id: `wrong-${control.name}` });
  wrong.setAttribute("role", "alert");
  whole.append(label, both, wrong);
  return whole;
}

// The hardware's own numbers, except those that are given.
function choose(name, given = {}) {
  preset = name;
  at("preset").value = name;
  const { what, source, texts: own } = page.presets[name];
  at("preset-note").textContent = `${what[0].toUpperCase()}${what.slice(1)} (${source}).`;
  texts = { ...own };
  for (const key of Object.keys(own)) if (key in given) texts[key] = given[key];
  for (const control of page.controls) {
    at(`control-${control.name}`).hidden = !(control.name in texts);
    at(`box-${control.name}`).value = texts[control.name] ?? "";
  }
  for (const [id, fallback] of [["map-x", "temperature"], ["map-y", "quality"]]) {
    const before = at(id).value || fallback;
    at(id).replaceChildren(...page.controls.filter((c) => c.name in texts)
      .map((c) => new Option(c.label, c.name)));
    at(id).value = before in texts ? before : fallback;
  }
}

function restore(search) {
  const given = Object.fromEntries(new URLSearchParams(search));
  const known = new Set(["preset", "filter", ...page.controls.map((c) => c.name)]);
  filter = given.filter ?? "cavity";
  if (!(filter in page.filters)) at("filter").append(new Option(filter, filter));
  at("filter").value = filter;
  const wanted = given.preset ?? Object.keys(page.presets)[0];
  choose(wanted in page.presets ? wanted : Object.keys(page.presets)[0], given);
  // What the link sets and nothing here has goes to the server, which says so.
  extra = Object.fromEntries(Object.entries(given).filter(([key]) => !known.has(key)));
  if (!(wanted in page.presets)) extra.preset = wanted;
}

async function copy(button) {
  const what = button.dataset.copies, label = button.textContent;
  const text = what === "link" ? `${location.origin}/?${link()}` : at(what).textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } catch {
    button.textContent = "select it and copy";
  }
  setTimeout(() => { button.textContent = label; }, 1500);
}

async function start() {
  page = await ask("/api/page", "");
  for (const [name, { what }] of Object.entries(page.presets)) {
    at("preset").append(new Option(name, name));
    at("preset").lastChild.title = what;
  }
  for (const [key, words] of Object.entries(page.filters)) at("filter").append(new Option(words, key));
  at("sliders").append(...page.controls.map(build));
  restore(location.search);
  at("preset").addEventListener("change", () => {
    extra = {};
    choose(at("preset").value);
    refresh();
  });
  at("filter").addEventListener("change", () => {
    filter = at("filter").value;
    refresh();
  });
  for (const id of ["map-x", "map-y"]) at(id).addEventListener("change", refresh);
  for (const button of document.querySelectorAll("button[data-copies]")) {
    button.addEventListener("click", () => copy(button));
  }
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("popstate", () => { restore(location.search); refresh(); });
  refresh();
}

start();
