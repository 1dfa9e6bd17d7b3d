"use strict";
// What makes the page easier to use; everything can be read without it.
const embedded = JSON.parse(document.getElementById("report-data").textContent);
const texts = embedded.texts;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children); // strings become text, never markup
  return made;
}

// Light, dark, or as the system says.
function themes() {
  const place = document.querySelector(".kicker");
  const stored = (() => { try { return localStorage.getItem("nnctl-theme"); } catch { return null; } })();
  const chosen = ["light", "dark"].includes(stored) ? stored : "auto";
  const group = element("fieldset", {class: "themes"}, element("legend", {class: "unseen"}, texts.theme));
  for (const [value, text] of [["auto", texts.auto], ["light", texts.light], ["dark", texts.dark]]) {
    const input = element("input", {type: "radio", name: "theme", value});
    input.checked = value === chosen;
    input.addEventListener("change", () => choose(value));
    group.append(element("label", {}, text, input));
  }
  place.append(group);
  choose(chosen);

  function choose(value) {
    if (value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    try { localStorage.setItem("nnctl-theme", value); } catch { /* the choice lasts as long as the page */ }
    document.dispatchEvent(new Event("theme"));
  }
}

// A click on the title of a column sorts the table by it.
function sortable(table) {
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  heads.forEach((head, column) => {
    if (!head.textContent) return;
    const button = element("button", {type: "button"}, ...head.childNodes);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const numeric = head.classList.contains("number");
      const before = head.getAttribute("aria-sort");
      const down = before ? before === "ascending" : numeric;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const rows = [...body.rows];
      const numbers = rows.map(key).every((text) => Number.isFinite(Number(text))); // an empty cell counts as 0
      rows.sort((a, b) => {
        const [left, right] = [key(a), key(b)];
        if (left === "" || right === "") return (left === "") - (right === ""); // empty cells stay last
        const order = numbers ? Number(left) - Number(right) : left.localeCompare(right, undefined, {numeric: true});
        return down ? -order : order;
      });
      body.append(...rows);
    });
  });
}

function copyable(block) {
  const pre = block.querySelector("pre");
  const button = element("button", {type: "button"}, texts.copy);
  button.setAttribute("aria-label", block.dataset.copy);
  const status = element("span", {class: "unseen", role: "status"});
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
    } catch { // pages from a disk may lack the permission
      const range = document.createRange();
      range.selectNodeContents(pre);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    button.textContent = status.textContent = texts.copied;
    setTimeout(() => { button.textContent = texts.copy; status.textContent = ""; }, 2000);
  });
  block.append(button, status);
}

// The entry of the contents whose section is at the top of the window.
function followContents() {
  const links = [...document.querySelectorAll(".contents a")];
  const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
  const mark = () => {
    let current = 0;
    sections.forEach((section, i) => { if (section.getBoundingClientRect().top < 140) current = i; });
    links.forEach((link, i) => (i === current ? link.setAttribute("aria-current", "true")
      : link.removeAttribute("aria-current")));
  };
  let waits = false;
  addEventListener("scroll", () => {
    if (!waits) requestAnimationFrame(() => { waits = false; mark(); });
    waits = true;
  }, {passive: true});
  mark();
}

// What is wider than its place is scrolled, by keyboard, too.
function focusableScrolls() {
  for (const box of document.querySelectorAll(".scroll, .code pre, .graph")) {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

// On paper nothing can be scrolled, so a table that is wider, with its lines broken between words, is made smaller.
const PAPER = 670, HALF = 315; // CSS pixels of A4 without its margins, and of a column of figures
function fitPaper() {
  for (const table of document.querySelectorAll(".scroll > table:not(.dense)")) {
    const half = table.closest(".figures > :not(.wide)");
    table.style.width = "min-content";
    const zoom = (half ? HALF : PAPER) / table.offsetWidth;
    table.style.width = "";
    if (zoom < 1) table.style.zoom = zoom;
  }
}

function fitScreen() {
  for (const table of document.querySelectorAll(".scroll > table")) table.style.zoom = "";
}

themes();
document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll("[data-copy]").forEach(copyable);
followContents();
focusableScrolls();
addEventListener("resize", focusableScrolls);
addEventListener("beforeprint", fitPaper);
addEventListener("afterprint", fitScreen);
document.addEventListener("toggle", focusableScrolls, true);
