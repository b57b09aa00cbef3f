/** Takes over the figures of a page: each module gets the element that the server drew. */

import { Figure } from "./figure.js";
import { frequencyGrid } from "./frequency-grid.js";
import { plain } from "./plain.js";
import { powerCurve } from "./power-curve.js";
import { updateScrubber } from "./update-scrubber.js";
import { weightsHeatmap } from "./weights-heatmap.js";

const MODULES = {
  "": plain,
  "frequency-grid": frequencyGrid,
  "power-curve": powerCurve,
  "update-scrubber": updateScrubber,
  "weights-heatmap": weightsHeatmap,
};

export function hydrateFigures() {
  for (const element of document.querySelectorAll("[data-figure]")) {
    const module = MODULES[element.dataset.figure];
    if (module) module(new Figure(element));
  }
}
