// Narrows a list down to what is typed: <input data-filters="id of the list">. Without JavaScript it is not there.

document.addEventListener("input", ({ target: input }) => {
  if (!input.matches("input[data-filters]")) return;
  const wanted = input.value.trim().toLowerCase();
  const entries = [...document.getElementById(input.dataset.filters).children];
  for (const entry of entries) entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
  const shown = entries.filter((entry) => !entry.hidden).length;
  document.getElementById("says").textContent = `${shown} of ${entries.length} shown`;
});

function offer() {
  for (const input of document.querySelectorAll("input[data-filters]")) input.closest(".needs-filter").hidden = false;
}

offer();
document.addEventListener("parts", offer);
