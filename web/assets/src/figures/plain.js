/** The plain figure: where it has controls, its numbers and densities follow them. */

import { buildControls } from "./controls.js";
import { Scale, numberText } from "./plot.js";

export function plain(figure) {
  if (!figure.controls.length) return;
  figure.computeWith((result) => {
    for (const cell of figure.element.querySelectorAll("[data-value]")) {
      cell.textContent = text(figure.get(cell.dataset.value, result));
    }
    if (figure.part("plot") && result.curves) draw(figure, result);
  });
  const built = buildControls(figure, [], { onChange: () => figure.compute() });
  if (built.some(({ param }) => param in figure.state)) figure.compute();
  else figure.computeWhenNear();
}

function text(value) {
  if (Array.isArray(value)) return value.map(text).join(" to ");
  return typeof value === "number" ? numberText(value) : String(value ?? "none");
}

function draw(figure, { curves: { x, prior, posterior }, summary }) {
  const inner = [prior, posterior].flatMap((ys) => ys.slice(Math.floor(ys.length / 100), -1)).filter((y) => y !== null);
  const scale = new Scale(x[0], x.at(-1), 1.06 * Math.max(...inner));
  scale.drawAxes(figure.part("axes"));
  const points = scale.points(x, posterior);
  figure.part("prior").setAttribute("points", scale.points(x, prior));
  figure.part("posterior").setAttribute("points", points);
  figure.part("area").setAttribute("points", scale.area(points));
  figure.part("interval").setAttribute("d", scale.interval(...summary.eti));
  const mass = Number((100 * (figure.params.credible_mass ?? 0.95)).toFixed(1));
  figure.numbers.textContent = `Posterior mean ${numberText(summary.mean)}, ${mass}% interval ${text(summary.eti)}.`;
}
