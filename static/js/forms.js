// What forms do better with JavaScript: show a password that is typed.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-shows]");
  if (!button) return;
  const input = document.getElementById(button.dataset.shows);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  button.firstChild.data = shown ? "Hide" : "Show";
});
