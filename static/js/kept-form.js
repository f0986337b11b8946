// Takes a form over a log-in in the same window: <a data-keeps="id of the form"> leads there, <form data-takes-up> sends it.

const KEPT = "kept-form";

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
