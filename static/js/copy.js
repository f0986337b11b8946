// Copies a text: <button data-copies="id of a field, an element or a table">, or <a data-copy>: its address, instead of
// following it. Of a table, its cells as a spreadsheet takes them; buttons that only copy are hidden without this script.
//
// Browsers have a clipboard on HTTPS and localhost only. Elsewhere the text is selected and copied the old way; where
// that fails too, the text is shown, selected, to be copied by hand.

const SHOWN_FOR = 2000;
const BY_HAND = "Not copied. Press Ctrl+C or ⌘C";

function textOf(control) {
  if (control.matches("a")) return control.href;
  const source = document.getElementById(control.dataset.copies);
  if (source.matches("table")) return [...source.rows].map(rowText).join("\n");
  return source.value ?? source.textContent;
}

// Without the changes and remarks that stand below a number, which a spreadsheet reads with a hyphen for its minus.
function cellText(cell) {
  const copy = cell.cloneNode(true);
  for (const beside of copy.querySelectorAll(".below, .note, .mark, .base, .visually-hidden")) beside.remove();
  return copy.textContent.replace(/\s+/g, " ").replace(/−(?=\d)/g, "-").trim();
}

function rowText(row) {
  return [...row.cells].map(cellText).join("\t");
}

const labels = new WeakMap();
const says = document.getElementById("says");

function say(control, text) {
  if (!labels.has(control)) labels.set(control, [...control.childNodes]);
  control.textContent = text;
  says.textContent = text;
}

function sayNoMore(control) {
  control.replaceChildren(...labels.get(control));
  says.textContent = "";
}

function fieldWith(text, control) {
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.setAttribute("aria-label", "The text to copy");
  control.after(field); // not at the page's end: a menu that loses the focus closes
  field.select();
  return field;
}

async function copyByClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // there is none, or it is not allowed
  }
}

function copyBySelection(text, control) {
  const field = fieldWith(text, control);
  field.className = "visually-hidden";
  const isCopied = document.execCommand("copy");
  control.focus();
  field.remove();
  return isCopied;
}

document.addEventListener("click", async (event) => {
  const control = event.target.closest("[data-copies], a[data-copy]");
  if (!control) return;
  event.preventDefault();
  const text = textOf(control);
  if (await copyByClipboard(text) || copyBySelection(text, control)) {
    say(control, "Copied");
    setTimeout(sayNoMore, SHOWN_FOR, control);
  } else if (control.nextElementSibling?.matches("textarea[readonly]")) {
    control.nextElementSibling.select();
  } else {
    say(control, BY_HAND);
    fieldWith(text, control);
  }
});

function offer() {
  for (const button of document.querySelectorAll("button[data-copies][hidden]")) button.hidden = false;
}

offer();
document.addEventListener("parts", offer);
