// Draws each figure's chart from the table it names, so that chart and table cannot differ.
//
//   <figure data-chart="line" data-table="days" data-columns="messages opens">   which table, which of its columns
//   <th data-column="messages">  <tr data-partial>  <th data-label="12 May">  <td data-value="950">
//
// Kinds: line, bar, bar-across (horizontal), reached (stacked: the first column solid, the rest of the first row pale).

const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [], [1, 3]];
const POINTS = ["circle", "rect", "triangle", "rectRot", "cross", "star"];
const language = document.documentElement.lang;
const formats = {
  count: new Intl.NumberFormat(language),
  compact: new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 }),
  percent: new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }),
};
const drawn = [];

function read(figure) {
  const table = document.getElementById(figure.dataset.table);
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows].slice(0, Number(figure.dataset.rows) || undefined);
  const places = figure.dataset.columns.split(" ").map((name) => heads.findIndex((head) => head.dataset.column === name));
  return {
    labels: rows.map((row) => row.cells[0].dataset.label),
    partial: rows.some((row) => "partial" in row.dataset),
    series: places.map((place) => ({
      label: heads[place].textContent.trim(),
      unit: heads[place].dataset.unit ?? "count",
      values: rows.map((row) => Number(row.cells[place].dataset.value)),
    })),
  };
}

// Colours come from the style sheet: the legend's swatches have them, resolved for light or dark.
function colour(name) {
  const probe = document.createElement("i");
  probe.className = `swatch ${name}`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function dataset(kind, series, slot, partial) {
  const pale = kind === "reached" && slot > 0;
  const main = colour(pale ? "pale" : `slot-${slot + 1}`);
  const common = { label: series.label, data: series.values, borderColor: main, backgroundColor: main, unit: series.unit };
  if (kind !== "line") {
    return { ...common, borderRadius: 3, maxBarThickness: 44, stack: kind === "reached" ? "people" : undefined };
  }
  const last = series.values.length - 1;
  return {
    ...common,
    borderWidth: 2,
    borderDash: DASHES[slot],
    segment: { borderDash: ({ p1DataIndex }) => (partial && p1DataIndex === last ? [3, 4] : undefined) },
    pointStyle: POINTS[slot],
    pointRadius: series.values.length > 45 ? 0 : 2.5,
    pointHitRadius: 12,
    tension: 0,
  };
}

function options(kind, data) {
  const text = colour("muted");
  const line = colour("rule");
  const number = data.series[0].unit;
  const across = kind === "bar-across";
  const values = {
    beginAtZero: true,
    stacked: kind === "reached",
    ticks: { color: text, precision: number === "count" ? 0 : undefined, maxTicksLimit: 6, callback: (value) => formats[number === "count" ? "compact" : number].format(value) },
    grid: { color: line },
    border: { display: false },
  };
  const names = {
    stacked: kind === "reached",
    ticks: { color: text, maxRotation: 0, autoSkip: !across, autoSkipPadding: 16, callback(value) { return shortened(this.getLabelForValue(value), across ? this.chart.width / 25 : 18); } },
    grid: { display: false },
    border: { color: line },
  };
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    indexAxis: across ? "y" : "x",
    interaction: { mode: "index", axis: across ? "y" : "x", intersect: false },
    scales: across ? { x: values, y: names } : { x: names, y: values },
    plugins: {
      legend: { display: false },
      tooltip: {
        callbacks: {
          title: ([item]) => item.label + (data.partial && item.dataIndex === data.labels.length - 1 ? " (so far today)" : ""),
          label: ({ dataset: of, raw }) => ` ${of.label}: ${formats[of.unit].format(raw)}`,
        },
      },
    },
  };
}

function shortened(label, room) {
  return label.length > room ? `${label.slice(0, Math.floor(room) - 1)}…` : label;
}

function legend(figure, chart) {
  const list = figure.querySelector(".legend");
  if (chart.data.datasets.length < 2) return;
  list.replaceChildren(
    ...chart.data.datasets.map((of, place) => {
      const button = document.createElement("button");
      const swatch = document.createElement("i");
      swatch.className = `swatch ${figure.dataset.chart === "reached" && place ? "pale" : `slot-${place + 1}`}`;
      button.type = "button";
      button.append(swatch, of.label);
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
    }),
  );
}

function draw(figure) {
  const kind = figure.dataset.chart;
  const data = read(figure);
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const chart = new Chart(figure.querySelector("canvas"), {
    type: kind === "line" ? "line" : "bar",
    data: { labels: data.labels, datasets: data.series.map((series, slot) => dataset(kind, series, slot, data.partial)) },
    options: options(kind, data),
  });
  legend(figure, chart);
  drawn.push({ chart, kind, data });
}

function recolour() {
  for (const { chart, kind, data } of drawn) {
    data.series.forEach((series, slot) => Object.assign(chart.data.datasets[slot], dataset(kind, series, slot, data.partial)));
    chart.options = options(kind, data);
    chart.update();
  }
}

document.querySelectorAll("figure[data-chart]").forEach(draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
