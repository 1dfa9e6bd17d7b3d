// The lesson of `nnctl explain-batches --html`. The arithmetic is that of nnctl/training/batch_plan.py and
// nnctl/reports/batch_sizes.py, in whole numbers; tests compare both.
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("lesson-data").textContent);
  const text = data.texts;
  const LARGEST = 1e9; // of the inputs; products of two stay whole numbers in JavaScript up to 9e15
  const DOTS = 400; // in the drawing of a batch; with more samples, a dot stands for several
  const ALL_DOTS = 6000;
  const BOXES = 60;
  const EPOCHS = 8;
  const SVG = "http://www.w3.org/2000/svg";

  // --- arithmetic

  const dividedUp = (a, b) => (a - 1 - ((a - 1) % b)) / b + 1; // ceil(a / b), exact

  function plan(samples, size, epochs) {
    const iterations = dividedUp(samples, size);
    const last = samples - (iterations - 1) * size;
    return {
      samples, size, epochs, iterations, last, partial: last < size, total: iterations * epochs, seen: samples * epochs,
    };
  }

  function wanted(p) { // the batch size that gives p.size batches, or null
    if (p.size > p.samples) return null;
    const size = dividedUp(p.samples, p.size);
    return dividedUp(p.samples, size) === p.size ? size : null;
  }

  function sizes(samples, ...own) {
    const usual = data.sizes.filter((n) => n < samples);
    const all = new Set([...usual, ...own.map((n) => Math.min(n, samples)), samples]);
    return [...all].sort((a, b) => a - b);
  }

  function factor(size, samples) {
    const k = size / Math.min(data.config_size, samples);
    return data.rule === "linear" ? k : Math.sqrt(k);
  }

  const share = (rows) => (rows >= data.ranks ? dividedUp(rows, data.ranks) : rows);

  // --- texts

  const count = (n) => n.toLocaleString("en-US");
  const fill = (template, numbers) => template.replace(/\{(\w+)\}/g, (_all, name) => numbers[name]);

  function short(x) { // 3 digits
    return String(Number(x.toPrecision(3)));
  }

  function bytes(n) {
    for (const unit of ["B", "kB", "MB"]) {
      if (n < 999.5) return short(n) + " " + unit;
      n /= 1000;
    }
    return short(n) + " GB";
  }

  function mixUps(p) {
    const numbers = {
      size: p.size, samples: p.samples, grouped_size: count(p.size), grouped_samples: count(p.samples),
      batches: count(p.iterations), epochs: count(p.epochs), total: count(p.total), last: count(p.last),
      wanted: wanted(p), mnist: count(dividedUp(60000, 32)),
    };
    const names = [];
    if (p.size === 1) names.push(["one"]);
    else if (p.iterations === 1) names.push(["all"]);
    else if (p.size === p.iterations) names.push(["some", "same"]);
    else names.push(numbers.wanted ? ["some", "wanted"] : ["some"]);
    names.push(["bar", "mnist"], ["epochs"]);
    if (p.partial && p.iterations > 1) names.push(["last"]);
    return names.map((group) => group.map((name) => fill(data.mix_ups[name], numbers)).join(" "));
  }

  function methods(p) {
    return data.methods[p.samples === 1 ? 0 : 1].map(([term, meaning]) =>
      [term, fill(meaning, { samples: count(p.samples) })]);
  }

  function kind(p) {
    return p.size === 1 ? text.stochastic : p.iterations === 1 ? text.full : text.mini;
  }

  // --- elements

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function draw(tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function dots(from, to, columns) { // as one path: a line of no length with round ends is a dot
    let path = "";
    for (let i = from; i < to; i++) path += `M${(i % columns) * 8 + 4} ${Math.floor(i / columns) * 8 + 4}h0`;
    return path;
  }

  function batchBox(p, number, perDot) {
    const size = number === p.iterations ? p.last : p.size;
    const places = dividedUp(Math.min(p.size, p.samples), perDot);
    const shown = dividedUp(size, perDot);
    const columns = Math.max(Math.ceil(Math.sqrt(places * 1.3)), 1);
    const width = columns * 8;
    const height = Math.ceil(places / columns) * 8;
    const picture = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    const ends = { fill: "none", "stroke-width": 6, "stroke-linecap": "round" };
    picture.append(draw("path", { ...ends, class: "dots", d: dots(0, shown, columns) }));
    if (shown < places) picture.append(draw("path", { ...ends, class: "missing", d: dots(shown, places, columns) }));
    const first = (number - 1) * p.size + 1;
    const title = fill(text.batch_title, { n: count(number), first: count(first), last: count(first + size - 1),
                                           size: count(size) });
    const box = make("div", { class: "batch", title }, picture);
    if (width >= 24) box.append(make("small", {}, count(size)));
    return box;
  }

  // --- the page

  const state = { samples: data.samples, size: data.size, epochs: data.epochs };
  const parts = {};
  let playing = 0; // the timer of the animation

  function field(id, label, value) {
    const input = make("input", { type: "number", id, min: 1, max: LARGEST, step: 1, inputmode: "numeric" });
    input.value = value;
    return [make("label", { for: id }, label), input];
  }

  function build() {
    const samples = field("samples", text.samples, state.samples);
    const epochs = field("epochs", text.epochs, state.epochs);
    const size = field("size", text.batch_size, state.size);
    parts.slider = make("input", { type: "range", id: "slider", min: 0, max: 1000, step: "any",
                                   "aria-label": text.batch_size });
    Object.assign(parts, { samples: samples[1], epochs: epochs[1], size: size[1] });
    for (const name of ["figures", "batches", "epochs_drawn", "rows", "mix_ups", "one_dot", "drawn_label"])
      parts[name] = make("div", {});
    parts.batches.className = "batches";
    parts.figures.className = "figures";
    parts.epochs_drawn.className = "epochs";
    parts.play = make("button", { type: "button" }, text.play);
    parts.filled = make("i", {});
    parts.progress = make("output", { "aria-live": "off" });
    parts.kind = make("p", {});
    parts.methods = make("dl", {});
    parts.source = make("p", { class: "soft" }, data.source);
    parts.one_dot.className = "soft";
    parts.epochs_drawn.setAttribute("role", "img");
    parts.batches.setAttribute("role", "img");
    document.getElementById("lesson").append(
      make("h1", {}, text.title), parts.source,
      make("div", { class: "controls" },
           make("div", {}, ...samples), make("div", {}, ...epochs),
           make("div", { class: "size" }, size[0], make("div", { class: "pair" }, parts.slider, size[1]))),
      parts.figures, parts.kind,
      make("h2", {}, text.one_epoch), make("p", {}, text.how_batches), parts.batches, parts.one_dot,
      make("div", { class: "bar" }, parts.play,
           make("div", { class: "track" }, parts.filled), parts.progress),
      make("p", { class: "soft" }, text.how_bar),
      make("h2", {}, text.epochs_title), make("p", {}, text.how_epochs), parts.epochs_drawn,
      make("h2", {}, text.sizes_title),
      make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": text.sizes_title }, parts.rows),
      make("ul", {}, ...data.notes.map((note) => make("li", {}, note))),
      make("h2", {}, text.mix_ups_title), parts.mix_ups,
      make("h2", {}, text.methods_title),
      parts.methods,
    );
    for (const name of ["samples", "epochs", "size"])
      parts[name].addEventListener("input", () => changed(name, parts[name].value));
    for (const name of ["samples", "epochs", "size"])
      parts[name].addEventListener("change", () => { parts[name].value = state[name]; });
    parts.slider.addEventListener("input", () => {
      state.size = Math.round(state.samples ** (parts.slider.value / 1000));
      parts.size.value = state.size;
      show();
    });
    parts.slider.addEventListener("keydown", (event) => { // the keys move by one sample, not by a part of the scale
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      changed("size", Math.min(state.size + step, state.samples));
      parts.size.value = state.size;
    });
    parts.play.addEventListener("click", () => (playing ? stop() : play()));
  }

  function changed(name, value) {
    const number = Number(value);
    if (!Number.isInteger(number) || number < 1 || number > LARGEST) return; // while one is typing
    state[name] = number;
    show();
  }

  function show() {
    stop();
    const p = plan(state.samples, state.size, state.epochs);
    const scale = Math.log(Math.min(p.size, p.samples)) / Math.log(Math.max(p.samples, 2));
    parts.slider.value = 1000 * scale;
    parts.slider.setAttribute("aria-valuetext", count(p.size));
    showFigures(p);
    parts.kind.textContent = kind(p);
    parts.source.hidden = p.samples !== data.samples;
    showBatches(p);
    showEpochs(p);
    showRows(p);
    parts.mix_ups.replaceChildren(make("ul", {}, ...mixUps(p).map((line) => make("li", {}, line))));
    parts.methods.replaceChildren(...methods(p).flatMap(([term, meaning]) =>
      [make("dt", {}, term), make("dd", {}, meaning)]));
    progress(p, p.iterations);
  }

  function showFigures(p) {
    const full = Math.floor(p.samples / p.size);
    const rest = p.samples % p.size;
    const division = `${count(p.samples)} = ${count(full)} × ${count(p.size)}` + (rest ? ` + ${count(rest)}` : "");
    const figures = [
      [text.iterations, count(p.iterations), `ceil(${count(p.samples)} / ${count(p.size)})`],
      [text.last_batch, count(p.last), division],
      [text.updates, count(p.total), `${count(p.iterations)} × ${count(p.epochs)}`],
      [text.seen, count(p.seen), `${count(p.samples)} × ${count(p.epochs)}`],
    ];
    if (data.ranks > 1) figures.push([text.of_rank, count(share(Math.min(p.size, p.samples))), fill(text.ranks, { n: count(data.ranks) })]);
    parts.figures.replaceChildren(...figures.map(([label, value, formula]) =>
      make("div", { class: "figure" }, label, make("b", {}, value), make("small", {}, formula))));
  }

  function showBatches(p) {
    const perDot = dividedUp(Math.min(p.size, p.samples), DOTS);
    const places = dividedUp(Math.min(p.size, p.samples), perDot);
    const fitting = Math.max(Math.min(BOXES, Math.floor(ALL_DOTS / places)), 3);
    const boxes = [];
    const shown = p.iterations <= fitting ? p.iterations : fitting - 1;
    for (let number = 1; number <= shown; number++) boxes.push(batchBox(p, number, perDot));
    if (shown < p.iterations) {
      boxes.push(make("div", { class: "more" }, fill(text.more, { n: count(p.iterations - shown - 1) })));
      boxes.push(batchBox(p, p.iterations, perDot));
    }
    parts.batches.replaceChildren(...boxes);
    parts.batches.setAttribute("aria-label", `${text.iterations}: ${count(p.iterations)}; ${text.last_batch}: ${count(p.last)}`);
    parts.one_dot.textContent = fill(text.one_dot, { n: count(perDot) });
  }

  function showEpochs(p) {
    const lines = [];
    const line = (epoch) => {
      const picture = draw("svg", { viewBox: "0 0 1000 16", preserveAspectRatio: "none" });
      const cells = Math.min(p.iterations, 200); // more would be thinner than a gap
      const whole = cells < p.iterations;
      for (let i = 0; i < (whole ? 1 : cells); i++) {
        const left = whole ? 0 : (i * p.size * 1000) / p.samples;
        const right = whole ? 1000 : (Math.min((i + 1) * p.size, p.samples) * 1000) / p.samples;
        const gap = Math.min(3, (right - left) / 4);
        const last = p.partial && !whole && i === cells - 1;
        picture.append(draw("rect", { x: left, y: 0, width: right - left - (right < 1000 ? gap : 0), height: 16,
                                      class: last ? "last" : "" }));
      }
      lines.push(make("span", {}, fill(text.epoch, { n: count(epoch) })), picture,
                 make("span", {}, fill(text.updates_so_far, { n: count(epoch * p.iterations) })));
    };
    const shown = p.epochs <= EPOCHS ? p.epochs : EPOCHS - 1;
    for (let epoch = 1; epoch <= shown; epoch++) line(epoch);
    if (shown < p.epochs) {
      const more = make("span", {}, fill(text.more_epochs, { first: count(shown + 1), last: count(p.epochs - 1) }));
      more.style.gridColumn = "1 / -1";
      if (p.epochs - shown > 1) lines.push(more);
      line(p.epochs);
    }
    parts.epochs_drawn.replaceChildren(...lines);
    parts.epochs_drawn.setAttribute("aria-label", `${text.epochs}: ${count(p.epochs)}; ${text.updates}: ${count(p.total)}`);
  }

  function showRows(p) {
    const memory = data.memory !== null;
    const titles = ["", text.batch_size, text.iterations_short, text.last_short, text.updates_short,
                    ...(memory ? [text.memory] : []), text.learning_rate];
    const own = Math.min(p.size, p.samples);
    const rows = sizes(p.samples, p.size, data.config_size).map((size) => {
      const q = plan(p.samples, size, p.epochs);
      const labels = [[size === own, text.this_run], [size === Math.min(data.config_size, p.samples) && size !== own,
                       text.the_config], [size === 1, "SGD"], [size === p.samples, text.all_samples]];
      const k = factor(size, p.samples);
      const rate = data.learning_rate === null ? "× " + (k < 1000 ? short(k) : count(Math.round(k)))
                                               : short(data.learning_rate * k);
      const cells = [count(size), count(q.iterations), count(q.last), count(q.total)];
      if (memory) cells.push(bytes(data.memory[0] + data.memory[1] * share(size)));
      return make("tr", size === own ? { class: "own" } : {},
                  make("td", {}, labels.filter(([holds]) => holds).map(([, name]) => name).join(", ")),
                  make("th", { scope: "row" }, cells[0]),
                  ...[...cells.slice(1), rate].map((cell) => make("td", {}, cell)));
    });
    const head = make("tr", {}, ...titles.map((title) => title ? make("th", { scope: "col" }, title) : make("td", {})));
    parts.rows.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
  }

  // --- the progress bar of one epoch

  function progress(p, done) {
    parts.filled.style.width = `${(100 * done) / p.iterations}%`;
    parts.progress.textContent = fill(text.progress, { done: count(done), total: count(p.iterations) });
    const boxes = [...parts.batches.querySelectorAll(".batch")];
    boxes.forEach((box, i) => {
      const number = i === boxes.length - 1 ? p.iterations : i + 1;
      box.classList.toggle("done", Boolean(playing) && number <= done);
    });
  }

  function play() {
    const p = plan(state.samples, state.size, state.epochs);
    const seconds = Math.min(Math.max(p.iterations * 0.25, 2), 6);
    const started = performance.now();
    parts.play.textContent = text.stop;
    const step = (now) => {
      const done = Math.min(Math.floor(((now - started) / 1000 / seconds) * p.iterations), p.iterations);
      progress(p, Math.max(done, 0));
      if (done < p.iterations) playing = requestAnimationFrame(step);
      else { playing = 0; parts.play.textContent = text.play; }
    };
    playing = requestAnimationFrame(step);
  }

  function stop() {
    if (!playing) return;
    cancelAnimationFrame(playing);
    playing = 0;
    parts.play.textContent = text.play;
    progress(plan(state.samples, state.size, state.epochs), plan(state.samples, state.size, state.epochs).iterations);
  }

  build();
  show();
  window.lesson = { plan, sizes, mixUps, methods, factor, bytes }; // for tests
})();
