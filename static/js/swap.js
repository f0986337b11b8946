// Links and forms of a page that lead to the same page with other parameters change what is on it without loading all
// anew: the focus, the scroll and what was open stay, and Back shows at once what was there before.
//
// What is swapped are PARTS. Each module that does something with what is in them listens for "parts", of which the
// detail are the new ones. Whatever is not the same page after all (a log-in, an error, other scripts) is loaded whole.

const PARTS = ["main", ".side-column", ".switcher", ".user-menu"];
const MOST_KEPT = 12;
const SLOW = 150;
const kept = new Map();
const says = document.getElementById("says");
let current = history.state?.page ?? Date.now();
let shown = location.pathname + location.search;
let request = new AbortController();

history.replaceState({ ...history.state, page: current }, "");

function partsIn(root) {
  return PARTS.map((selector) => root.querySelector(selector));
}

function scriptsOf(root) {
  return [...root.querySelectorAll("head script[src]")].map((script) => script.getAttribute("src"));
}

function titleOf(details) {
  const place = details.closest("figure, [id]:not(main)");
  return `${place?.dataset.table ?? place?.id ?? ""} ${details.querySelector("summary").textContent.trim()}`;
}

function unfolded(main) {
  return [...main.querySelectorAll("details[open]:not(.menu)")].map(titleOf);
}

// How to find again what has the focus: what opens it where it closes, else its key, its name, what it says or leads to.
function traceOf(element) {
  const menu = element.closest("details.menu");
  const popover = element.closest("[popover]:popover-open");
  const place = menusIn(document).indexOf(menu);
  if (menu) return (main) => menusIn(main)[place]?.querySelector("summary");
  if (popover) return (main) => main.querySelector(`[popovertarget="${popover.id}"]`);
  if (element.dataset.key) return (main) => main.querySelector(`[data-key="${element.dataset.key}"]`);
  if (element.name) return (main) => main.querySelector(`[name="${element.name}"]`);
  const [text, address] = [textOf(element), element.getAttribute("href")];
  return (main) => {
    const alike = [...main.querySelectorAll(element.tagName)].filter((one) => one.checkVisibility());
    return alike.find((one) => textOf(one) === text) ?? alike.find((one) => address && one.getAttribute("href") === address);
  };
}

function menusIn(root) {
  return [...root.querySelectorAll(".filters details.menu")];
}

function textOf(element) {
  return (element.ariaLabel ?? element.textContent).trim();
}

function drop(oldest) {
  const { parts } = kept.get(oldest);
  kept.delete(oldest);
  document.dispatchEvent(new CustomEvent("parts-gone", { detail: parts }));
}

function keep(focus) {
  kept.set(current, { parts: partsIn(document), title: document.title, shown, focus, top: scrollY });
  if (kept.size > MOST_KEPT) drop(kept.keys().next().value);
}

function show(parts, title) {
  partsIn(document).forEach((part, place) => part?.replaceWith(parts[place] ?? ""));
  document.title = title;
  shown = location.pathname + location.search;
}

// To what the address names, or stays where it is.
function goTo(hash, main, find) {
  const target = hash && document.getElementById(hash.slice(1));
  if (target) {
    target.tabIndex = -1;
    target.scrollIntoView();
  }
  (target || find(main) || main).focus({ preventScroll: true });
}

async function load(address) {
  request.abort();
  request = new AbortController();
  const { signal } = request;
  const main = document.querySelector("main");
  const busy = setTimeout(() => {
    main.setAttribute("aria-busy", "true");
    says.textContent = "Loading …";
  }, SLOW);
  try {
    const response = await fetch(address, { signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const isSame = response.ok && new URL(response.url).pathname === location.pathname && page.querySelector("main");
    const known = new Set(scriptsOf(document));
    return isSame && scriptsOf(page).every((script) => known.has(script)) ? { page, address: response.url } : {};
  } catch (error) {
    return signal.aborted ? { isLate: true } : {};
  } finally {
    clearTimeout(busy);
    main.removeAttribute("aria-busy");
  }
}

async function swap(address, source) {
  const before = document.querySelector("main");
  const focus = document.activeElement;
  const find = traceOf(before !== focus && before.contains(focus) ? focus : source);
  const open = unfolded(before);
  const { page, address: reached, isLate } = await load(address);
  if (isLate) return;
  if (!page) {
    location.assign(address);
    return;
  }
  const { hash } = new URL(address);
  const top = source.closest(".pages") ? 0 : scrollY;
  if (new URL(reached).href.split("#")[0] === location.href.split("#")[0]) {
    history.replaceState({ page: current }, "", address);
  } else {
    keep(focus);
    current = Date.now();
    history.pushState({ page: current }, "", new URL(hash, reached));
  }
  begin(page, open);
  scrollTo({ top, behavior: "instant" });
  goTo(hash, document.querySelector("main"), find);
}

function begin(page, open) {
  const parts = partsIn(page).map((part) => part && document.adoptNode(part));
  const [main] = parts;
  show(parts, page.title);
  for (const details of main.querySelectorAll("details:not(.menu)")) details.open ||= open.includes(titleOf(details));
  document.dispatchEvent(new CustomEvent("parts", { detail: parts }));
  const told = [...main.querySelectorAll("h1, .window, .total, [role=status], [role=alert]")].filter((one) => one.checkVisibility());
  says.textContent = told.map(textOf).filter(Boolean).join(": ");
}

function isSamePage(address) {
  const { origin, pathname, search } = new URL(address);
  return origin === location.origin && pathname === location.pathname && !new URLSearchParams(search).has("format");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("main a[href]");
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || event.defaultPrevented || !isPlain || link.target || link.matches("[download], [data-copy]")) return;
  const isHere = link.pathname + link.search === location.pathname + location.search;
  if (!isSamePage(link.href) || (link.hash && isHere)) return;
  event.preventDefault();
  swap(link.href, link);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "get" || !form.closest("main")) return;
  const address = new URL(form.action);
  address.search = new URLSearchParams(new FormData(form, event.submitter));
  const leadsBack = form.elements.filterPath?.value === location.pathname;
  if (!isSamePage(address.href) && !leadsBack) return;
  event.preventDefault();
  swap(address.href, event.submitter ?? form);
});

addEventListener("popstate", ({ state }) => {
  const address = location.pathname + location.search;
  if (address === shown) return;
  request.abort();
  const known = kept.get(state?.page);
  if (known?.shown !== address) {
    location.reload();
    return;
  }
  keep(document.activeElement);
  current = state.page;
  kept.delete(current);
  show(known.parts, known.title);
  scrollTo({ top: known.top, behavior: "instant" });
  known.focus?.focus({ preventScroll: true });
});
