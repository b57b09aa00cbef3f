/** What a signed-in reader sees of the own progress on a topic: sections read, questions answered. */

import { ask, signedIn } from "./reading.js";

const DAY = 86400; // seconds: longer takes no answer

/** The line at the end of a topic follows what was read since the page came. */
export function showReading(reading) {
  const box = document.querySelector("[data-reading-line]");
  if (!box || reading.count === undefined) return;
  box.querySelector("[data-sections-read]").textContent = reading.count;
  for (const part of box.querySelectorAll("[data-when-done]")) {
    part.hidden = (part.dataset.whenDone === "true") !== reading.done;
  }
  box.querySelector("[data-reading-note]").textContent = reading.note;
}

/** The form that marks a whole topic wins over what the page was about to send. */
export function stopOnForm(reading) {
  for (const form of document.querySelectorAll("[data-reading-line] form")) {
    form.addEventListener("submit", () => reading.stop());
  }
}

function whyNotKept(status) {
  if ([401, 403].includes(status)) return "Not kept: you are no longer signed in.";
  if ([400, 404, 422].includes(status)) return "Not kept: this text has changed. Load the page again.";
  if (status === 429) return "Not kept: these were many answers in a short time. Wait and try again.";
  return "Not kept: the site did not answer. Try again.";
}

class Question {
  #seenAt; // when its words were first in sight
  #seconds = null; // from then until it was opened; null once an answer has taken it
  #box;
  #form;
  #note;

  constructor(box, form, reader) {
    this.#box = box;
    this.#form = form;
    this.#note = form.querySelector("[data-note]");
    const sight = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      this.#seenAt = performance.now();
      sight.disconnect();
    }, { threshold: 1 });
    sight.observe(box.querySelector("summary"));
    box.addEventListener("toggle", () => this.#open(), { once: true });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer(reader, event.submitter.value === "true");
    });
  }

  #open() {
    if (this.#seenAt === undefined) return;
    const seconds = (performance.now() - this.#seenAt) / 1000;
    if (seconds <= DAY) this.#seconds = seconds; // a page left open for days measures nothing
  }

  async #answer(reader, correct) {
    const buttons = this.#form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    this.#note.textContent = "";
    const body = { question: this.#box.id, correct, seconds: this.#seconds };
    try {
      await ask(reader, "POST", this.#form.dataset.url, body);
      this.#seconds = null;
      const said = correct ? "Right, today" : "Not right, today";
      const before = this.#box.querySelector("[data-said]");
      before.textContent = said;
      before.hidden = false;
      before.classList.toggle("right", correct);
      before.classList.toggle("wrong", !correct);
      this.#note.textContent = "Kept.";
    } catch (error) {
      this.#note.textContent = whyNotKept(error.status);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }
}

export function answerQuestions() {
  const reader = signedIn();
  if (!reader) return;
  for (const form of document.querySelectorAll(".question form[data-url]")) {
    new Question(form.closest(".question"), form, reader);
  }
}
