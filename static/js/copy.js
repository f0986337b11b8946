// Copies a text: <button data-copies="id of a field or an element">, or <a data-copy>: its address, instead of following it.
//
// Browsers have a clipboard on HTTPS and localhost only. Elsewhere the text is selected and copied the old way; where
// that fails too, the text is shown, selected, to be copied by hand.

const SHOWN_FOR = 2000;
const BY_HAND = "Not copied. Press Ctrl+C or ⌘C";

function textOf(control) {
  if (control.matches("a")) return control.href;
  const source = document.getElementById(control.dataset.copies);
  return source.value ?? source.textContent;
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
  const label = control.dataset.label ??= control.textContent;
  if (await copyByClipboard(text) || copyBySelection(text, control)) {
    control.textContent = "Copied";
    setTimeout(() => { control.textContent = label; }, SHOWN_FOR);
  } else if (control.nextElementSibling?.matches("textarea[readonly]")) {
    control.nextElementSibling.select();
  } else {
    control.textContent = BY_HAND;
    fieldWith(text, control);
  }
});
