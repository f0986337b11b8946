// What charts draw beside bars and lines: names at the ends of lines, values on bars. Which of it a chart has, its options
// say: see static/js/charts.js.

const GAP = 6;
const LINE_HEIGHT = 13;
const MOST_OF_WIDTH = 0.24;

function font(chart) {
  return `11px ${Chart.defaults.font.family}`;
}

function fitted(pen, text, room) {
  if (pen.measureText(text).width <= room) return text;
  let end = text.length;
  while (end > 1 && pen.measureText(`${text.slice(0, end)}…`).width > room) end -= 1;
  return end > 3 ? `${text.slice(0, end)}…` : "";
}

function lastPoint(chart, place) {
  const { data } = chart.getDatasetMeta(place);
  const values = chart.data.datasets[place].data;
  const end = values.findLastIndex((value) => value !== null);
  return end < 0 ? null : data[end];
}

// Names beside the last point of each line, moved apart where they would lie on each other.
const ends = {
  id: "ends",
  beforeLayout(chart, _, { ends: all }) {
    const pen = chart.ctx;
    pen.font = font(chart);
    const room = all ? Math.min(Math.max(...all.map(({ text }) => pen.measureText(text).width)) + GAP, chart.width * MOST_OF_WIDTH) : 0;
    chart.options.layout.padding = { ...chart.options.layout.padding, right: Math.ceil(room) };
  },
  afterDatasetsDraw(chart, _, { ends: all }) {
    if (!all) return;
    const pen = chart.ctx;
    pen.save();
    pen.font = font(chart);
    pen.textBaseline = "middle";
    const placed = all
      .map((end, place) => ({ ...end, point: lastPoint(chart, place) }))
      .filter(({ point }) => point)
      .sort((one, other) => one.point.y - other.point.y);
    const { top, bottom } = chart.chartArea;
    let free = top;
    placed.forEach(({ text, colour, point }, number) => {
      const lowest = bottom - (placed.length - 1 - number) * LINE_HEIGHT; // those below need room, too
      const y = Math.max(Math.min(point.y, lowest), free);
      free = y + LINE_HEIGHT;
      pen.fillStyle = colour;
      pen.fillText(fitted(pen, text, chart.width - chart.chartArea.right - GAP), chart.chartArea.right + GAP, y);
    });
    pen.restore();
  },
};

function furthest(chart, place) {
  const there = chart.data.datasets.map((set, slot) => (set.data[place] === null ? 0 : chart.getDatasetMeta(slot).data[place].x));
  return Math.max(...there);
}

// The value at the end of each bar: of steps on top of each other, that of the first.
const values = {
  id: "values",
  beforeLayout(chart, _, { values: shown }) {
    if (!shown) return;
    const isAcross = chart.options.indexAxis === "y";
    chart.options.layout.padding = { ...chart.options.layout.padding, ...(isAcross ? { right: 64 } : { top: LINE_HEIGHT }) };
  },
  afterDatasetsDraw(chart, _, { values: shown, colour }) {
    if (!shown) return;
    const pen = chart.ctx;
    const isAcross = chart.options.indexAxis === "y";
    pen.save();
    pen.font = font(chart);
    pen.fillStyle = colour;
    pen.textAlign = isAcross ? "left" : "center";
    pen.textBaseline = isAcross ? "middle" : "bottom";
    chart.data.datasets.forEach((set, slot) => {
      if (!chart.isDatasetVisible(slot) || (shown.first && slot > 0)) return;
      chart.getDatasetMeta(slot).data.forEach((bar, place) => {
        if (set.data[place] === null) return;
        const end = isAcross && shown.first ? furthest(chart, place) : bar.x;
        pen.fillText(shown.text(set.data[place], slot), end + (isAcross ? GAP : 0), bar.y - (isAcross ? 0 : 2));
      });
    });
    pen.restore();
  },
};

Chart.register(ends, values);
