/** Beta-binomial updating, frame by frame: play, pause, scrub; the prior is the reader's. */

import { betaDensity, betaPeak } from "./beta.js";
import { buildControls } from "./controls.js";
import { Scale, numberText } from "./plot.js";

const CONTROLS = [
  { param: "prior.alpha", label: "Prior α", minimum: 0.5, maximum: 30, step: 0.5 },
  { param: "prior.beta", label: "Prior β", minimum: 0.5, maximum: 30, step: 0.5 },
];
const WHOLE_RUN = 9000; // milliseconds from the first frame to the last
const SLOWEST = 500;
const XS = Array.from({ length: 241 }, (_, i) => i / 240);

export function updateScrubber(figure) {
  const data = figure.params.data;
  if (!Array.isArray(data)) return; // counts have no order to scrub through
  const successes = data.reduce((sums, flip) => [...sums, sums.at(-1) + flip], [0]);
  const transport = buildTransport(figure.part("transport"));
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let frames = [];
  let scale = null;
  let prior = figure.params.prior;
  let playing = null;

  const goTo = (index) => {
    const at = Math.min(Math.max(index, 0), frames.length - 1);
    transport.scrub.value = at;
    draw(figure, frames[at], prior, successes, scale);
    transport.output.textContent = `${frames[at].n} / ${data.length}`;
    transport.scrub.setAttribute("aria-valuetext", `${frames[at].n} of ${data.length} observations`);
    return at;
  };
  const current = () => Number(transport.scrub.value);
  const pause = () => {
    clearInterval(playing);
    playing = null;
    transport.play.textContent = still.matches ? "Step" : "Play";
    figure.numbers.setAttribute("aria-live", "polite");
    if (frames.length) figure.remember({ n: current() === frames.length - 1 ? undefined : frames[current()].n });
  };
  const play = () => {
    if (current() >= frames.length - 1) goTo(0);
    if (still.matches) {
      goTo(current() + 1);
      return pause();
    }
    transport.play.textContent = "Pause";
    figure.numbers.setAttribute("aria-live", "off");
    playing = setInterval(() => {
      if (goTo(current() + 1) === frames.length - 1) pause();
    }, Math.min(SLOWEST, WHOLE_RUN / frames.length));
  };
  const step = (by) => {
    pause();
    goTo(current() + by);
    pause();
  };

  figure.computeWith((result, params) => {
    const before = frames.length ? frames[current()].n : figure.state.n;
    prior = result.prior ?? params.prior;
    frames = [{ n: 0, posterior: prior, eti: null }, ...result.frames.filter(({ n }) => n > 0)];
    scale = new Scale(0, 1, 1.06 * highest(successes, prior));
    scale.drawAxes(figure.part("axes"));
    transport.scrub.max = frames.length - 1;
    const at = frames.findIndex(({ n }) => n >= (before ?? data.length));
    goTo(at < 0 ? frames.length - 1 : at);
    figure.part("transport").hidden = false;
  });

  buildControls(figure, CONTROLS, { onChange: () => figure.compute() });
  transport.play.addEventListener("click", () => (playing ? pause() : play()));
  transport.scrub.addEventListener("input", () => step(0));
  figure.element.addEventListener("keydown", (event) => {
    if (event.target.closest("button, a, .figure-controls") && event.key === " ") return;
    if (event.target.closest(".figure-controls") || !frames.length) return;
    const action = {
      " ": () => (playing ? pause() : play()),
      ArrowRight: () => step(1),
      ArrowLeft: () => step(-1),
      Home: () => step(-frames.length),
      End: () => step(frames.length),
    }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  pause();
  figure.computeWhenNear();
}

function buildTransport(place) {
  const play = document.createElement("button");
  play.type = "button";
  play.className = "primary";
  const scrub = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 0, step: 1 });
  scrub.setAttribute("aria-label", "Observations seen; Space plays, arrows step");
  const output = document.createElement("output");
  place.replaceChildren(play, scrub, output);
  return { play, scrub, output };
}

/** The highest point of any frame, so that the scale never jumps while playing. */
function highest(successes, prior) {
  return Math.max(...successes.flatMap((ones, n) => [
    betaPeak(ones + 1, n - ones + 1),
    betaPeak(prior.alpha + ones, prior.beta + n - ones),
  ]));
}

function draw(figure, frame, prior, successes, scale) {
  const ones = successes[frame.n];
  const curve = (alpha, beta) => scale.points(XS, XS.map(betaDensity(alpha, beta)));
  const posterior = curve(frame.posterior.alpha, frame.posterior.beta);
  figure.part("prior").setAttribute("points", curve(prior.alpha, prior.beta));
  figure.part("likelihood").setAttribute("points", curve(ones + 1, frame.n - ones + 1));
  figure.part("posterior").setAttribute("points", posterior);
  figure.part("area").setAttribute("points", scale.area(posterior));
  figure.part("interval").setAttribute("d", frame.eti ? scale.interval(...frame.eti) : "");
  figure.part("flips").querySelectorAll(".flip").forEach((mark, i) => mark.classList.toggle("ahead", i >= frame.n));
  figure.numbers.textContent = numbersOf(frame, ones, figure.params.credible_mass ?? 0.95);
}

function numbersOf({ n, posterior: { alpha, beta }, eti }, ones, mass) {
  const seen = n === 0
    ? `Before any observation: prior Beta(${numberText(alpha)}, ${numberText(beta)})`
    : `After ${n} observation${n === 1 ? "" : "s"}, ${ones} of them ${ones === 1 ? "a success" : "successes"}: `
      + `posterior Beta(${numberText(alpha)}, ${numberText(beta)})`;
  const interval = eti ? `, ${Number((100 * mass).toFixed(1))}% interval ${eti[0].toFixed(3)} to ${eti[1].toFixed(3)}` : "";
  return `${seen}, mean ${(alpha / (alpha + beta)).toFixed(3)}${interval}.`;
}
