// What stands around the timeline, and what the user does.
function tiles() {
  const { summary, recorded } = data;
  const total = recorded + summary.lost_events;
  const share = (part, whole) => whole ? (100 * part / whole).toFixed(1) + " %" : "0 %";
  const sure = summary.sure_right;
  const list = [
    [count(summary.inferred_sure), "lost events inferred with confidence 0.9 or more"],
    [sure < 99.95 ? sure.toFixed(1) : count(sure), "of these expected to be right (sum of confidences)"],
    [count(recorded), "events recorded"],
    [count(summary.lost_events), `events lost, ${share(summary.lost_events, total)} of all`],
    [count(summary.gaps), `gaps, ${count(summary.filled)} of them filled`],
    [count(summary.inferred), "events inferred"],
    [count(right()), "of all inferred expected to be right"],
  ];
  for (const [number, text] of list) {
    const tile = element("div", undefined, { class: "tile" });
    tile.append(element("b", number), element("span", text));
    document.getElementById("tiles").append(tile);
  }
  document.getElementById("title").textContent = data.title;
  document.getElementById("subtitle").textContent =
    `${duration(span)} of ${data.format}; inferred by ${data.model}; tracemend ${data.version}`;
}

function right() {
  let sum = 0;
  for (let i = 0; i < events.count; i++) if (inferred(i)) sum += events.confidence[i] / 1000;
  return sum;
}

function table(id, heads, rows, decorate = () => {}) {
  const body = document.getElementById(id);
  const head = element("tr");
  heads.forEach(([text, numeric]) => head.append(element("th", text, numeric ? { class: "n", scope: "col" } : { scope: "col" })));
  body.append(head);
  rows.forEach((cells, index) => {
    const row = element("tr");
    cells.forEach((text, column) => row.append(element("td", text, heads[column][1] ? { class: "n" } : {})));
    decorate(row, index);
    body.append(row);
  });
}

function gapTable() {
  const rows = data.gaps.map((gap) => [gap.id, gap.stream ?? "?", gap.begin === null ? "start" : seconds(gap.begin),
    gap.begin !== null && gap.end !== null ? duration(gap.end - gap.begin) : "?", gap.lost === null ? "?" : count(gap.lost),
    count(gap.inferred), gap.cause]);
  table("gaps", [["gap", 1], ["stream"], ["from", 1], ["span", 1], ["lost", 1], ["inferred", 1], ["why"]], rows, (row, index) => {
    row.dataset.gap = index;
    row.tabIndex = 0;
    row.addEventListener("click", () => chooseGap(index));
    row.addEventListener("keydown", (event) => { if (event.key === "Enter") chooseGap(index); });
  });
}

function chooseGap(index) {
  const gap = data.gaps[index];
  if (!gap) return;
  view.gap = gap.id;
  document.querySelectorAll("tr[data-gap]").forEach((row) => {
    const chosen = +row.dataset.gap === index;
    row.setAttribute("aria-selected", chosen);
    if (chosen) row.parentElement.parentElement.parentElement.scrollTop = row.offsetTop - 120;
  });
  const begin = gap.begin ?? 0, end = gap.end ?? span;
  const range = Math.min(span, Math.max((end - begin) * 1.5, 2000));
  moveTo((begin + end - range) / 2, range);
  const box = document.getElementById("gap");
  box.replaceChildren(element("h3", `Gap ${gap.id}: ${gap.stream ?? "?"} lost ${gap.lost ?? "an unknown number of"} events`));
  const kind = gap.kind === "exact" ? "the tracer counted them" : gap.kind === "at_least" ? "the tracer counted at least these" : "the tracer did not count them";
  box.append(element("p", `${gap.cause}, ${kind}; ${count(gap.inferred)} inferred${gap.open ? "; left open: " + gap.open : ""}.`));
  if (gap.composition.length) {
    box.append(element("p", "Lost by kind, with 90 % intervals:", { class: "quiet" }), intervals(gap.composition));
  }
}

