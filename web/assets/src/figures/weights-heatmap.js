/** Attention weights: cells with numbers, reached by arrow keys, with a mask and a scale to try. */

import { buildControls } from "./controls.js";

const HEAT_STEPS = 16;
const MOST_CELLS_WITH_NUMBERS = 12;
const FEW_CELLS = 6;
const CONTROLS = [
  { param: "mask", label: "Mask", choices: ["null", "causal"] },
  { param: "scale", label: "Scale", minimum: 0, maximum: 2, step: 0.05 },
];

export function weightsHeatmap(figure) {
  const place = figure.part("heads");
  figure.computeWith((result) => {
    const heads = Array.isArray(result.weights[0][0]) ? result.weights : [result.weights];
    const [rows, columns] = labelsOf(result, heads[0]);
    const focused = positionOf(document.activeElement, place);
    place.replaceChildren(...heads.map((head, i) => headTable(head, rows, columns, heads.length > 1 ? `Head ${i}` : "Weights")));
    followCells(figure, place);
    if (focused) cellAt(place, focused)?.focus();
    figure.numbers.textContent = numbersOf(heads, rows, columns);
  });
  followCells(figure, place);
  if (figure.params.scale == null) figure.controls = withoutScale(figure);
  const built = buildControls(figure, CONTROLS, { onChange: () => figure.compute() });
  const shared = built.some(({ param }) => param in figure.state);
  if (shared) figure.compute();
  else figure.computeWhenNear();
}

/** Where the scale is left to the server (1/√d), a slider would show a number that does not hold. */
function withoutScale(figure) {
  return (figure.controls.length ? figure.controls : CONTROLS).filter(({ param }) => param !== "scale");
}

function labelsOf(result, head) {
  const { tokens } = result;
  if (tokens?.length === head.length && tokens.length === head[0].length) return [tokens, tokens];
  return [head.map((_, i) => `q${i + 1}`), head[0].map((_, i) => `k${i + 1}`)];
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function headTable(head, rows, columns, title) {
  const top = element("tr", {}, element("td"), ...columns.map((name) => element("th", { scope: "col" }, name)), element("th", { scope: "col", class: "sum" }, "sum"));
  const lines = head.map((weights, r) => element(
    "tr",
    {},
    element("th", { scope: "row" }, rows[r]),
    ...weights.map((w) => element("td", { class: `heat-${Math.round(HEAT_STEPS * w)}` }, w.toFixed(2))),
    element("td", { class: "sum" }, weights.reduce((sum, w) => sum + w, 0).toFixed(2)),
  ));
  const size = columns.length > MOST_CELLS_WITH_NUMBERS ? " dense" : columns.length <= FEW_CELLS ? " roomy" : "";
  const table = element("table", { class: `heat${size}` }, element("caption", {}, title), element("thead", {}, top), element("tbody", {}, ...lines));
  return element("div", { class: "head", role: "group", "aria-label": title }, table);
}

const cellsOf = (table) => [...table.tBodies[0].rows].map((row) => [...row.cells].filter((cell) => /heat-/.test(cell.className)));

function positionOf(cell, place) {
  const table = cell?.closest?.("table");
  if (!table || !place.contains(table)) return null;
  const head = [...place.querySelectorAll("table")].indexOf(table);
  const row = cell.parentElement.sectionRowIndex;
  return { head, row, column: cell.cellIndex - 1 };
}

function cellAt(place, { head, row, column }) {
  const table = place.querySelectorAll("table")[head];
  return table && cellsOf(table)[row]?.[column];
}

/** One cell of each table is in the tab order; arrows move, and each cell says what it is. */
function followCells(figure, place) {
  for (const table of place.querySelectorAll("table")) {
    const title = table.caption.textContent;
    table.closest(".head").removeAttribute("tabindex");
    table.setAttribute("role", "grid");
    table.setAttribute("aria-label", `${title}: weights, rows are queries, columns keys`);
    const cells = cellsOf(table);
    const columns = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
    cells.forEach((row, r) => row.forEach((cell, c) => {
      cell.tabIndex = r === 0 && c === 0 ? 0 : -1;
      cell.setAttribute("aria-label", `query ${cell.parentElement.cells[0].textContent}, key ${columns[c]}: ${cell.textContent}`);
    }));
    table.onkeydown = (event) => {
      const at = positionOf(event.target, place);
      const move = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      const edge = { Home: 0, End: columns.length - 2 }[event.key];
      if (!at || (!move && edge === undefined)) return;
      event.preventDefault();
      const next = move ? cells[at.row + move[0]]?.[at.column + move[1]] : cells[at.row][edge];
      if (!next) return;
      event.target.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    };
    const tell = (event) => {
      const label = event.target.getAttribute?.("aria-label");
      if (event.target.tagName === "TD" && label) figure.numbers.textContent = `${title}, ${label}.`;
    };
    table.addEventListener("focusin", tell);
    table.onpointerover = tell;
  }
}

function numbersOf(heads, rows, columns) {
  let best = { w: -1 };
  heads.forEach((head, h) => head.forEach((line, r) => line.forEach((w, c) => {
    if (w > best.w) best = { w, h, r, c };
  })));
  const where = heads.length > 1 ? `in head ${best.h}, ` : "";
  return `The largest weight is ${best.w.toFixed(2)}: ${where}query ${rows[best.r]} on key ${columns[best.c]}. Each row sums to 1.`;
}
