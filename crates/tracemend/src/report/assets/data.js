"use strict";
// The repair, as `report/repair_page.rs` writes it: columns, times as differences.
const data = JSON.parse(document.getElementById("data").textContent);
const PHASES = [" entry", " exit", "", ""];
const RECORDED = -1;
const events = (() => {
  const { t, c, h, n, p, q, g } = data.events;
  const time = new Float64Array(t.length);
  let now = 0;
  for (let i = 0; i < t.length; i++) time[i] = now += t[i];
  return { count: t.length, time, cpu: Int32Array.from(c), thread: Int32Array.from(h), name: Int32Array.from(n),
    phase: Uint8Array.from(p), confidence: Int16Array.from(q), gap: Int32Array.from(g) };
})();
const span = Math.max(data.span, 1);

// Lanes: CPUs first, then threads in the order of their first event. Each has its events and its calls.
const lanes = [];
data.cpus.forEach((name, index) => lanes.push({ kind: "cpus", name, index, events: [] }));
data.threads.forEach(([tid, comm], index) => lanes.push({ kind: "threads", name: `${comm} ${tid ?? "?"}`, index, events: [] }));
for (let i = 0; i < events.count; i++) {
  lanes[events.cpu[i]].events.push(i);
  lanes[data.cpus.length + events.thread[i]].events.push(i);
}
// Where the call that an event begins ends: its exit, or itself.
const ends = new Int32Array(events.count).map((_, i) => i);
for (const lane of lanes.slice(data.cpus.length)) {
  // Events of no known thread may be of several.
  if (data.threads[lane.index][0] === null) continue;
  let open = -1;
  for (const i of lane.events) {
    if (events.phase[i] === 0) open = i;
    else if (events.phase[i] === 1) {
      if (open >= 0 && events.name[open] === events.name[i]) ends[open] = i;
      open = -1;
    }
  }
}
const inferred = (i) => events.confidence[i] !== RECORDED;
const title = (i) => data.names[events.name[i]] + PHASES[events.phase[i]];

function seconds(ns, digits = 6) { return (ns / 1e9).toFixed(digits) + " s"; }
function duration(ns) {
  if (ns < 1e3) return ns.toFixed(0) + " ns";
  if (ns < 1e6) return (ns / 1e3).toFixed(1) + " µs";
  if (ns < 1e9) return (ns / 1e6).toFixed(1) + " ms";
  return (ns / 1e9).toFixed(2) + " s";
}
function count(value) { return Math.round(value).toString().replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f"); }
function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
