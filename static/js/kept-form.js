// Takes a form over a log-in in the same window: <a data-keeps="id of the form"> leads there, <form data-takes-up> sends it.

// Whoever logged in in another window meanwhile sends it by one press: the form gets that session's token first.

const KEPT = "kept-form";
const AGAIN = "/again/"; // has a form with the session's token, for whoever is logged in

document.getElementById(KEPT)?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const kept = event.target;
  try {
    const answer = await fetch(AGAIN);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("form[data-takes-up] [name=csrfmiddlewaretoken]");
    if (token) kept.elements.csrfmiddlewaretoken.value = token.value;
  } finally {
    HTMLFormElement.prototype.submit.call(kept); // a field may be called so
  }
});

document.querySelector("a[data-keeps]")?.addEventListener("click", ({ currentTarget: link }) => {
  const form = document.getElementById(link.dataset.keeps);
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
  sessionStorage.setItem(KEPT, JSON.stringify({ action: form.action, fields }));
  link.target = "_self";
});

const form = document.querySelector("form[data-takes-up]");
const kept = form && JSON.parse(sessionStorage.getItem(KEPT));
if (kept) {
  sessionStorage.removeItem(KEPT);
  form.action = kept.action;
  for (const [name, value] of kept.fields) {
    const field = document.createElement("textarea"); // keeps the ends of lines, as no input does
    field.name = name;
    field.value = value;
    field.hidden = true;
    form.append(field);
  }
  form.hidden = false;
  form.requestSubmit();
}
