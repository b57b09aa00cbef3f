/** A diagnostic test in people. The reader says a number first; then the answer, then the sliders. */

import { cellsPath } from "./cells.js";
import { buildControls, slider } from "./controls.js";
import { numberText } from "./plot.js";

const CONTROLS = [
  { param: "prevalence", label: "Ill before the test", minimum: 0.001, maximum: 0.5, step: 0.001 },
  { param: "sensitivity", label: "Positive among the ill", minimum: 0.5, maximum: 1, step: 0.005 },
  { param: "specificity", label: "Negative among the healthy", minimum: 0.5, maximum: 1, step: 0.005 },
];
const GROUPS = [
  ["ill-positive", "true_positive", "ill, test positive"],
  ["healthy-positive", "false_positive", "healthy, test positive"],
  ["ill-negative", "false_negative", "ill, test negative"],
  ["healthy-negative", "true_negative", "healthy, test negative"],
];

const percent = (share, digits = 1) => `${Number((100 * share).toFixed(digits))}%`;
const count = (number) => number.toLocaleString("en-GB");
const are = (number) => (number === 1 ? "is" : "are");

export function frequencyGrid(figure) {
  const answer = figure.part("answer");
  const verdict = figure.part("verdict");
  let said = typeof figure.state.said === "number" ? figure.state.said : undefined;

  const show = (result, params) => {
    const counts = result.natural_frequencies;
    drawPeople(figure.part("after"), counts);
    verdict.replaceChildren(...wordsOf(counts, result.ppv, said));
    figure.part("question").textContent = questionOf(counts, params);
    figure.numbers.textContent = oddsOf(result.odds);
  };
  figure.computeWith(show);

  const reveal = () => {
    figure.part("guess").hidden = true;
    figure.part("before").hidden = true;
    figure.part("point").hidden = false;
    answer.open = true;
    answer.querySelector("summary").hidden = true;
    buildControls(figure, CONTROLS, {
      format: Object.fromEntries(CONTROLS.map(({ param }) => [param, (share) => percent(share)])),
      onChange: () => figure.compute(),
    });
    figure.compute();
  };

  const shared = Object.keys(figure.state).length > 0;
  if (shared) reveal();
  else askFirst(figure, (number) => {
    said = number;
    figure.state.said = number;
    figure.remember({ said: number });
    reveal();
    verdict.tabIndex = -1;
    verdict.focus({ preventScroll: true });
  });
}

/** A slider and one button; the answer stays folded, but whoever wants it may still unfold it. */
function askFirst(figure, onSaid) {
  const form = figure.part("guess");
  figure.part("point").hidden = true; // it gives the answer away
  let number = 50;
  const button = document.createElement("button");
  button.className = "primary";
  const name = () => (button.textContent = `I say ${number}%`);
  form.append(
    slider({
      label: "Your answer, before you look",
      minimum: 0, maximum: 100, step: 1, value: number,
      format: (value) => `${value}%`,
      onInput: (value) => {
        number = value;
        name();
      },
    }),
    button,
  );
  name();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onSaid(number);
  });
  form.hidden = false;
  figure.part("answer").addEventListener("toggle", () => {
    if (!form.hidden && figure.part("answer").open) onSaid(undefined);
  });
}

function drawPeople(place, counts) {
  const population = GROUPS.reduce((sum, [, field]) => sum + counts[field], 0);
  for (const svg of place.querySelectorAll(".people")) {
    const columns = Number(svg.dataset.columns);
    let first = 0;
    for (const [name, field] of GROUPS) {
      svg.querySelector(`[data-group="${name}"]`).setAttribute("d", cellsPath(first, first + counts[field], columns));
      first += counts[field];
    }
    const positive = counts.true_positive + counts.false_positive;
    svg.querySelector('[data-part="outline"]').setAttribute("d", cellsPath(0, positive, columns));
    const rows = Math.ceil(population / columns);
    svg.setAttribute("viewBox", `-1 -1 ${columns * 10 + 2} ${rows * 10 + 2}`);
    svg.querySelector("title").textContent = `After the test: ${GROUPS
      .map(([, field, words]) => `${count(counts[field])} ${words}`).join(", ")}`;
  }
  for (const [name, field] of GROUPS) {
    place.querySelector(`[data-count="${name}"]`).textContent = count(counts[field]);
  }
}

function wordsOf(counts, ppv, said) {
  const ill = counts.true_positive;
  const positive = ill + counts.false_positive;
  const yours = said === undefined ? "" : `You said ${said}%. `;
  if (positive === 0) return [`${yours}Nobody tests positive.`];
  const strong = document.createElement("b");
  strong.textContent = `${count(ill)} ${are(ill)} ill`;
  const people = positive === 1 ? "person" : "people";
  return [`${yours}Of ${count(positive)} ${people} with a positive test, `, strong, `: ${percent(ppv ?? ill / positive)}.`];
}

/** Bayes' theorem in odds, with numbers: prior times likelihood ratio is posterior. */
function oddsOf({ prior, likelihood_ratio: ratio, posterior }) {
  if ([prior, ratio, posterior].some((value) => value === null)) return "";
  return `In odds: ${numberText(prior)} before the test, times ${numberText(ratio)}, is ${numberText(posterior)} after it.`;
}

function questionOf(counts, params) {
  const population = Object.values(counts).reduce((sum, number) => sum + number, 0);
  const ill = counts.true_positive + counts.false_negative;
  return `Of ${count(population)} people, ${count(ill)} ${are(ill)} ill. The test is positive for `
    + `${percent(params.sensitivity)} of the ill, and negative for ${percent(params.specificity)} of the `
    + "healthy. Someone tests positive. How likely is it that they are ill?";
}
