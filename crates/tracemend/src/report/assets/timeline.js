// The timeline: one canvas, drawn anew for what is in view.
const canvas = document.getElementById("timeline");
const LABEL = 150, AXIS = 24, ROW = 26;
const view = { from: 0, to: span, rows: "both", find: "", least: 0, recorded: true, inferred: true, gap: -1, event: -1 };
let matching = null; // by event, while something is searched for
let colors = {};
let hatch = null;
let width = 0;
let frame = 0;

function labelWidth() { return width < 600 ? 92 : LABEL; }
// CPUs always, threads while they have something in view.
function visibleLanes() {
  return lanes.filter((lane) => (view.rows === "both" || view.rows === lane.kind) && lane.events.length > 0
    && (lane.kind === "cpus" || inView(lane)) && (!matching || lane.events.some((i) => matching[i])));
}
function inView(lane) {
  const list = lane.events, first = firstFrom(list, view.from);
  return (first < list.length && events.time[list[first]] <= view.to)
    || (first > 0 && events.time[ends[list[first - 1]]] >= view.from);
}
function passes(i) {
  if (matching && !matching[i]) return false;
  return inferred(i) ? view.inferred && events.confidence[i] >= view.least * 10 : view.recorded;
}
function search() {
  const words = view.find.toLowerCase().split(/\s+/).filter(Boolean);
  matching = null;
  if (words.length) {
    const names = data.names.map((name) => name.toLowerCase());
    const threads = data.threads.map(([tid, comm]) => `${comm} ${tid ?? "?"}`.toLowerCase());
    matching = new Uint8Array(events.count);
    for (let i = 0; i < events.count; i++) {
      matching[i] = words.every((word) => names[events.name[i]].includes(word) || threads[events.thread[i]].includes(word));
    }
  }
}
function firstFrom(list, time) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events.time[list[middle]] < time) low = middle + 1; else high = middle;
  }
  return low;
}
function x(time) { return labelWidth() + (time - view.from) / (view.to - view.from) * (width - labelWidth()); }
function timeAt(px) { return view.from + (px - labelWidth()) / (width - labelWidth()) * (view.to - view.from); }

function themed() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ground", "panel", "text", "quiet", "edge", "recorded", "inferred", "gap", "mark"]) {
    colors[name] = style.getPropertyValue("--" + name).trim();
  }
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colors.inferred;
  pen.lineWidth = 1.6;
  pen.beginPath();
  pen.moveTo(-1, 7); pen.lineTo(7, -1); pen.moveTo(-1, 1); pen.lineTo(1, -1); pen.moveTo(5, 7); pen.lineTo(7, 5);
  pen.stroke();
  hatch = canvas.getContext("2d").createPattern(tile, "repeat");
}
function redraw() { if (!frame) frame = requestAnimationFrame(draw); }

function draw() {
  frame = 0;
  const shown = visibleLanes();
  width = canvas.clientWidth;
  const height = AXIS + Math.max(shown.length, 1) * ROW + 4;
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = height + "px";
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = colors.panel;
  pen.fillRect(0, 0, width, height);
  pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  axis(pen, height);
  let drawn = 0;
  shown.forEach((lane, row) => {
    const marks = drawLane(pen, lane, AXIS + row * ROW);
    // Every event stands in a row of a CPU and in one of a thread; it is counted once.
    if (lane.kind === (view.rows === "threads" ? "threads" : "cpus")) drawn += marks;
  });
  if (!shown.length) {
    pen.fillStyle = colors.quiet;
    pen.fillText("nothing matches", labelWidth() + 10, AXIS + 18);
  }
  document.getElementById("shown").textContent =
    `${count(drawn)} events in view, ${seconds(view.from)} to ${seconds(view.to)}`;
}

function axis(pen, height) {
  const range = view.to - view.from;
  const rough = range / Math.max(2, (width - labelWidth()) / 110);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const digits = Math.min(9, Math.max(0, 9 - Math.floor(Math.log10(step))));
  pen.strokeStyle = colors.edge;
  pen.fillStyle = colors.quiet;
  pen.lineWidth = 1;
  for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
    const at = Math.round(x(time)) + 0.5;
    pen.beginPath(); pen.moveTo(at, AXIS - 4); pen.lineTo(at, height); pen.stroke();
    pen.fillText(seconds(time, digits), at + 3, 14);
  }
}

