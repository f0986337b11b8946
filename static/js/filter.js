// Narrows a list down to what is typed: <input data-filters="id of the list">. Without JavaScript it is not there.

document.addEventListener("input", ({ target: input }) => {
  if (!input.matches("input[data-filters]")) return;
  const wanted = input.value.trim().toLowerCase();
  for (const entry of document.getElementById(input.dataset.filters).children) {
    entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
  }
});

function offer() {
  for (const input of document.querySelectorAll("input[data-filters]")) input.closest(".needs-filter").hidden = false;
}

offer();
document.addEventListener("parts", offer);
