// What every page of a workspace does: keyboard shortcuts, menus that close, choices to be applied, growing old.
//
//   <a data-key="d">, <a data-key="g o">   the key, or keys one after the other, that press it (a field: focus it)
//   data-says="Compare"                    its name in the list of shortcuts, where its text does not do
//   <button data-applies>                  stands out once a choice of its form was changed: no choice applies itself

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

function isMenuOpen() {
  return document.querySelector("details.menu[open], [popover]:popover-open") !== null;
}

// Left and right belong to what scrolls that way, first of all to the table that has the focus.
function scrolls(element, key) {
  if (!key.startsWith("Arrow")) return false;
  if (document.documentElement.scrollWidth > innerWidth) return true;
  for (let box = element; box?.parentElement; box = box.parentElement) {
    if (box.scrollWidth > box.clientWidth && /auto|scroll/.test(getComputedStyle(box).overflowX)) return true;
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
  if (isMenuOpen() || scrolls(event.target, event.key)) return;
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

document.addEventListener("change", ({ target }) => target.form?.querySelector("[data-applies]")?.classList.add("primary"));

// An open menu closes when one clicks elsewhere, goes on by keyboard, or presses Escape: else it would hide what has
// the focus.
function closeMenusBut(element) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(element)) menu.open = false;
}

document.addEventListener("click", (event) => closeMenusBut(event.target));
document.addEventListener("focusin", ({ target }) => {
  closeMenusBut(target);
  for (const popover of document.querySelectorAll("[popover]:popover-open")) {
    if (!popover.contains(target) && target.popoverTargetElement !== popover) popover.hidePopover();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Numbers are exact when the page comes; how long ago that was is told once it matters.
const told = document.createElement("a");

setInterval(() => {
  const made = document.querySelector("[data-generated-at]");
  const minutes = Math.floor((Date.now() - Date.parse(made?.dataset.generatedAt)) / 60_000);
  if (!made || minutes < 2) return;
  made.classList.add(minutes < 15 ? "old" : "very-old");
  told.href = location.href;
  told.textContent = `These numbers are ${minutes} minutes old. Load them again`;
  if (!made.contains(told)) made.append(" ", told);
}, 10_000);
