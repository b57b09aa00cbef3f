/** The outline beside a text: where the reader is, what was read, how many minutes are left. */

import { AccountReading, BrowserReading, signedIn } from "./reading.js";
import { showReading, stopOnForm } from "./progress.js";

/** What was read of this text. On the account where the page says so, else in this browser. */
function readingOf(text, sections, changed) {
  const reader = signedIn();
  if (!reader || !text.dataset.reading) return new BrowserReading();
  const keys = sections.map((section) => section.id).filter((key) => key !== "sources");
  const reading = new AccountReading(text, reader, keys, changed);
  stopOnForm(reading);
  return reading;
}

export function followOutline() {
  const outline = document.querySelector("[data-outline]");
  const text = document.querySelector("[data-sections]");
  if (!outline || !text) return;
  const sections = [...text.querySelectorAll(":scope > section[id]")];
  const links = new Map([...outline.querySelectorAll("ol a")].map((link) => [link.hash.slice(1), link]));
  const folded = document.querySelectorAll(".outline-folded a"); // where the other is not shown
  const left = outline.querySelector("[data-minutes-left]");
  const minutes = Number(outline.dataset.minutes);
  const reading = readingOf(text, sections, () => tick());
  let seen = scrollY; // where the page stood at the last update
  let past = new Set(); // the sections whose end was above the line then

  const tick = () => {
    for (const link of [...links.values(), ...folded]) {
      link.classList.toggle("read", reading.has(link.hash.slice(1)));
    }
    showReading(reading);
  };

  const update = () => {
    const line = innerHeight * 0.35;
    const atEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 4;
    const started = sections.filter((section) => section.getBoundingClientRect().top <= line);
    const current = atEnd ? sections.at(-1) : started.at(-1);
    for (const [key, link] of links) {
      if (current?.id === key) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
    const box = text.getBoundingClientRect();
    const share = Math.min(Math.max((innerHeight - box.top) / box.height, 0), 1);
    if (minutes && box.height > innerHeight) {
      const remaining = Math.round(minutes * (1 - share));
      left.hidden = false;
      left.textContent = remaining ? `${remaining} of ${minutes} minutes left` : "Read to the end";
    }
    // A section counts as read when the reader scrolls on past its end, not when a link jumps over it.
    const step = scrollY - seen;
    seen = scrollY;
    const before = past;
    const lowest = innerHeight * (atEnd ? 1 : 0.6);
    past = new Set(sections.filter((section) => section.getBoundingClientRect().bottom < lowest));
    if (step <= 0 || step > innerHeight) return;
    const passed = [...past].filter((section) => !before.has(section) && !reading.has(section.id));
    if (passed.length) {
      reading.add(passed.map((section) => section.id));
      tick();
    }
  };

  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      update();
    });
  }, { passive: true });
  tick();
  update();
}
