"use strict";
// Line charts and scatter plots. Data and words come from the page; the values under the cursor go into its legend.
const DASHES = {solid: [], dash: [8, 5], dot: [2, 4], dashdot: [9, 4, 2, 4]};
const drawn = [];

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

// Custom properties hold both themes; a property of an element has the color in use.
const probe = element("span", {hidden: ""});
document.body.append(probe);
function color(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

class Chart {
  constructor(box, spec) {
    this.box = box;
    this.spec = spec;
    this.place = box.querySelector(".plot");
    this.at = box.querySelector(".at");
    this.buttons = [...box.querySelectorAll(".legend button")];
    this.values = this.buttons.map((button) => button.querySelector(".value"));
    this.last = spec.x.length - 1;
    this.log = false;
    this.hidden = spec.series.map(() => false);
    this.index = spec.start ?? this.last;
    const [first, end] = spec.xRange ?? [spec.x[0], spec.x[this.last]];
    this.whole = first === end ? [first - 1, end + 1] : [first, end];
    this.zoomed = null;
    this.xStep = (this.whole[1] - this.whole[0]) / 1000;
    const [low, high] = extent(spec.series.flatMap((one) => one.values));
    this.step = (high - low) / 1000; // a difference that the legend should show
    this.colors = {};
    this.readColors();
    this.makeTools();
    this.buttons.forEach((button, i) => button.addEventListener("click", () => this.toggle(i)));
    this.place.setAttribute("role", "slider");
    this.place.setAttribute("aria-roledescription", texts.chart);
    this.place.setAttribute("aria-valuemin", 0);
    this.place.setAttribute("aria-valuemax", this.last);
    this.place.setAttribute("aria-describedby", "chart-help");
    this.place.tabIndex = 0;
    this.place.addEventListener("keydown", (event) => this.key(event));
    this.place.addEventListener("focus", () => this.moveTo(this.index));
    this.draw();
    this.show(this.index);
    new ResizeObserver(() => this.resize()).observe(this.place);
  }

  readColors() {
    for (const name of ["ink", "muted", "rule", "strong-rule", "paper", "c1", "c2", "c3", "c4", "c5", "c6"]) {
      this.colors[name] = color(name);
    }
  }

  size() {
    const width = Math.max(Math.floor(this.place.clientWidth), 200);
    return {width, height: Math.round(Math.min(Math.max(width * this.spec.aspect, 200), 420))};
  }

  makeTools() {
    const tools = element("div", {class: "tools"});
    this.reset = element("button", {type: "button", hidden: ""}, texts.reset);
    this.reset.addEventListener("click", () => this.zoom(null));
    tools.append(this.reset);
    if (this.spec.log) {
      const button = element("button", {type: "button", "aria-pressed": "false"}, texts.log);
      button.addEventListener("click", () => {
        this.log = !this.log;
        button.setAttribute("aria-pressed", this.log);
        this.redraw();
      });
      tools.append(button);
    }
    this.box.insertBefore(tools, this.box.querySelector("details"));
  }

  draw() {
    const {spec, colors} = this;
    const font = `12px ${style("--sans")}`;
    const axis = (label, extra) => ({
      label, font, labelFont: font, labelSize: 20, stroke: () => colors.muted,
      grid: {stroke: () => colors.rule, width: 1},
      ticks: {stroke: () => colors.rule, width: 1, size: 5}, ...extra,
    });
    const number = (u, values) => ticks(values);
    const space = (u, axis, low, high) => Math.max(45, widest(ticks([low, (low + high) / 2, high])) + 12);
    const line = (one, i) => ({
      label: one.label,
      show: !this.hidden[i],
      stroke: () => colors[`c${one.color}`],
      fill: one.line === false ? () => colors[`c${one.color}`] : undefined,
      width: 2, dash: DASHES[one.dash],
      spanGaps: true,
      paths: one.line === false ? () => null : undefined,
      points: {
        show: one.line === false || one.points, size: one.line === false ? 5 : 7,
        stroke: () => colors[`c${one.color}`], fill: () => colors[`c${one.color}`],
      },
    });
    const range = (fixed) => (fixed ? {range: () => fixed} : {});
    const ends = spec.series.some((one) => one.end);
    this.plot = new uPlot({
      ...this.size(),
      padding: [spec.marks.length ? 20 : 12, ends ? 22 : 12, 0, 0],
      legend: {show: false},
      cursor: {
        y: false,
        drag: {x: true, y: false, setScale: false, dist: 5},
        points: {size: 9, width: 2},
        bind: {dblclick: () => () => { this.zoom(null); return null; }},
      },
      scales: {
        x: {time: false, range: () => this.zoomed ?? this.whole},
        y: this.log ? {distr: 3} : range(spec.yRange),
      },
      axes: [
        axis(spec.xLabel, {values: number, size: 30, space, incrs: spec.whole ? WHOLE : undefined}),
        axis(spec.yLabel, {
          values: number, size: (u, values) => widest(values) + 14, labelSize: spec.yLabel ? 20 : 0,
        }),
      ],
      series: [{}, ...spec.series.map(line)],
      hooks: {
        setCursor: [(u) => { if (u.cursor.idx !== null && u.cursor.idx !== undefined) this.show(u.cursor.idx); }],
        setSelect: [(u) => this.select(u)],
        draw: [(u) => this.drawMarks(u), (u) => this.drawEnds(u)],
      },
    }, [spec.x, ...spec.series.map((one) => one.values)], this.place);
    this.plot.root.setAttribute("aria-hidden", "true"); // the values are in the name and the text of the slider
  }

  // A vertical line with its label at each mark, such as the best epoch.
  drawMarks(u) {
    const {ctx} = u;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.font = `${12 * ratio}px ${style("--sans")}`;
    for (const mark of this.spec.marks) {
      const x = u.valToPos(mark.x, "x", true);
      if (x < u.bbox.left - 1 || x > u.bbox.left + u.bbox.width + 1) continue;
      ctx.strokeStyle = this.colors["strong-rule"];
      ctx.lineWidth = ratio;
      ctx.setLineDash([3 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, u.bbox.top);
      ctx.lineTo(x, u.bbox.top + u.bbox.height);
      ctx.stroke();
      const left = x > u.bbox.left + u.bbox.width / 2;
      ctx.textAlign = left ? "right" : "left";
      ctx.textBaseline = "bottom";
      ctx.fillStyle = this.colors.muted;
      ctx.fillText(mark.label, x + (left ? 2 : -2) * ratio, u.bbox.top - 2 * ratio);
    }
    ctx.restore();
  }

  // Letters at the ends of lines, so that color alone tells nothing; those that would overlap are moved apart.
  drawEnds(u) {
    const {ctx} = u;
    const ratio = devicePixelRatio;
    const gap = 13 * ratio;
    const ends = [];
    this.spec.series.forEach((one, i) => {
      if (!one.end || this.hidden[i]) return;
      let index = one.values.length - 1;
      while (index >= 0 && (one.values[index] === null || this.spec.x[index] > u.scales.x.max)) index -= 1;
      if (index < 0 || this.spec.x[index] < u.scales.x.min) return;
      ends.push({one, x: u.valToPos(this.spec.x[index], "x", true), y: u.valToPos(one.values[index], "y", true)});
    });
    ends.sort((a, b) => a.y - b.y);
    const touches = (a, b) => b.y - a.y < gap && Math.abs(b.x - a.x) < gap;
    for (let i = 1; i < ends.length; i += 1) if (touches(ends[i - 1], ends[i])) ends[i].y = ends[i - 1].y + gap;
    let floor = u.bbox.top + u.bbox.height;
    for (let i = ends.length - 1; i >= 0 && ends[i].y > floor; i -= 1, floor -= gap) ends[i].y = floor;
    ctx.save();
    ctx.font = `600 ${12 * ratio}px ${style("--sans")}`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    for (const {one, x, y} of ends) {
      ctx.fillStyle = this.colors[`c${one.color}`];
      ctx.fillText(one.end, x + 5 * ratio, y);
    }
    ctx.restore();
  }

  show(index) {
    const {spec} = this;
    this.index = index;
    const x = spec.x[index];
    const exact = Math.abs(Number(x.toFixed(4)) - x) <= this.xStep;
    const said = [`${spec.xLabel} ${exact ? count(x) : fine(x, this.xStep)}`];
    if (this.at) this.at.textContent = said[0];
    spec.series.forEach((one, i) => {
      const value = one.values[index];
      if (this.values[i]) this.values[i].textContent = fine(value, this.step);
      if (value !== null && !this.hidden[i]) said.push(`${one.label} ${fine(value, this.step)}`);
    });
    this.place.setAttribute("aria-valuenow", index);
    this.place.setAttribute("aria-valuetext", said.join(", "));
  }

  moveTo(index) {
    const u = this.plot;
    this.show(Math.max(0, Math.min(this.last, index)));
    const x = this.spec.x[this.index];
    if (x < u.scales.x.min || x > u.scales.x.max) { // the window follows the cursor
      const half = (u.scales.x.max - u.scales.x.min) / 2;
      this.zoom([x - half, x + half]);
    }
    const first = this.spec.series.find((one, i) => !this.hidden[i] && one.values[this.index] !== null);
    u.setCursor({
      left: u.valToPos(x, "x"), top: first ? u.valToPos(first.values[this.index], "y") : 10,
    }, false);
  }

  key(event) {
    const far = Math.max(1, Math.round(this.last / 10));
    const steps = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: far, PageDown: -far};
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) this.moveTo(this.index + steps[event.key]);
    else if (event.key === "Home") this.moveTo(0);
    else if (event.key === "End") this.moveTo(this.last);
    else if (event.key === "+" || event.key === "=") this.zoomBy(0.5);
    else if (event.key === "-") this.zoomBy(2);
    else if (event.key === "Escape" || event.key === "0") this.zoom(null);
    else return;
    event.preventDefault();
  }

  zoomBy(factor) {
    const {min, max} = this.plot.scales.x;
    const x = this.spec.x[this.index];
    const [low, high] = [x - (x - min) * factor, x + (max - x) * factor];
    const [first, end] = this.whole;
    if (low <= first && high >= end) this.zoom(null);
    else if (high > low) this.zoom([Math.max(low, first), Math.min(high, end)]);
    this.moveTo(this.index);
  }

  zoom(window) {
    this.zoomed = window;
    this.reset.hidden = window === null;
    const [min, max] = window ?? this.whole;
    this.plot.setScale("x", {min, max});
  }

  select(u) {
    const {left, width} = u.select;
    if (width > 5) this.zoom([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
    u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
  }

  toggle(i) {
    this.hidden[i] = !this.hidden[i];
    this.buttons[i].setAttribute("aria-pressed", !this.hidden[i]);
    this.plot.setSeries(i + 1, {show: !this.hidden[i]});
    this.show(this.index);
  }

  resize() {
    const {width, height} = this.size();
    if (width !== this.plot.width || height !== this.plot.height) this.plot.setSize({width, height});
  }

  redraw() {
    this.readColors();
    const {zoomed} = this;
    this.plot.destroy();
    this.draw();
    if (zoomed) this.zoom(zoomed);
    this.show(this.index);
  }
}

const WHOLE = [1, 2, 5].flatMap((digit) => Array.from({length: 9}, (_, i) => digit * 10 ** i)).sort((a, b) => a - b);

// The numbers at an axis, with more digits where these are needed to tell them apart.
function ticks(values) {
  const texts = values.map((value) => (value === null ? "" : short(value)));
  const shown = values.filter((value) => value !== null);
  if (new Set(texts.filter(Boolean)).size === shown.length) return texts;
  const [low, high] = extent(shown);
  const step = (high - low) / Math.max(shown.length - 1, 1);
  if (!(step > 0)) return texts;
  const decimals = Math.min(15, Math.max(0, Math.ceil(-Math.log10(step)) + 1));
  return values.map((value) => {
    if (value === null) return "";
    return Math.abs(value) < 1e15 && step > 1e-9 ? count(value, decimals) : fine(value, step / 5);
  });
}

function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-4)) return value.toExponential(1).replace(/\.0e/, "e").replace("e+", "e");
  return count(value);
}

function widest(values) {
  const longest = (values ?? []).reduce((most, text) => Math.max(most, text.length), 1);
  return longest * 6.8;
}

document.querySelectorAll(".chart[data-chart]").forEach((box) => {
  drawn.push(new Chart(box, embedded.charts[Number(box.dataset.chart)]));
});
if (drawn.length) { // how to use a chart is said at the first one
  const help = document.getElementById("chart-help");
  help.hidden = false;
  drawn[0].box.insertBefore(help, drawn[0].box.querySelector("details"));
}
const redrawAll = () => drawn.forEach((chart) => chart.redraw());
document.addEventListener("theme", redrawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
addEventListener("beforeprint", redrawAll);
addEventListener("afterprint", redrawAll);
