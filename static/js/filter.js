// Narrows a list down to what is typed: <input data-filters="id of the list">. Without JavaScript it is not there.

for (const input of document.querySelectorAll("input[data-filters]")) {
  const entries = [...document.getElementById(input.dataset.filters).children];
  input.closest(".needs-filter").hidden = false;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const entry of entries) entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
  });
}
