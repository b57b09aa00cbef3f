/** The beta distribution's density. Frames come from the server as parameters; only drawing is here. */

const NEAR_END = 1e-9;
const EDGE = 0.01;
// Lanczos' approximation with g = 7 and nine terms; relative error below 1e-14 for x > 0.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** log Γ(x) for x > 0. */
export function logGamma(x) {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  const sum = LANCZOS.slice(1).reduce((total, term, i) => total + term / (shifted + i + 1), LANCZOS[0]);
  const base = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** The density of Beta(alpha, beta) as a function of x; at an end, that of a point beside it. */
export function betaDensity(alpha, beta) {
  const scale = logGamma(alpha + beta) - logGamma(alpha) - logGamma(beta);
  return (x) => {
    const inside = Math.min(Math.max(x, NEAR_END), 1 - NEAR_END);
    return Math.exp(scale + (alpha - 1) * Math.log(inside) + (beta - 1) * Math.log1p(-inside));
  };
}

/** The highest density that a plot needs to show: a pole at an end is cut off. */
export function betaPeak(alpha, beta) {
  const density = betaDensity(alpha, beta);
  const inner = [EDGE, 1 - EDGE];
  if (alpha > 1 && beta > 1) {
    inner.push(Math.min(Math.max((alpha - 1) / (alpha + beta - 2), EDGE), 1 - EDGE));
  }
  return Math.max(...inner.map(density));
}
