/** What scrolls sideways can be reached and scrolled with the keyboard. */
export function reachScrollers() {
  for (const box of document.querySelectorAll(".table-scroll, pre.code, .math-display")) {
    if (box.scrollWidth <= box.clientWidth || box.hasAttribute("tabindex")) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", box.matches(".math-display") ? "Formula" : box.matches("pre") ? "Code" : "Table");
  }
}