function drawLane(pen, lane, top) {
  const left = labelWidth();
  pen.save();
  pen.beginPath(); pen.rect(left, top, width - left, ROW); pen.clip();
  const labels = lane.kind === "cpus" ? drawGaps(pen, lane, top) : [];
  const list = lane.events;
  // A call that began before the view may reach into it.
  let from = firstFrom(list, view.from), drawn = 0;
  if (from > 0 && ends[list[from - 1]] !== list[from - 1]) from--;
  let last = [-1, -1];
  for (let k = from; k < list.length; k++) {
    const i = list[k], begin = x(events.time[i]);
    if (begin > width) break;
    if (!passes(i)) continue;
    drawn++;
    const own = lane.kind === "threads" ? ends[i] : i;
    const end = Math.max(x(events.time[own]), begin + 1.5);
    const guess = inferred(i) || inferred(own);
    // What would cover the pixel that was drawn last is not drawn again.
    if (end <= last[+guess]) continue;
    last[+guess] = Math.ceil(end);
    mark(pen, i, own, begin, end, top, guess);
  }
  for (const [text, at] of labels) {
    pen.fillStyle = colors.gap;
    pen.fillRect(at - 2, top + 2, pen.measureText(text).width + 4, 13);
    pen.fillStyle = colors.text;
    pen.fillText(text, at, top + 12);
  }
  pen.restore();
  pen.fillStyle = colors.panel;
  pen.fillRect(0, top, left, ROW);
  pen.fillStyle = colors.text;
  pen.fillText(lane.name, 6, top + 17, left - 10);
  pen.strokeStyle = colors.edge;
  pen.beginPath(); pen.moveTo(0, top + ROW - 0.5); pen.lineTo(width, top + ROW - 0.5); pen.stroke();
  return drawn;
}

function mark(pen, i, own, begin, end, top, guess) {
  if (guess) {
    const sure = Math.min(...[i, own].map((one) => inferred(one) ? events.confidence[one] / 1000 : 1));
    const height = 4 + 15 * sure, y = top + ROW - 4 - height;
    pen.fillStyle = end - begin > 5 ? hatch : colors.inferred;
    pen.fillRect(begin, y, end - begin, height);
    if (end - begin > 5) {
      pen.strokeStyle = colors.inferred;
      pen.lineWidth = 1;
      pen.setLineDash([3, 2]);
      pen.strokeRect(begin + 0.5, y + 0.5, end - begin - 1, height - 1);
      pen.setLineDash([]);
    }
  } else {
    pen.fillStyle = colors.recorded;
    pen.fillRect(begin, top + 3, end - begin, ROW - 7);
  }
  const from = Math.max(begin, labelWidth()), room = Math.min(end, width) - from;
  if (room > 46) {
    pen.fillStyle = guess ? colors.text : colors.ground;
    pen.fillText(data.names[events.name[i]], from + 4, top + 16, room - 8);
  }
  if (i === view.event || own === view.event) {
    pen.strokeStyle = colors.mark;
    pen.lineWidth = 2;
    pen.strokeRect(begin - 1, top + 2, end - begin + 2, ROW - 5);
  }
}

// Returns the labels, which are written over the events.
function drawGaps(pen, lane, top) {
  const labels = [];
  for (const gap of data.gaps) {
    if (gap.c !== lane.index) continue;
    const begin = x(gap.begin ?? 0), end = Math.max(x(gap.end ?? span), begin + 2);
    if (end < labelWidth() || begin > width) continue;
    pen.fillStyle = colors.gap;
    pen.fillRect(begin, top, end - begin, ROW);
    if (gap.id === view.gap) {
      pen.strokeStyle = colors.mark;
      pen.lineWidth = 2;
      pen.strokeRect(begin + 1, top + 1, end - begin - 2, ROW - 3);
    }
    const seen = Math.max(begin, labelWidth());
    if (Math.min(end, width) - seen > 60) labels.push([`LOST ${gap.lost ?? "?"}`, seen + 4]);
  }
  return labels;
}

function zoom(factor, middle = (view.from + view.to) / 2) {
  const range = Math.min(span, Math.max(100, (view.to - view.from) * factor));
  const share = (middle - view.from) / (view.to - view.from);
  moveTo(middle - share * range, range);
}
function moveTo(from, range) {
  view.from = Math.min(Math.max(from, 0), span - range);
  view.to = view.from + range;
  redraw();
}
function pan(share) { moveTo(view.from + share * (view.to - view.from), view.to - view.from); }
function eventAt(px, py) {
  const lane = visibleLanes()[Math.floor((py - AXIS) / ROW)];
  if (!lane || px < labelWidth()) return -1;
  const time = timeAt(px);
  const near = firstFrom(lane.events, time);
  let best = -1, distance = 8;
  for (let k = Math.max(0, near - 400); k < Math.min(lane.events.length, near + 400); k++) {
    const i = lane.events[k];
    if (!passes(i)) continue;
    const own = lane.kind === "threads" ? ends[i] : i;
    const off = Math.max(x(events.time[i]) - px, px - x(events.time[own]), 0);
    if (off < distance) { distance = off; best = i; }
  }
  return best;
}