function svg(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
// Expected number as a dot, its interval as a line.
function intervals(rows) {
  const most = Math.max(...rows.map((row) => row[4]), 1);
  const left = 150, end = 380, height = rows.length * 20 + 6;
  const picture = svg("svg", { viewBox: `0 0 ${end + 110} ${height}`, width: "100%", role: "img", "aria-label": "Expected numbers" });
  const at = (value) => left + value / most * (end - left);
  rows.forEach(([name, phase, expected, low, high], index) => {
    const y = index * 20 + 13;
    const label = data.names[name] + PHASES[phase];
    picture.append(svg("text", { x: 0, y: y + 4 }, label.length > 22 ? label.slice(0, 21) + "…" : label),
      svg("line", { class: "whisker", x1: at(low), x2: at(high), y1: y, y2: y }),
      svg("circle", { class: "dot", cx: at(expected), cy: y, r: 4 }),
      svg("text", { x: end + 8, y: y + 4 }, `${expected.toFixed(expected < 9.5 ? 1 : 0)} (${low.toFixed(0)}–${high.toFixed(0)})`));
  });
  return picture;
}

function histogram() {
  const bins = new Array(20).fill(0);
  for (let i = 0; i < events.count; i++) {
    if (inferred(i)) bins[Math.min(19, Math.floor(events.confidence[i] / 50))]++;
  }
  const most = Math.max(...bins, 1);
  const picture = svg("svg", { viewBox: "0 0 640 190", width: "100%", style: "max-width:760px", role: "img",
    "aria-label": "Inferred events by confidence" });
  bins.forEach((number, bin) => {
    const height = number / most * 130, begin = 30 + bin * 30;
    const bar = svg("rect", { class: "fill", x: begin + 1, y: 150 - height, width: 28, height });
    bar.append(svg("title", {}, `${(bin / 20).toFixed(2)} to ${((bin + 1) / 20).toFixed(2)}: ${count(number)}`));
    picture.append(bar);
    if (number) picture.append(svg("text", { x: begin + 15, y: 145 - height, "text-anchor": "middle" }, count(number)));
    if (bin % 2 === 0) picture.append(svg("text", { x: begin, y: 168, "text-anchor": "middle" }, (bin / 20).toFixed(1)));
  });
  picture.append(svg("text", { x: 630, y: 168, "text-anchor": "middle" }, "1"), svg("line", { class: "axis", x1: 30, x2: 630, y1: 150, y2: 150 }),
    svg("text", { x: 330, y: 186, "text-anchor": "middle" }, "confidence"));
  document.getElementById("histogram").append(picture);
}

function statistics() {
  const latency = (of, which) => {
    if (!of) return "";
    const { value, low, high } = of[which];
    return low === high ? duration(value) : `${duration(value)} (${duration(low)}–${duration(high)})`;
  };
  const repaired = (row, which) => row.latency && !row.bridged ? "as recorded" : latency(row.latency, which);
  const rows = data.statistics.map((row) => [row.name, count(row.recorded), `${count(row.expected)} (${count(row.low)}–${count(row.high)})`,
    row.expected ? `${(100 * (1 - row.recorded / row.expected)).toFixed(0)} %` : "", latency(row.latency_recorded, "p50"),
    repaired(row, "p50"), latency(row.latency_recorded, "p95"), repaired(row, "p95")]);
  table("statistics", [["event"], ["recorded", 1], ["with the lost ones", 1], ["missed", 1], ["median, recorded", 1],
    ["median, repaired", 1], ["95 %, recorded", 1], ["95 %, repaired", 1]], rows);
}

function unknown() {
  const list = document.getElementById("unknown");
  const { summary } = data;
  const say = (text) => list.append(element("li", text));
  const lost = Math.max(0, summary.lost_events - summary.inferred);
  if (lost) say(`${count(lost)} lost events are not inferred.`);
  say(`About ${count(summary.inferred - right())} of the inferred events are expected to be wrong; their confidence is the only hint which.`);
  if (summary.withheld) say(`${count(summary.withheld)} inferred events are below the minimum confidence and not shown.`);
  for (const [reason, gaps] of Object.entries(summary.left_open)) say(`${count(gaps)} gaps were left open: ${reason}.`);
  say("Arguments and return values of lost calls are not reconstructed.");
  say("Times of inferred events are estimates between the recorded events around them.");
  say("Inside a gap, the order of events within a thread is estimated; the order between threads is a guess.");
}

function describe(i) {
  view.event = i;
  const box = document.getElementById("detail");
  box.hidden = i < 0;
  if (i < 0) return redraw();
  const [tid, comm] = data.threads[events.thread[i]];
  const what = inferred(i) ? `inferred, confidence ${(events.confidence[i] / 1000).toFixed(2)}, gap ${events.gap[i]}` : "recorded";
  box.replaceChildren(element("h3", title(i)), element("p", `${what}; ${comm} ${tid ?? "?"} on ${data.cpus[events.cpu[i]]} at ` +
    `${seconds(events.time[i], 9)}${ends[i] !== i ? ", " + duration(events.time[ends[i]] - events.time[i]) + " long" : ""}`));
  const others = data.alternatives[i];
  if (others) {
    const text = others.map(([name, phase, share]) => `${data.names[name]}${PHASES[phase]} ${(share / 1000).toFixed(2)}`).join(", ");
    box.append(element("p", `or: ${text}`, { class: "quiet" }));
  }
  redraw();
}

function step(by) {
  const order = data.gaps.map((gap, index) => [gap.begin ?? 0, index]).sort((a, b) => a[0] - b[0]).map((pair) => pair[1]);
  const at = order.findIndex((index) => data.gaps[index].id === view.gap);
  if (order.length) chooseGap(order[at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length]);
}

function listen() {
  const on = (id, kind, act) => document.getElementById(id).addEventListener(kind, act);
  on("find", "input", (event) => { view.find = event.target.value; search(); redraw(); });
  on("least", "input", (event) => {
    view.least = +event.target.value;
    document.getElementById("least-shown").textContent = (view.least / 100).toFixed(2);
    redraw();
  });
  on("show-recorded", "change", (event) => { view.recorded = event.target.checked; redraw(); });
  on("show-inferred", "change", (event) => { view.inferred = event.target.checked; redraw(); });
  on("rows", "change", (event) => { view.rows = event.target.value; redraw(); });
  on("in", "click", () => zoom(0.5));
  on("out", "click", () => zoom(2));
  on("all", "click", () => moveTo(0, span));
  on("next", "click", () => step(1));
  on("previous", "click", () => step(-1));
  on("theme", "click", () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    themed();
    redraw();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.shiftKey) pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
    else zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event.offsetX));
  }, { passive: false });
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.offsetX, from: view.from, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.moved ||= Math.abs(event.offsetX - drag.x) > 3;
    if (drag.moved) moveTo(drag.from - (timeAt(event.offsetX) - timeAt(drag.x)), view.to - view.from);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved) describe(eventAt(event.offsetX, event.offsetY));
    drag = null;
  });
  document.addEventListener("keydown", (event) => {
    if (["INPUT", "SELECT"].includes(event.target.tagName)) return;
    const act = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => moveTo(0, span), n: () => step(1),
      p: () => step(-1), ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2) }[event.key];
    if (act) { act(); event.preventDefault(); }
  });
  new ResizeObserver(redraw).observe(canvas.parentElement);
}

if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.theme = "dark";
themed();
tiles();
gapTable();
histogram();
statistics();
unknown();
listen();
draw();
