/** The settings of figures in the query string, as figure.name=value, so that they can be shared. */

const SETTLED = 400; // milliseconds without a change before the address is written

/** {name: value} of one figure; numbers as numbers, "null" as null. */
export function readState(figure) {
  const state = {};
  for (const [name, text] of new URLSearchParams(location.search)) {
    if (!name.startsWith(`${figure}.`)) continue;
    const number = Number(text);
    state[name.slice(figure.length + 1)] = text === "null" ? null : text !== "" && Number.isFinite(number) ? number : text;
  }
  return state;
}

const pending = new Map();
let timer;

/** Keep these values of one figure in the address; undefined takes a name out of it. */
export function writeState(figure, state) {
  pending.set(figure, state);
  clearTimeout(timer);
  timer = setTimeout(() => {
    const address = new URL(location.href);
    for (const [key, values] of pending) {
      for (const [name, value] of Object.entries(values)) {
        if (value === undefined) address.searchParams.delete(`${key}.${name}`);
        else address.searchParams.set(`${key}.${name}`, String(value));
      }
    }
    pending.clear();
    history.replaceState(history.state, "", address);
  }, SETTLED);
}
