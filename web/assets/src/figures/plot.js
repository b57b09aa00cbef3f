/** The plot of densities: the same frame as kb/figures/densities.py. */

export const LEFT = 52;
const RIGHT = 550;
const TOP = 10;
export const BOTTOM = 236;

/** From values to the plot's units: x from `low` to `high`, y from 0 to `ceiling`. */
export class Scale {
  constructor(low, high, ceiling) {
    Object.assign(this, { low, high, ceiling });
  }

  across(x) {
    return LEFT + ((RIGHT - LEFT) * (x - this.low)) / (this.high - this.low);
  }

  up(y) {
    return BOTTOM - (BOTTOM - TOP) * Math.min(y / this.ceiling, 1.2);
  }

  /** The points of a curve; where it has no value it is left out. */
  points(xs, ys) {
    return xs
      .map((x, i) => (ys[i] === null ? "" : `${this.across(x).toFixed(1)},${this.up(ys[i]).toFixed(1)}`))
      .filter(Boolean)
      .join(" ");
  }

  area(points) {
    return `${LEFT},${BOTTOM} ${points} ${RIGHT},${BOTTOM}`;
  }

  interval(low, high) {
    const [start, end] = [this.across(low).toFixed(1), this.across(high).toFixed(1)];
    return `M${start} ${BOTTOM - 5}v10M${start} ${BOTTOM}H${end}M${end} ${BOTTOM - 5}v10`;
  }

  /** Redraw rules, ticks and their numbers. */
  drawAxes(axes) {
    for (const old of axes.querySelectorAll(".rule, .rule-tick, .x-tick")) old.remove();
    for (const value of ticks(0, this.ceiling)) {
      const y = this.up(value);
      axes.append(
        svg("path", { class: "rule", d: `M${LEFT} ${y.toFixed(1)}H${RIGHT}` }),
        svg("text", { class: "tick rule-tick", x: LEFT - 8, y: (y + 4).toFixed(1), "text-anchor": "end" }, numberText(value)),
      );
    }
    for (const value of ticks(this.low, this.high)) {
      const x = this.across(value).toFixed(1);
      axes.append(
        svg("path", { class: "tick-mark x-tick", d: `M${x} ${BOTTOM}v5` }),
        svg("text", { class: "tick x-tick", x, y: BOTTOM + 20, "text-anchor": "middle" }, numberText(value)),
      );
    }
  }
}

/** Round values from `low` to `high`, with at most `most` steps between them. */
export function ticks(low, high, most = 5) {
  const rough = (high - low) / most;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((s) => s * magnitude).find((s) => s >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(10)));
}

/** At most four significant digits, with a real minus sign, as kb/figures/frame.py writes numbers. */
export function numberText(value) {
  const isWhole = Number.isInteger(value) && Math.abs(value) < 1e15;
  const shown = isWhole ? value : Number(value.toPrecision(4));
  const size = Math.abs(shown);
  const isReadable = shown === 0 || (size >= 1e-4 && size < 1e15);
  const text = isReadable ? shown.toLocaleString("en-GB", { maximumSignificantDigits: 15 }) : shown.toExponential(3);
  return text.replace("-", "−");
}

export function svg(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}
