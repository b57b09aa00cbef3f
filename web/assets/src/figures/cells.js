/** The same geometry as kb/figures/frequency_grid.py: areas of cells counted row by row. */

const CELL = 10;

/** The outline of cells first to last - 1 in a grid of so many columns, as an SVG path. */
export function cellsPath(first, last, columns) {
  if (first >= last) return "";
  const [top, left] = [Math.floor(first / columns), first % columns];
  const [bottom, right] = [Math.floor(last / columns), last % columns];
  let corners;
  if (top === bottom) {
    corners = [[left, top], [right, top], [right, top + 1], [left, top + 1]];
  } else {
    corners = [[left, top], [columns, top], [columns, bottom], [right, bottom]];
    corners.push(...(right ? [[right, bottom + 1], [0, bottom + 1]] : [[0, bottom]]));
    if (left) corners.push([0, top + 1], [left, top + 1]);
  }
  return `M${corners.map(([x, y]) => `${x * CELL} ${y * CELL}`).join("L")}Z`;
}
