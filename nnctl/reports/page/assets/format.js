"use strict";
// Numbers as nnctl/reports/number_format.py writes them: metric(value), count(value).
function metric(value) {
  if (value === null || value === undefined) return "";
  const whole = value.toFixed(0).length;
  const decimals = Math.min(4, 6 - whole);
  const small = value !== 0 && Math.abs(value) < 5e-4;
  if (decimals < -1 || small) {
    return value.toExponential(1).replace(/e([+-])(\d)$/, "e$10$2");
  }
  return value.toFixed(Math.max(decimals, 0));
}

function count(value) {
  return value.toLocaleString("en-US", {maximumFractionDigits: 4});
}
