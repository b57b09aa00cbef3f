// The form of an entry: links to faults open the tab and the row where the field is; keys are
// offered while one types; and a draft that is open says so, and says who else has it open.

const EVERY_SECONDS = 30;
// Milliseconds after which a tab or a row that was opened is laid out.
const SETTLED = 100;

function show(id) {
  const field = document.getElementById(id);
  if (!field) return;
  const group = field.closest("[data-inline-type]");
  const tab = group ? group.id.replace(/-group$/, "") : "general";
  document.querySelector(`#tabs-items a[href="#${tab}"]`)?.click();
  setTimeout(() => {
    unfoldRow(field);
    setTimeout(() => {
      // The page shows something else in place of a list to choose from.
      const isHidden = field.classList.contains("select2-hidden-accessible");
      (isHidden ? field.parentElement : field).scrollIntoView({ block: "center" });
      field.focus({ preventScroll: true });
    }, SETTLED);
  }, SETTLED);
}

// A row that is folded opens by its heading.
function unfoldRow(field) {
  const isFolded = field.closest("fieldset")?.offsetParent === null;
  if (isFolded) field.closest(".form-group")?.querySelector("h3 strong")?.click();
}

document.addEventListener("formset:added", (event) => {
  const field = event.target.querySelector("input:not([type=hidden]), textarea, select");
  if (field) setTimeout(() => unfoldRow(field), SETTLED);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-fault]");
  if (!link) return;
  event.preventDefault();
  show(link.dataset.fault);
});

// Keys of rows that are not saved yet are offered too.
document.addEventListener("focusin", (event) => {
  const list = event.target.getAttribute?.("list");
  if (!list?.startsWith("keys-of-")) return;
  const prefix = list.slice("keys-of-".length);
  const inputs = document.querySelectorAll(`input[name^="${prefix}-"][name$="-key"]`);
  const keys = [...inputs].filter((input) => !input.name.includes("__prefix__"));
  const options = [...new Set(keys.map((input) => input.value.trim()))].filter(Boolean);
  document.getElementById(list)?.replaceChildren(...options.map((key) => new Option("", key)));
});

const others = document.getElementById("others-here");

async function sayHere() {
  if (document.hidden) return;
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  try {
    const response = await fetch(others.dataset.url, {
      method: "POST",
      headers: { "X-CSRFToken": token },
    });
    if (!response.ok) return;
    const sentences = (await response.json()).others;
    others.hidden = sentences.length === 0;
    others.replaceChildren(
      ...sentences.map((sentence) => {
        const item = document.createElement("li");
        item.textContent = sentence;
        return item;
      }),
    );
  } catch {
    // The server is away for a moment; the next time will do.
  }
}

if (others) {
  sayHere();
  setInterval(sayHere, EVERY_SECONDS * 1000);
}
