// Keeps the heads of tables in sight, below the bar at the top. A table that fits into its box needs no box that scrolls,
// and its head sticks by itself; one that scrolls sideways is a window of its own for CSS, so its head is moved here, and
// what the focus comes to is scrolled from under its first column.

const BOXES = ".scroll:has(> table)";
const bar = document.querySelector(".top");

function judge(box) {
  const table = box.querySelector("table");
  box.classList.toggle("fits", table.offsetWidth <= box.clientWidth);
  box.style.scrollPaddingInlineStart = `${table.querySelector("tbody th")?.offsetWidth ?? 0}px`;
  hint(box);
  move(box);
}

// A table that goes on beyond its box fades there.
function hint(box) {
  box.classList.toggle("goes-on", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
}

function move(box) {
  const table = box.querySelector("table");
  const head = table?.tHead;
  if (!head) return;
  const { top, height } = table.getBoundingClientRect();
  const most = height - head.offsetHeight - (table.tBodies[0].rows[0]?.offsetHeight ?? 0);
  const down = box.classList.contains("fits") ? 0 : Math.min(Math.max(bar.offsetHeight - top, 0), Math.max(most, 0));
  head.style.transform = down ? `translateY(${down}px)` : "";
  head.classList.toggle("moved", down > 0);
}

const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => judge(target.closest(BOXES))));

function observe() {
  observer.disconnect();
  for (const box of document.querySelectorAll(BOXES)) [box, box.querySelector("table")].forEach((each) => observer.observe(each));
}

observe();
document.addEventListener("parts", observe);
document.addEventListener("scroll", ({ target }) => target.matches?.(BOXES) && hint(target), { capture: true, passive: true });
addEventListener("scroll", () => requestAnimationFrame(() => document.querySelectorAll(BOXES).forEach(move)), { passive: true });
