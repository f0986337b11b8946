// Find while typing: <form class="find" data-options="address of the options">. Enter without a choice goes to the page
// of all that is found, as it does without JavaScript. Ctrl K goes to the field, as / does (shell.js).

const WAIT = 150;
const form = document.querySelector("form.find");
const field = form?.elements.q ?? document.getElementById("find");

document.addEventListener("keydown", (event) => {
  if (!field || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key !== "k") return;
  event.preventDefault();
  field.focus();
  field.select();
});

if (form) {
  const panel = document.createElement("div");
  const list = document.createElement("div");
  const says = document.createElement("p");
  panel.className = "find-panel";
  panel.hidden = true;
  list.id = "find-options";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Found");
  says.className = "muted";
  says.setAttribute("role", "status");
  panel.append(list, says);
  form.append(panel);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");

  let options = [];
  let active = -1;
  let timer = 0;
  let request = new AbortController();

  const show = (isOpen) => {
    panel.hidden = !isOpen;
    field.setAttribute("aria-expanded", String(isOpen && options.length > 0));
    if (!isOpen) choose(-1);
  };
  const choose = (place) => {
    options[active]?.setAttribute("aria-selected", "false");
    active = place;
    const option = options[active];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  };
  const find = async (text) => {
    request = new AbortController();
    const headers = { "X-Requested-With": "fetch" };
    const address = `${form.dataset.options}?${new URLSearchParams({ q: text })}`;
    const response = await fetch(address, { headers, signal: request.signal }).catch(() => null);
    if (response?.status !== 200 || response.redirected) return; // an older one, or logged out: Enter still works
    const found = await response.text().catch(() => null);
    if (found === null || field.value.trim() !== text) return;
    choose(-1);
    list.innerHTML = found;
    options = [...list.querySelectorAll("[role=option]")];
    options.forEach((option, place) => { option.id = `find-option-${place}`; });
    says.textContent = options.length ? `${options.length} found. Enter shows all.` : "Nothing found";
    show(form.contains(document.activeElement));
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    request.abort();
    const text = field.value.trim();
    if (text) timer = setTimeout(find, WAIT, text);
    else show(false);
  });
  field.addEventListener("keydown", (event) => {
    if (panel.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      choose(active < 0 && step < 0 ? options.length - 1 : (active + step + options.length) % options.length);
    } else if (event.key === "Enter" && options[active]) {
      event.preventDefault();
      location.assign(options[active].href);
    } else if (event.key === "Escape") {
      event.preventDefault();
      show(false);
    }
  });
  form.addEventListener("focusout", ({ relatedTarget }) => {
    if (!form.contains(relatedTarget)) show(false);
  });
}
