// What one can do with a chart: open the list behind a point, and take it along as a picture.

const MARGIN = 24;
const WIDTH = 1200;
const HEIGHT = 600;

function tableOf(figure) {
  return document.getElementById(figure.dataset.table);
}

// The link in the cell that a point was drawn from: none where the page does not show its row.
function linkBehind(figure, chart, { datasetIndex, index }) {
  const table = tableOf(figure);
  const { series } = chart.data.datasets[datasetIndex];
  const label = chart.data.labels[index];
  if (!table || !series || chart.data.labels.indexOf(label) !== chart.data.labels.lastIndexOf(label)) return null;
  const column = [...table.tHead.rows[0].cells].findIndex((head) => head.dataset.label === series.label);
  const row = [...table.tBodies[0].rows].find(({ cells }) => [...cells].some((cell) => cell.matches("th") && cell.dataset.label === label));
  return row?.cells[column]?.querySelector("a.opens") ?? null;
}

function pointAt(chart, event) {
  const axis = chart.options.indexAxis;
  return chart.getElementsAtEventForMode(event, "nearest", { intersect: true, axis: chart.config.type === "line" ? "xy" : axis }, false)[0];
}

function opensLists(figure, chart) {
  const { canvas } = chart;
  canvas.addEventListener("click", (event) => {
    const point = pointAt(chart, event);
    const link = point && linkBehind(figure, chart, point);
    if (link) location.assign(link.href);
  });
  canvas.addEventListener("mousemove", (event) => {
    const point = pointAt(chart, event);
    if (point) canvas.style.cursor = linkBehind(figure, chart, point) ? "pointer" : "";
  });
  canvas.addEventListener("mouseout", () => { canvas.style.cursor = ""; });
}

function lines(pen, text, room) {
  const found = [""];
  for (const word of text.split(/\s+/)) {
    const longer = `${found.at(-1)} ${word}`.trim();
    if (pen.measureText(longer).width <= room) found[found.length - 1] = longer;
    else found.push(word);
  }
  return found;
}

// The chart at a slide's size, with its title, what it shows, and its legend.
function picture(figure, chart) {
  const styles = getComputedStyle(figure);
  const ratio = 2;
  const before = { width: chart.width, height: chart.height, ratio: chart.options.devicePixelRatio };
  chart.options.devicePixelRatio = ratio;
  chart.resize(WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const family = Chart.defaults.font.family;
  pen.font = `15px ${family}`;
  const told = lines(pen, figure.querySelector("figcaption").textContent.trim(), WIDTH - 2 * MARGIN);
  const legend = [...figure.querySelectorAll(".legend button[aria-pressed=true]")];
  const top = MARGIN + 34 + told.length * 22 + (legend.length ? 30 : 0);
  canvas.width = WIDTH * ratio;
  canvas.height = (top + HEIGHT) * ratio;
  pen.scale(ratio, ratio);
  pen.fillStyle = styles.backgroundColor;
  pen.fillRect(0, 0, WIDTH, top + HEIGHT);
  pen.fillStyle = styles.color;
  pen.font = `600 22px ${family}`;
  pen.fillText(figure.querySelector("h2").textContent, MARGIN, MARGIN + 18);
  pen.font = `15px ${family}`;
  told.forEach((line, number) => pen.fillText(line, MARGIN, MARGIN + 46 + number * 22));
  let x = MARGIN;
  for (const button of legend) {
    pen.fillStyle = getComputedStyle(button.querySelector("i")).color;
    pen.fillRect(x, top - 22, 12, 12);
    pen.fillStyle = styles.color;
    pen.fillText(button.textContent, x + 18, top - 11);
    x += 42 + pen.measureText(button.textContent).width;
  }
  pen.drawImage(chart.canvas, MARGIN, top, WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN);
  chart.options.devicePixelRatio = before.ratio;
  chart.resize(before.width, before.height);
  return canvas;
}

function download(figure, chart) {
  picture(figure, chart).toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${document.title.split(" · ")[0]} ${figure.querySelector("h2").textContent}.png`.replace(/[^\p{L}\p{N}.]+/gu, "-");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

function offersPicture(figure, chart) {
  const button = document.createElement("button");
  const what = document.createElement("span");
  button.type = "button";
  button.className = "csv";
  what.className = "visually-hidden";
  what.textContent = ` of ${figure.querySelector("h2").textContent}`;
  button.append("PNG", what);
  button.addEventListener("click", () => download(figure, chart));
  figure.querySelector(".card-tools").prepend(button);
}

function equip() {
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const chart = Chart.getChart(figure.querySelector("canvas"));
    opensLists(figure, chart);
    offersPicture(figure, chart);
  }
}

equip();
document.addEventListener("parts", equip);
