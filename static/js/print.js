// While the page is printed, sets tables that are wider than paper in small letters, and cuts what still is into parts,
// each with the names of the rows.

const PAPER = 660; // of A4 and of Letter, upright, between their margins and the edges of a card
const SMALL = "print-small";
const parts = [];

// How wide each column would be on paper, if nothing were broken but between words.
function widths(table, ...look) {
  const copy = table.cloneNode(true);
  copy.removeAttribute("id");
  copy.classList.add("measured", ...look);
  table.after(copy);
  const found = [...copy.tHead.rows[0].cells].map((cell) => cell.getBoundingClientRect().width);
  copy.remove();
  return found;
}

// The places of the columns of each part. All have those up to the rows' names.
function cut(table, columns) {
  const names = [...table.tBodies[0].rows[0].cells].findIndex((cell) => cell.matches("th")) + 1;
  const taken = columns.slice(0, names).reduce((sum, width) => sum + width, 0);
  const cuts = [[]];
  let room = PAPER - taken;
  columns.forEach((width, place) => {
    if (place < names) return;
    if (width > room && cuts.at(-1).length) {
      cuts.push([]);
      room = PAPER - taken;
    }
    cuts.at(-1).push(place);
    room -= width;
  });
  return cuts.map((places) => [...Array(names).keys(), ...places]);
}

function part(table, columns) {
  const copy = table.cloneNode(true);
  copy.removeAttribute("id");
  copy.classList.add("print-part");
  for (const row of copy.rows) {
    if (row.cells.length === 1) continue;
    [...row.cells].forEach((cell, place) => { if (!columns.includes(place)) cell.remove(); });
  }
  return copy;
}

function cutTables() {
  for (const table of document.querySelectorAll("main table")) {
    if (!table.tHead || !table.tBodies[0].rows.length) continue;
    const cuts = cut(table, widths(table));
    if (cuts.length < 2) continue;
    if (cut(table, widths(table, SMALL)).length < 2) {
      table.classList.add(SMALL);
      continue;
    }
    const copies = cuts.map((columns) => part(table, columns));
    table.after(...copies);
    table.classList.add("print-whole");
    parts.push({ table, copies });
  }
}

function joinTables() {
  for (const table of document.querySelectorAll(`.${SMALL}`)) table.classList.remove(SMALL);
  for (const { table, copies } of parts.splice(0)) {
    for (const copy of copies) copy.remove();
    table.classList.remove("print-whole");
  }
}

addEventListener("beforeprint", cutTables);
addEventListener("afterprint", joinTables);
