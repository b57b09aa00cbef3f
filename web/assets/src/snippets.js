/** Snippets in several languages as tabs; a choice holds for all of them, and for the next visit. */

const STORE = "casebook.language";

function remembered() {
  try {
    return localStorage.getItem(STORE);
  } catch {
    return null; // storage is switched off
  }
}

function remember(language) {
  try {
    localStorage.setItem(STORE, language);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
}

class Group {
  #tabs = new Map();

  constructor(box, number, onChoice) {
    const list = document.createElement("div");
    list.className = "snippet-tabs";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Language");
    for (const panel of box.querySelectorAll(".snippet")) {
      const { language } = panel.dataset;
      panel.id = `snippets-${number}-${language}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-label", language);
      const tab = document.createElement("button");
      tab.type = "button";
      tab.textContent = language;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      tab.addEventListener("click", () => onChoice(language, tab));
      tab.addEventListener("keydown", (event) => this.#move(event, tab, onChoice));
      this.#tabs.set(language, { tab, panel });
      list.append(tab);
    }
    box.prepend(list);
    box.classList.add("tabbed");
  }

  has(language) {
    return this.#tabs.has(language);
  }

  show(chosen) {
    for (const [language, { tab, panel }] of this.#tabs) {
      const shown = language === chosen;
      tab.setAttribute("aria-selected", shown);
      tab.tabIndex = shown ? 0 : -1;
      panel.hidden = !shown;
    }
  }

  #move(event, tab, onChoice) {
    const all = [...this.#tabs.keys()];
    const place = all.indexOf(tab.textContent);
    const next = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const language = all.at(next % all.length);
    const target = this.#tabs.get(language).tab;
    onChoice(language, target);
    target.focus();
  }
}

export function offerLanguages() {
  const groups = [];
  const choose = (language, tab) => {
    const before = tab.getBoundingClientRect().top;
    for (const group of groups) if (group.has(language)) group.show(language);
    // What stands above may be longer or shorter now: the reader stays where she was.
    scrollBy({ top: tab.getBoundingClientRect().top - before, behavior: "instant" });
    remember(language);
  };
  for (const [number, box] of document.querySelectorAll("[data-snippets]").entries()) {
    const group = new Group(box, number + 1, choose);
    groups.push(group);
    group.show(group.has(remembered()) ? remembered() : "curl");
  }
}
