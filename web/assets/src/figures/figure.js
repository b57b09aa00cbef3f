/** What every figure shares: its parts, its computation, its message, its links, its state in the URL. */

import { Computation } from "../compute.js";
import { readState, writeState } from "../url-state.js";

export class Figure {
  constructor(element) {
    this.element = element;
    this.key = element.dataset.key;
    this.controls = JSON.parse(element.dataset.controls);
    this.original = JSON.parse(element.dataset.params);
    this.params = structuredClone(this.original);
    this.state = readState(this.key);
    this.numbers = this.part("numbers");
    this.numbers.setAttribute("aria-live", "polite");
  }

  part(name) {
    return this.element.querySelector(`[data-part="${name}"]`);
  }

  parts(name) {
    return this.element.querySelectorAll(`[data-part="${name}"]`);
  }

  /** Run jobs for this figure; `show(result, params)` for each, and links to the job's own files. */
  computeWith(show) {
    this.computation = new Computation(
      this.element.dataset.kind,
      (job, params) => {
        this.part("message").replaceChildren();
        this.#link(job);
        show(job.result, params);
      },
      (message, params) => this.#fail(message, params),
    );
  }

  compute() {
    this.computation.ask(this.params);
  }

  /** Compute the first state when the reader comes near, so that a page costs nothing until then. */
  computeWhenNear() {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.compute();
    }, { rootMargin: "300px" });
    observer.observe(this.element);
  }

  remember(state) {
    writeState(this.key, state);
  }

  /** Put a value into the parameters; `path` is "prevalence" or "prior.alpha". */
  set(path, value) {
    const names = path.split(".");
    const last = names.pop();
    let place = this.params;
    for (const name of names) place = place[name] ??= {};
    place[last] = value;
  }

  get(path, params = this.params) {
    return path.split(".").reduce((place, name) => place?.[name], params);
  }

  #link(job) {
    const links = [link(`/api/v1/compute/jobs/${job.id}/`, "Data")];
    for (const chart of job.charts ?? []) {
      links.push(link(chart.svg, "SVG", chart.title), link(chart.png, "PNG", chart.title));
    }
    this.part("links").replaceChildren(...links);
  }

  #fail(message, params) {
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Try again";
    again.addEventListener("click", () => this.computation.ask(params));
    this.part("message").replaceChildren(`${message} The figure shows the last state that was computed. `, again);
  }
}

function link(address, text, title = "") {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.textContent = text;
  if (title) anchor.setAttribute("aria-label", `${text}: ${title}`);
  return anchor;
}
