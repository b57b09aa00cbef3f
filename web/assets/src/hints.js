/** Hints, rung by rung, without loading the page again. Without JavaScript the form posts to a page. */

async function reveal(box, form, number) {
  const response = await fetch(`${box.dataset.url}${number}/reveal/`, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
    },
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
}

export function revealHints() {
  const box = document.querySelector("[data-hints]");
  if (!box) return;
  box.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await reveal(box, form, form.dataset.hint);
      const page = await (await fetch(location.pathname)).text();
      const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("[data-hints]");
      box.replaceChildren(...fresh.childNodes);
      const shown = document.getElementById(`hint-${form.dataset.hint}`);
      shown.tabIndex = -1;
      shown.focus();
    } catch {
      form.submit(); // the page's own way says what is wrong
    }
  });
}
