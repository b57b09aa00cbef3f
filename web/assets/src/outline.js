/** The outline beside a text: where the reader is, what was read, how many minutes are left. */

const STORE = `casebook.read:${location.pathname}`;

function readBefore() {
  try {
    return new Set(JSON.parse(localStorage.getItem(STORE) ?? "[]"));
  } catch {
    return new Set(); // storage is switched off, or holds something else
  }
}

function remember(read) {
  try {
    localStorage.setItem(STORE, JSON.stringify([...read]));
  } catch {
    // Storage is switched off: the ticks last as long as the page.
  }
}

export function followOutline() {
  const outline = document.querySelector("[data-outline]");
  const text = document.querySelector("[data-sections]");
  if (!outline || !text) return;
  const sections = [...text.querySelectorAll(":scope > section[id]")];
  const links = new Map([...outline.querySelectorAll("ol a")].map((link) => [link.hash.slice(1), link]));
  const left = outline.querySelector("[data-minutes-left]");
  const minutes = Number(outline.dataset.minutes);
  const read = readBefore();
  let seen = scrollY; // where the page stood at the last update

  const tick = () => {
    for (const [key, link] of links) link.classList.toggle("read", read.has(key));
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
    if (step <= 0 || step > innerHeight) return;
    const before = read.size;
    for (const section of sections) {
      const end = section.getBoundingClientRect().bottom;
      if (end < innerHeight * 0.6 && end > -innerHeight) read.add(section.id);
    }
    if (read.size > before) {
      remember(read);
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
