// What every page of a workspace does: keyboard shortcuts, copying links, choices that apply at once, growing old.
//
//   <a data-key="d">, <a data-key="g o">   the key, or keys one after the other, that press it (a field: focus it)
//   data-says="Compare"                    its name in the list of shortcuts, where its text does not do
//   <a data-copy>                          is copied instead of followed
//   <select data-submits>                  sends its form when changed

const OFF = "shortcuts-off";
const list = document.getElementById("shortcuts");
const onSwitch = list.querySelector("input");
let waiting = "";

function isOff() {
  return localStorage.getItem(OFF) || document.body.dataset.shortcuts === "off"; // in this browser, or in the profile
}

function named(element) {
  return (element.dataset.says ?? element.firstChild?.textContent.trim()) || element.textContent.trim();
}

function press(element) {
  for (let menu = element.closest("details"); menu; menu = menu.parentElement.closest("details")) {
    if (!element.matches("a")) menu.open = true;
  }
  if (element.matches("a, button")) element.click();
  else element.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const element = document.querySelector(`[data-key="${CSS.escape(waiting + key)}"]`);
  const begins = !waiting && key === "g";
  waiting = begins ? "g " : "";
  if (!element) return;
  event.preventDefault();
  waiting = "";
  press(element);
});

list.addEventListener("beforetoggle", (event) => {
  if (event.newState !== "open") return;
  const rows = [...document.querySelectorAll("[data-key]")].map((element) => {
    const row = document.createElement("tr");
    const keys = document.createElement("th");
    const what = document.createElement("td");
    keys.append(...element.dataset.key.split(" ").map((key) => {
      const shown = document.createElement("kbd");
      shown.textContent = { ArrowLeft: "←", ArrowRight: "→" }[key] ?? key.toUpperCase();
      return shown;
    }));
    what.textContent = named(element);
    row.append(keys, what);
    return row;
  });
  list.querySelector("tbody").replaceChildren(...rows);
  onSwitch.checked = !isOff();
});

onSwitch.addEventListener("change", () => {
  if (onSwitch.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
});

for (const link of document.querySelectorAll("a[data-copy]")) {
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const before = link.textContent;
    await navigator.clipboard.writeText(link.href);
    link.textContent = "Copied";
    setTimeout(() => { link.textContent = before; }, 2000);
  });
}

for (const field of document.querySelectorAll("[data-submits]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

// An open menu closes when one clicks elsewhere or presses Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Numbers are exact when the page comes; how long ago that was is told once it matters.
const made = document.querySelector("[data-generated-at]");
if (made) {
  const at = Date.parse(made.dataset.generatedAt);
  const told = document.createElement("a");
  told.href = location.href;
  setInterval(() => {
    const minutes = Math.floor((Date.now() - at) / 60_000);
    if (minutes < 2) return;
    made.classList.add(minutes < 15 ? "old" : "very-old");
    told.textContent = `These numbers are ${minutes} minutes old. Load them again`;
    if (!told.isConnected) made.append(" ", told);
  }, 10_000);
}
