/** The power over the size of the groups: the curve and the answer follow the controls. */

import { buildControls } from "./controls.js";
import { BOTTOM, LEFT, Scale, numberText, svg } from "./plot.js";

const MOST_TICKS = 7;
const SHORT = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

export function powerCurve(figure) {
  if (!figure.controls.length) return;
  figure.computeWith((result) => {
    for (const cell of figure.element.querySelectorAll("[data-value]")) {
      cell.textContent = numberText(figure.get(cell.dataset.value, result));
    }
    draw(figure, result);
  });
  const built = buildControls(figure, [], {
    format: { per_group: numberText, difference: String },
    onChange: () => figure.compute(),
  });
  if (built.some(({ param }) => param in figure.state)) figure.compute();
  else figure.computeWhenNear();
}

function draw(figure, { per_group: size, power, curve }) {
  const [low, high] = [curve.per_group[0], curve.per_group.at(-1)];
  const scale = new Scale(Math.log10(low), Math.log10(high), 1);
  figure.part("curve").setAttribute("points", scale.points(curve.per_group.map(Math.log10), curve.power));
  const [x, y] = [scale.across(Math.log10(size)).toFixed(1), scale.up(power).toFixed(1)];
  figure.part("answer").setAttribute("d", `M${LEFT} ${y}H${x}V${BOTTOM}`);
  figure.part("dot").setAttribute("cx", x);
  figure.part("dot").setAttribute("cy", y);
  figure.part("sizes").replaceChildren(...sizeTicks(low, high).flatMap((tick) => {
    const at = scale.across(Math.log10(tick)).toFixed(1);
    return [
      svg("path", { class: "tick-mark", d: `M${at} ${BOTTOM}v5` }),
      svg("text", { class: "tick", x: at, y: BOTTOM + 20, "text-anchor": "middle" }, short(tick)),
    ];
  }));
  const said = `With ${numberText(size)} in each group the power is ${numberText(power)}.`;
  figure.part("said").textContent = `Power by the number in each group. ${said}`;
  figure.numbers.textContent = said;
}

/** Round sizes in a range: 1, 2 and 5 times the powers of ten, or the powers alone. */
function sizeTicks(low, high) {
  let ticks = [];
  for (const steps of [[1, 2, 5], [1]]) {
    ticks = [];
    for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); decade += 1) {
      ticks.push(...steps.map((step) => step * 10 ** decade).filter((tick) => tick >= low && tick <= high));
    }
    if (ticks.length <= MOST_TICKS) break;
  }
  return ticks;
}

function short(size) {
  const [factor, sign] = SHORT.find(([limit]) => size >= limit) ?? [1, ""];
  return `${Number((size / factor).toPrecision(6))}${sign}`;
}
