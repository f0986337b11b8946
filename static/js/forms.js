// What forms do better with JavaScript: show a password that is typed, copy a text that is shown once.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-shows], [data-copies]");
  if (!button) return;
  if (button.dataset.shows) {
    const input = document.getElementById(button.dataset.shows);
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.firstChild.data = shown ? "Hide" : "Show";
  } else {
    const input = document.getElementById(button.dataset.copies);
    input.select();
    await navigator.clipboard.writeText(input.value);
    button.textContent = "Copied";
  }
});
