// What forms do better with JavaScript: show a password that is typed, suggest campaigns for a step of messages.

document.addEventListener("change", ({ target }) => {
  if (!target.matches("select[name=rowAct]")) return;
  const input = target.parentElement.querySelector("[name=rowName]");
  const isEvent = target.value === "event";
  input.setAttribute("list", isEvent ? "event-types" : "campaigns");
  input.placeholder = isEvent ? "Type of event" : "Any campaign";
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-shows]");
  if (!button) return;
  const input = document.getElementById(button.dataset.shows);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  button.firstChild.data = shown ? "Hide" : "Show";
});
