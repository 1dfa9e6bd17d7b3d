"use strict";
// Numbers as nnctl/reports/number_format.py writes them: metric(value), fine(value, step), count(value).
function metric(value) {
  if (value === null || value === undefined) return "";
  const whole = Math.abs(value) < 1e21 ? value.toFixed(0).length : 22;
  const decimals = Math.min(4, 6 - whole);
  const small = value !== 0 && Math.abs(value) < 5e-4;
  if (decimals < -1 || small) {
    return exponential(value, 1);
  }
  return value.toFixed(Math.max(decimals, 0));
}

// As metric(value), with more digits where differences as small as `step` would not be seen.
function fine(value, step) {
  let text = metric(value);
  if (value === null || value === undefined || !(step > 0)) return text;
  const plain = Math.abs(value) >= 5e-4 && Math.abs(value) < 1e15;
  const needed = Math.ceil(Math.log10(Math.max(Math.abs(value), step)) - Math.log10(step)) + 1;
  value = Number(value.toPrecision(Math.min(17, Math.max(8, needed)))); // further digits of a float32 are made up
  for (let digits = 0; digits < 16 && coarseness(text, value) > step; digits += 1) {
    text = plain ? value.toFixed(digits) : exponential(value, digits);
  }
  return text;
}

// The smallest difference that a number's text shows; without an exponent, only how far it is off, doubled, so that round
// numbers stay short.
function coarseness(text, value) {
  const [mantissa, exponent] = text.split("e");
  const decimals = (mantissa.split(".")[1] ?? "").length;
  return exponent === undefined ? 2 * Math.abs(Number(text) - value) : 10 ** (Number(exponent) - decimals);
}

function exponential(value, digits) {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");
}

function count(value, decimals = 4) {
  return value.toLocaleString("en-US", {maximumFractionDigits: decimals});
}
