// What lists and the first steps do beyond links and forms: waiting for the first event, the live tail.

const POLL_WAITING = 1000;
const POLL_TAIL = 5000;

document.querySelector("form[data-goes-on]")?.requestSubmit();

async function fetched(address) {
  try {
    const response = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    return response.status === 200 && !response.redirected ? await response.text() : "";
  } catch {
    return "";
  }
}

const waiting = document.querySelector("[data-waiting]");
if (waiting) {
  let last = "";
  setInterval(async () => {
    if (document.hidden) return;
    const found = await fetched(waiting.dataset.waiting);
    if (!found || found === last) return;
    last = found;
    waiting.innerHTML = found;
    waiting.closest(".first-step").classList.toggle("done", !waiting.querySelector(".refused"));
  }, POLL_WAITING);
}

// New events are put on top, without disturbing whoever reads: not while the list is hovered or has the focus.
function follow() {
  const tail = document.querySelector("[data-tail]");
  if (!tail) return;
  const list = tail.querySelector(".event-list");
  const says = tail.querySelector("[data-tail-says]");
  const toggle = document.createElement("button");
  let live = false;
  toggle.type = "button";
  toggle.className = "button small";
  toggle.textContent = "Live";
  toggle.setAttribute("aria-pressed", "false");
  toggle.addEventListener("click", () => {
    live = !live;
    toggle.setAttribute("aria-pressed", String(live));
    says.textContent = live ? "New events appear by themselves." : "";
    if (live) refresh();
  });
  tail.querySelector(".list-head").prepend(toggle);

  const refresh = async () => {
    if (!live || !tail.isConnected || document.hidden || list.matches(":hover, :focus-within")) return;
    const found = document.createElement("template");
    found.innerHTML = await fetched(tail.dataset.tail);
    const known = new Set([...list.querySelectorAll("[data-id]")].map((row) => row.dataset.id));
    const fresh = [...found.content.querySelectorAll("[data-id]")].filter((row) => !known.has(row.dataset.id));
    if (!fresh.length) return;
    list.prepend(...fresh);
    tail.querySelector(".none")?.remove();
    says.textContent = fresh.length === 1 ? "1 new event." : `${fresh.length} new events.`;
  };
  setInterval(refresh, POLL_TAIL);
}

follow();
document.addEventListener("parts", follow);
