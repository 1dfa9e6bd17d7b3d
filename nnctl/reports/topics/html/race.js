"use strict";
(() => {
  const data = JSON.parse(document.getElementById("race-data").textContent);
  const words = data.words;
  const root = document.getElementById("race");
  const map = root.querySelector("canvas.map");
  const chart = root.querySelector("canvas.chart");
  const [button, slider, output] = ["button", "input[type=range]", "output"].map((s) => root.querySelector(s));
  const racerBox = root.querySelector(".racers");
  const surfaceBox = root.querySelector(".surfaces");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const last = data.surfaces[0].racers[0].path.length - 1;
  let surface = data.surfaces[0];
  let step = still.matches ? last : 0;
  let playing = false;
  let before = 0;
  let background = null;
  const hidden = new Set();

  // light-dark() is not resolved in a custom property, but it is in a real one
  const probe = document.createElement("span");
  root.append(probe);
  const resolved = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const channels = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);

  function fit(canvas, ratio) {
    const width = canvas.clientWidth, density = Math.min(devicePixelRatio || 1, 2);
    const height = Math.round(width * ratio);
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    const context = canvas.getContext("2d");
    context.setTransform(density, 0, 0, density, 0, 0);
    return [context, width, height];
  }

  // Bands of equal height, on a logarithmic scale: dark is high.
  function shaded(width, height) {
    const field = surface.heights, rows = field.length, columns = field[0].length;
    const logs = field.map((row) => row.map((f) => Math.log(f + 0.02)));
    const flat = logs.flat(), low = Math.min(...flat), span = Math.max(...flat) - low;
    const [from, to] = [channels(resolved("--low")), channels(resolved("--high"))];
    const image = document.createElement("canvas");
    image.width = width;
    image.height = height;
    const context = image.getContext("2d"), pixels = context.createImageData(width, height);
    for (let y = 0; y < height; y++) {
      const down = (y / (height - 1)) * (rows - 1), r = Math.min(Math.floor(down), rows - 2), v = down - r;
      for (let x = 0; x < width; x++) {
        const across = (x / (width - 1)) * (columns - 1), c = Math.min(Math.floor(across), columns - 2), u = across - c;
        const value = (logs[r][c] * (1 - u) + logs[r][c + 1] * u) * (1 - v) + (logs[r + 1][c] * (1 - u) + logs[r + 1][c + 1] * u) * v;
        const part = Math.round(((value - low) / span) * 16) / 16, at = (y * width + x) * 4;
        for (let k = 0; k < 3; k++) pixels.data[at + k] = from[k] + (to[k] - from[k]) * part;
        pixels.data[at + 3] = 255;
      }
    }
    context.putImageData(pixels, 0, 0);
    return image;
  }

  const across = (x, width) => ((x - surface.x[0]) / (surface.x[1] - surface.x[0])) * width;
  const down = (y, height) => ((surface.y[1] - y) / (surface.y[1] - surface.y[0])) * height;

  function drawMap() {
    const [context, width, height] = fit(map, 0.62);
    if (!background || background.width !== width || background.height !== height) background = shaded(width, height);
    context.drawImage(background, 0, 0);
    const ink = resolved("--ink"), paper = resolved("--paper");
    context.font = "700 15px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = ink;
    context.fillText("✕", across(surface.minimum[0], width), down(surface.minimum[1], height));
    const racers = surface.racers.map((racer, number) => [racer, number]).reverse(); // the first is drawn on top
    racers.forEach(([racer, number]) => {
      if (hidden.has(racer.name)) return;
      const points = racer.path.slice(0, Math.floor(step) + 1).filter(([x, y]) => x !== null && y !== null);
      context.strokeStyle = resolved(`--c${number % 10}`);
      context.lineWidth = number ? 1.75 : 3.5;
      context.beginPath();
      points.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](across(x, width), down(y, height)));
      context.stroke();
    });
    racers.forEach(([racer, number]) => {
      if (hidden.has(racer.name)) return;
      const [x, y] = racer.path[Math.floor(step)];
      if (x === null || y === null) return;
      context.fillStyle = resolved(`--c${number % 10}`);
      context.beginPath();
      context.arc(across(x, width), down(y, height), number ? 8 : 10, 0, 2 * Math.PI);
      context.fill();
      context.fillStyle = paper;
      context.font = "700 11px ui-monospace, monospace";
      context.fillText(letters[number], across(x, width), down(y, height) + 0.5);
    });
  }

  // The height of each racer over the steps, on a logarithmic scale.
  function drawChart() {
    const [context, width, height] = fit(chart, 0.28), left = 52, bottom = 22;
    const lowest = -6, highest = 2;
    const x = (i) => left + (i / last) * (width - left - 10);
    const y = (f) => 8 + ((highest - Math.max(Math.log10(f + 1e-12), lowest)) / (highest - lowest)) * (height - bottom - 12);
    context.clearRect(0, 0, width, height);
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = resolved("--muted");
    context.strokeStyle = resolved("--rule");
    context.lineWidth = 1;
    for (let power = highest; power >= lowest; power -= 2) {
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.fillText(`1e${power}`, left - 6, y(10 ** power));
      context.beginPath();
      context.moveTo(left, y(10 ** power));
      context.lineTo(width - 10, y(10 ** power));
      context.stroke();
    }
    context.textBaseline = "bottom";
    context.textAlign = "left";
    context.fillText("0", left, height - 2);
    context.textAlign = "right";
    context.fillText(String(last), width - 10, height - 2);
    surface.racers.forEach((racer, number) => {
      if (hidden.has(racer.name)) return;
      context.strokeStyle = resolved(`--c${number % 10}`);
      context.lineWidth = number ? 1.5 : 3;
      context.beginPath();
      let started = false;
      racer.heights.slice(0, Math.floor(step) + 1).forEach((f, i) => {
        if (f === null) return;
        context[started ? "lineTo" : "moveTo"](x(i), y(f));
        started = true;
      });
      context.stroke();
    });
  }

  const shown = (f) => (f === null ? "–" : f === 0 ? "0" : f < 0.001 || f >= 1000 ? f.toExponential(1) : f.toPrecision(2));

  function draw() {
    drawMap();
    drawChart();
    const now = Math.floor(step);
    slider.value = String(now);
    output.textContent = words.step.replace("{number}", now);
    racerBox.querySelectorAll(".height").forEach((cell, number) => {
      cell.textContent = shown(surface.racers[number].heights[now]);
    });
  }

  function play(on) {
    playing = on;
    button.textContent = on ? words.pause : words.play;
    if (!on) return;
    if (step >= last) step = 0;
    before = 0;
    requestAnimationFrame(tick);
  }

  function tick(time) {
    if (!playing) return;
    if (before) step = Math.min(step + ((time - before) / 1000) * 12, last);
    before = time;
    draw();
    if (step >= last) return play(false);
    requestAnimationFrame(tick);
  }

  function choose(name) {
    surface = data.surfaces.find((each) => each.name === name);
    background = null;
    step = still.matches ? last : 0;
    root.querySelector(".surface-formula").textContent = surface.formula;
    racerBox.replaceChildren(words.racersLegend());
    surface.racers.forEach((racer, number) => racerBox.append(row(racer, number)));
    if (!still.matches) play(true);
    draw();
  }

  words.racersLegend = () => {
    const legend = document.createElement("legend");
    legend.textContent = words.racers;
    return legend;
  };

  function row(racer, number) {
    const label = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox";
    box.checked = !hidden.has(racer.name);
    box.addEventListener("change", () => {
      hidden[box.checked ? "delete" : "add"](racer.name);
      draw();
    });
    const dot = document.createElement("span"), name = document.createElement("span"), f = document.createElement("span");
    dot.className = "dot";
    dot.textContent = letters[number];
    dot.style.background = `var(--c${number % 10})`;
    dot.setAttribute("aria-hidden", "true");
    name.textContent = `${racer.name} (${racer.rate})`;
    f.className = "height";
    label.append(box, dot, name, f);
    return label;
  }

  data.surfaces.forEach((each, number) => {
    const label = document.createElement("label"), box = document.createElement("input");
    box.type = "radio";
    box.name = "surface";
    box.checked = number === 0;
    box.addEventListener("change", () => choose(each.name));
    label.append(box, each.title);
    surfaceBox.append(label);
  });
  slider.max = String(last);
  slider.addEventListener("input", () => {
    play(false);
    step = Number(slider.value);
    draw();
  });
  button.addEventListener("click", () => play(!playing));
  addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target.closest("button, input")) return;
    event.preventDefault();
    play(!playing);
  });
  const repaint = () => {
    background = null;
    draw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  addEventListener("resize", repaint);
  document.addEventListener("visibilitychange", () => document.hidden && play(false));
  choose(surface.name);
  if (still.matches) play(false);
})();
