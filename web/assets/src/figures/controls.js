/** Sliders, switches and choices for the parameters of a figure. */

import { numberText } from "./plot.js";

function decimals(step) {
  return Math.max(0, (String(step).split(".")[1] ?? "").length);
}

let made = 0;

/** A row label | value, and the slider below it. `format` makes the value's text. */
export function slider({ label, minimum, maximum, step, value, format, onInput }) {
  const show = format ?? ((number) => number.toFixed(decimals(step)));
  const id = `slider-${(made += 1)}`;
  const element = document.createElement("div");
  element.className = "slider";
  const name = document.createElement("label");
  name.htmlFor = id;
  name.textContent = label;
  const output = document.createElement("output");
  output.setAttribute("for", id);
  const input = document.createElement("input");
  Object.assign(input, { id, type: "range", min: minimum, max: maximum, step });
  input.value = value;
  const write = () => {
    output.textContent = show(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    write();
    onInput(Number(input.value));
  });
  write();
  element.append(name, output, input);
  element.set = (number) => {
    input.value = number;
    write();
  };
  return element;
}

export function toggle({ label, checked, onInput }) {
  const element = document.createElement("label");
  element.className = "toggle";
  const input = document.createElement("input");
  input.type = "checkbox";
  input.checked = checked;
  input.addEventListener("input", () => onInput(input.checked));
  element.append(input, label);
  element.set = (value) => (input.checked = value);
  return element;
}

export function choice({ label, options, value, onInput }) {
  const element = document.createElement("label");
  element.className = "choice";
  const select = document.createElement("select");
  options.forEach((option, index) => select.add(new Option(words(option), index)));
  select.selectedIndex = options.indexOf(value);
  select.addEventListener("input", () => onInput(options[select.selectedIndex]));
  element.append(label, select);
  element.set = (chosen) => (select.selectedIndex = options.indexOf(chosen));
  return element;
}

function words(option) {
  return typeof option === "number" ? numberText(option) : option ?? "none";
}

/** Documents write the absent value as "null". */
const real = (option) => (option === "null" ? null : option);

/**
 * Build a figure's controls into its part "controls", from its own list or else from `defaults`.
 * Values in the URL come first. Each change computes and is kept in the URL.
 */
export function buildControls(figure, defaults, { format = {}, onChange }) {
  const list = figure.controls.length ? figure.controls : defaults;
  const place = figure.part("controls");
  const built = list.map((control) => {
    const { param } = control;
    if (param in figure.state) figure.set(param, figure.state[param]);
    const value = figure.get(param) ?? null;
    const onInput = (chosen) => {
      figure.set(param, chosen);
      onChange();
      remember();
    };
    const options = control.choices?.map(real);
    const element = options?.length === 2 && options.includes(null)
      ? toggle({
          label: `${sentence(options.find((option) => option !== null))} ${control.label.toLowerCase()}`,
          checked: value !== null,
          onInput: (on) => onInput(on ? options.find((option) => option !== null) : null),
        })
      : options
        ? choice({ label: control.label, options, value, onInput })
        : slider({ ...control, value: value ?? control.minimum, format: format[param], onInput });
    return { param, element };
  });
  const remember = () => {
    const changed = built
      .map(({ param }) => [param, figure.get(param) ?? null])
      .filter(([param, value]) => value !== (figure.get(param, figure.original) ?? null));
    figure.remember({ ...figure.state, ...Object.fromEntries(built.map(({ param }) => [param, undefined])), ...Object.fromEntries(changed) });
  };
  const reset = document.createElement("button");
  reset.type = "button";
  reset.className = "plain reset";
  reset.textContent = "Reset";
  reset.addEventListener("click", () => {
    for (const { param, element } of built) {
      const value = figure.get(param, figure.original) ?? null;
      figure.set(param, value);
      element.set(element.className === "toggle" ? value !== null : value);
    }
    onChange();
    remember();
  });
  place.replaceChildren(...built.map(({ element }) => element), reset);
  place.hidden = false;
  return built;
}

function sentence(text) {
  return text[0].toUpperCase() + text.slice(1);
}
