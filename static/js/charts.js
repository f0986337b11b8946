// Draws each figure's chart from the data in it, which come from the same table as the page's rows: Chart.data in
// analytics/tables.py says what is in them.
//
// Kinds: line, bar, stacked, across (horizontal bars), ticks (horizontal bars of the first column, ticks of the others), reached (two columns on top of each other, the second pale),
// maturing (three, the second hatched, the third pale),
// intervals (horizontal bars from the first column to the second, with the third as a point),
// waterfall (the same, where a bar without a beginning is a whole; the third column says whether it is more than chance).

const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [], [1, 3], [10, 4]];
const POINTS = ["circle", "rect", "triangle", "rectRot", "cross", "star", "line"];
const language = document.documentElement.lang;

// As pages write them: with a minus, not a hyphen.
function numbers(options) {
  const written = new Intl.NumberFormat(language, options);
  return { format: (value) => written.format(value).replace("-", "−") };
}

const percent = numbers({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const signed = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" });
const formats = {
  count: numbers(),
  compact: numbers({ notation: "compact", maximumFractionDigits: 1 }),
  share: percent,
  small_share: numbers({ style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  axis: numbers({ style: "percent", maximumFractionDigits: 2 }),
  credit: numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  points: { format: (value) => `${signed.format(value * 100)} points` },
};
const amounts = new Map();
const change = numbers({ style: "percent", maximumFractionDigits: 1, signDisplay: "always" });
const LEGEND_CHARACTERS = 32;
const MOST_LINES_LABELLED = 3;
const NARROW = 480;
const LANE = 20;
const MARK = 5;
const LETTER = 6;
const LINE = 15;
const MARK_CHARACTERS = 24;
const MOST_BARS_WITH_VALUES = 14;
const drawn = [];

// Labels, days and marks that an earlier chart of the page has are told by their number.
const told = [];

function texts(given) {
  if (typeof given === "number") return told[given];
  told.push(given);
  return given;
}

function read(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  data.labels = texts(data.labels);
  if (data.previous) data.previous.beside = texts(data.previous.beside);
  data.happened = texts(data.happened);
  return data;
}

// Colours come from the style sheet, resolved for light or dark.
function colour(name) {
  const probe = document.createElement("i");
  probe.className = `swatch ${name}`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function swatch(kind, slot) {
  if (slot < 0) return "before";
  if (kind === "maturing") return ["slot-1", "slot-1 hatched", "pale"][slot];
  return kind === "reached" && slot > 0 ? "pale" : `slot-${slot + 1}`;
}

// From the first that is not over on, none is.
function isPartial(data, place) {
  return data.partial >= 0 && place >= data.partial;
}

// Of what may still grow.
function hatched(main) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = main;
  pen.lineWidth = 2;
  for (const at of [-8, 0, 8]) {
    pen.moveTo(at, 8);
    pen.lineTo(at + 8, 0);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

// What is compared with is a pale area behind; what still runs is a hollow point that no line leads to.
function lineOf(data, series, slot, main) {
  const isBefore = slot < 0;
  const ground = colour("ground");
  const hollow = series.values.map((_, place) => (isPartial(data, place) ? ground : main));
  return {
    type: "line",
    borderWidth: isBefore ? 1 : 2,
    borderDash: isBefore ? [4, 4] : DASHES[slot],
    segment: { borderColor: ({ p1DataIndex }) => (!isBefore && isPartial(data, p1DataIndex) ? "transparent" : undefined) },
    pointStyle: POINTS[Math.max(slot, 0)],
    pointRadius: series.values.map((_, place) => (isBefore ? 0 : isPartial(data, place) ? 4 : series.values.length > 45 ? 0 : 2.5)),
    pointBackgroundColor: hollow,
    pointHitRadius: 12,
    order: isBefore ? 1 : 0,
    fill: isBefore ? "origin" : false,
    backgroundColor: isBefore ? colour("behind") : main,
    spanGaps: true,
  };
}

function dataset(data, series, slot) {
  const main = colour(swatch(data.kind, slot));
  const common = { label: series.label, data: series.values, borderColor: main, backgroundColor: main, series };
  if (data.kind === "ticks" && slot > 0) return { ...common, ...ticks(slot) };
  if (data.kind === "line" || (slot < 0 && data.labels.length > 1)) return { ...common, ...lineOf(data, series, slot, main) };
  const isOfSteps = ["reached", "maturing"].includes(data.kind);
  const stack = isOfSteps || data.kind === "stacked" ? "all" : undefined;
  if (data.kind === "maturing" && slot === 1) Object.assign(common, { backgroundColor: hatched(main), borderWidth: 1 });
  if (data.partial >= 0) {
    const running = hatched(main);
    common.backgroundColor = series.values.map((_, place) => (isPartial(data, place) ? running : main));
  }
  return { ...common, borderRadius: 3, maxBarThickness: isOfSteps ? 96 : 44, stack };
}

// What another model says of a bar: a line across it.
function ticks(slot) {
  return { type: "line", showLine: false, pointStyle: "line", pointRotation: 90, pointRadius: 9 + (slot % 2) * 3, pointBorderWidth: 2.5, pointHitRadius: 4 };
}

function datasets(data) {
  if (data.kind === "intervals") return intervals(data);
  if (data.kind === "waterfall") return waterfall(data);
  const all = data.series.map((series, slot) => dataset(data, series, slot));
  return data.previous ? [...all, dataset(data, data.previous, -1)] : all;
}

function intervals({ series: [low, high, middle], labels }) {
  const bars = { ...low, label: "95% interval", values: labels.map((_, row) => [low.values[row], high.values[row]]) };
  const main = colour("slot-1");
  return [
    { label: middle.label, data: middle.values, series: middle, type: "line", showLine: false, pointStyle: "rectRot", pointRadius: 6, backgroundColor: main, borderColor: main },
    { label: bars.label, data: bars.values, series: bars, backgroundColor: colour("pale"), borderRadius: 3, maxBarThickness: 20, borderSkipped: false },
  ];
}

// From where bars begin that have no beginning: near the least of all, where what is added would not be seen from 0 on.
function ground(values) {
  const least = Math.min(...values);
  const most = Math.max(...values);
  return least > (most - least) * 2 ? least - (most - least) / 2 : Math.min(0, least);
}

function waterfall({ series: [start, end, verdict], labels }) {
  const floor = ground([...start.values, ...end.values].filter((value) => value !== null));
  const colours = { whole: colour("slot-1"), rise: colour("slot-3"), fall: colour("slot-2"), chance: colour("before") };
  const tones = labels.map((_, row) => {
    if (start.values[row] === null) return colours.whole;
    if (verdict.values[row] !== "Yes") return colours.chance;
    return end.values[row] < start.values[row] ? colours.fall : colours.rise;
  });
  const values = labels.map((_, row) => [start.values[row] ?? floor, end.values[row]]);
  const series = { ...end, label: "", values, waterfall: { start, end, verdict } };
  return [{ label: "", data: values, series, backgroundColor: tones, minBarLength: 2, borderRadius: 2, maxBarThickness: 22, borderSkipped: false }];
}

function waterfallLine({ start, end, verdict }, row) {
  if (start.values[row] === null) return ` ${shown(end.values[row], end)}`;
  const added = end.values[row] - start.values[row];
  const unit = end.unit.endsWith("share") ? { unit: "points" } : end;
  const sign = !end.unit.endsWith("share") && added > 0 ? "+" : "";
  return ` ${sign}${shown(added, unit)}${verdict.values[row] === "Yes" ? "" : ", not more than chance"}`;
}

// Of amounts, with as many decimal places as their currency has.
function format({ unit, currency, digits }) {
  if (unit !== "money") return formats[unit];
  if (!amounts.has(currency)) {
    const number = numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits });
    amounts.set(currency, { format: (value) => `${number.format(value)} ${currency}` });
  }
  return amounts.get(currency);
}

function shown(value, series) {
  if (value === null) return "–";
  const { format: text } = format(series);
  return Array.isArray(value) ? value.map(text).join(" to ") : text(value);
}

function tooltipLine(data, { dataset: { series }, dataIndex, raw }) {
  if (series.waterfall) return waterfallLine(series.waterfall, dataIndex);
  const when = series.beside?.[dataIndex] ? ` (${series.beside[dataIndex]})` : "";
  const first = data.series[0].values[dataIndex];
  const compared = series === data.previous && raw ? `, ${change.format(first / raw - 1)} since` : "";
  return ` ${series.label}${when}: ${shown(raw, series)}${compared}`;
}

// What happened stands in a lane under the axis: a triangle, and its name where the next one leaves room. It opens more of it.
function annotation({ marks }) {
  const muted = colour("muted");
  const room = ({ scales: { x }, width }, number) =>
    (number + 1 < marks.length ? x.getPixelForValue(marks[number + 1].place) : width) - x.getPixelForValue(marks[number].place);
  const lines = marks.map(({ place }) => ({ type: "line", scaleID: "x", value: place, borderColor: muted, borderWidth: 1, borderDash: [2, 3] }));
  const names = marks.map(({ place, name, address }, number) => ({
    type: "label",
    xValue: place,
    yValue: ({ chart }) => chart.scales.y.min,
    yAdjust: ({ chart }) => chart.height - LANE - chart.chartArea.bottom,
    xAdjust: -MARK,
    position: { x: "start", y: "start" },
    content: ({ chart }) => ["▲", shortened(name, Math.min(room(chart, number) / LETTER - 3, MARK_CHARACTERS))].join(" ").trim(),
    color: muted,
    font: { size: 11 },
    padding: { x: 0, y: 3 },
    enter({ chart }) { chart.canvas.style.cursor = "pointer"; },
    leave({ chart }) { chart.canvas.style.cursor = ""; },
    click() { location.assign(address); },
  }));
  return { annotations: [...lines, ...names], clip: false, interaction: { mode: "point", axis: "xy", intersect: true } };
}

// A line that lies behind says its days alone: what it is of, the chart says.
function shortLabel(data, series) {
  return series === data.previous ? series.label.split(", ").at(-1) : series.label;
}

function endsOf(data, width) {
  const series = [...data.series, ...(data.previous ? [data.previous] : [])];
  const labelled = data.kind === "line" && data.series.length <= MOST_LINES_LABELLED && width >= NARROW && data.labels.length > 1;
  if (!labelled || series.length < 2) return null;
  return series.map((one, slot) => ({ text: shortLabel(data, one), colour: colour(swatch(data.kind, one === data.previous ? -1 : slot)) }));
}

function valuesOf(data) {
  const isOfFirst = ["reached", "maturing", "ticks"].includes(data.kind);
  const bars = data.labels.length * (isOfFirst ? 1 : data.series.length);
  const has = isOfFirst || ["bar", "across"].includes(data.kind);
  return has && !data.previous && bars <= MOST_BARS_WITH_VALUES ? { first: isOfFirst, text: (value, slot) => shown(value, data.series[slot]) } : null;
}

function happened(data, place) {
  return data.marks.flatMap((mark, number) => (mark.place === place ? (data.happened[number] || mark.name).split("\n") : []));
}

function options(data, width) {
  const text = colour("muted");
  const unit = data.series[0].unit;
  const across = ["across", "intervals", "ticks", "waterfall"].includes(data.kind);
  const stacked = ["reached", "maturing", "stacked"].includes(data.kind);
  const axis = formats[{ count: "compact", money: "compact", credit: "compact", points: "points" }[unit] ?? "axis"];
  const values = {
    beginAtZero: data.kind !== "waterfall",
    stacked,
    ticks: { color: text, precision: unit === "count" ? 0 : undefined, maxTicksLimit: 6, callback: (value) => axis.format(value) },
    grid: { color: colour("rule") },
    border: { display: false },
  };
  const names = {
    stacked,
    ticks: { color: text, maxRotation: 0, autoSkip: !across, autoSkipPadding: 16, callback(value) { return nameOf(this.getLabelForValue(value), this.chart, across); } },
    grid: { display: false },
    border: { color: colour("rule") },
  };
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    layout: { padding: { bottom: data.marks.length ? LANE : 0 } },
    indexAxis: across ? "y" : "x",
    interaction: { mode: "index", axis: across ? "y" : "x", intersect: false },
    scales: across ? { x: values, y: names } : { x: names, y: values },
    plugins: {
      legend: { display: false },
      annotation: annotation(data),
      ends: { ends: endsOf(data, width) },
      values: { values: valuesOf(data), colour: colour("ink") },
      tooltip: {
        callbacks: {
          title: ([item]) => item.label + (isPartial(data, item.dataIndex) ? " (so far)" : ""),
          label: (item) => tooltipLine(data, item),
          footer: ([item]) => happened(data, item.dataIndex),
        },
      },
    },
  };
}

// The name of a bar: in up to two lines where bars lie across and leave the height for them.
function nameOf(label, chart, across) {
  if (!across) return shortened(label, 18);
  const room = chart.width / (chart.width < NARROW ? 22 : 25);
  const blank = label.lastIndexOf(" ", room);
  if (label.length <= room || blank < 1 || chart.height / chart.data.labels.length < 2 * LINE) return shortened(label, room);
  return [label.slice(0, blank), shortened(label.slice(blank + 1), room)];
}

function shortened(label, room) {
  if (room < 4) return "";
  return label.length > room ? `${label.slice(0, Math.floor(room) - 1)}…` : label;
}

function legend(figure, chart, data) {
  if (chart.data.datasets.length < 2 || data.kind === "intervals" || endsOf(data, figure.clientWidth)) return;
  const items = chart.data.datasets.map((of, place) => {
    const button = document.createElement("button");
    const mark = document.createElement("i");
    mark.className = `swatch ${swatch(data.kind, of.series === data.previous ? -1 : place)}`;
    button.type = "button";
    button.append(mark, shortened(of.label, LEGEND_CHARACTERS));
    if (of.label.length > LEGEND_CHARACTERS) button.title = of.label;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const shown = !chart.isDatasetVisible(place);
      chart.setDatasetVisibility(place, shown);
      button.setAttribute("aria-pressed", String(shown));
      chart.update();
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  figure.querySelector(".legend").replaceChildren(...items);
}

function draw(figure) {
  const data = read(figure);
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const chart = new Chart(figure.querySelector("canvas"), {
    type: data.kind === "line" ? "line" : "bar",
    data: { labels: data.labels, datasets: datasets(data) },
    options: options(data, figure.clientWidth),
  });
  legend(figure, chart, data);
  drawn.push({ chart, data });
}

function recolour() {
  for (const { chart, data } of drawn) {
    datasets(data).forEach((set, place) => Object.assign(chart.data.datasets[place], set));
    chart.options = options(data, chart.canvas.closest("figure").clientWidth);
    chart.update();
  }
}

// Paper is narrower than the window, and no chart is told: each is drawn anew at the width it has there.
const PAPER = 640;

function drawnHere() {
  return drawn.filter(({ chart }) => chart.canvas.isConnected);
}

function fitPaper() {
  for (const { chart } of drawnHere()) {
    chart.options.devicePixelRatio = 2;
    chart.resize(PAPER, chart.height);
  }
}

function fitWindow() {
  for (const { chart } of drawnHere()) {
    delete chart.options.devicePixelRatio;
    chart.resize();
  }
}

function drawAll() {
  told.length = 0;
  document.querySelectorAll("figure[data-chart]").forEach(draw);
}

// Of what is not kept any more.
function forget({ detail: [main] }) {
  const gone = drawn.filter(({ chart }) => main.contains(chart.canvas));
  for (const one of gone) {
    drawn.splice(drawn.indexOf(one), 1);
    one.chart.destroy();
  }
}

drawAll();
document.addEventListener("parts", drawAll);
document.addEventListener("parts-gone", forget);
for (const medium of ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"]) matchMedia(medium).addEventListener("change", recolour);
addEventListener("beforeprint", fitPaper);
addEventListener("afterprint", fitWindow);
