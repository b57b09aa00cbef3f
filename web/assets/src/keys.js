/** Keys of the whole page: / search, [ and ] sections, ? the list. None while one is typing. */

function isTyping(target) {
  return target.isContentEditable || /^(textarea|select)$/i.test(target.tagName)
    || (target.tagName === "INPUT" && !/^(range|checkbox|radio|button)$/.test(target.type));
}

function visibleSearch() {
  return [...document.querySelectorAll("input[type=search]")].find((input) => input.offsetParent);
}

function openSearch() {
  const menu = document.querySelector(".menu");
  if (!visibleSearch() && menu) menu.open = true;
  visibleSearch()?.focus();
}

/** Move to the nearest section start above (-1) or below (1) the reading line. */
function moveSection(direction) {
  const sections = [...document.querySelectorAll("[data-sections] > section[id]")];
  const line = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  const tops = sections.map((section) => section.getBoundingClientRect().top - line);
  const index = direction > 0 ? tops.findIndex((top) => top > 4) : tops.findLastIndex((top) => top < -4);
  const section = sections[index];
  if (!section) return;
  section.scrollIntoView();
  section.tabIndex = -1;
  section.focus({ preventScroll: true });
}

export function followKeys() {
  const keys = document.getElementById("keys");
  for (const button of document.querySelectorAll("[data-show-keys]")) {
    button.hidden = false;
    button.addEventListener("click", () => keys.showModal());
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || keys.open) return;
    const action = {
      "/": openSearch,
      "[": () => moveSection(-1),
      "]": () => moveSection(1),
      "?": () => keys.showModal(),
    }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
