// Draws sales by hour and draws them again when the server sends new figures, the window changes or the theme does.
"use strict";
(function () {
  const target = document.getElementById("hours-chart");
  const source = document.getElementById("hours-data");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let chart = null;

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function figures() {
    const holder = source.querySelector("[data-hours]");
    return holder ? JSON.parse(holder.dataset.hours) : { hours: [], stores: [], collected: [], symbol: "" };
  }

  function clock(hour) {
    return String(((hour % 24) + 24) % 24).padStart(2, "0") + ":00";
  }

  function options(symbol) {
    const line = token("--line"), ink = token("--muted");
    const axis = { stroke: ink, font: "12px Inter, sans-serif", ticks: { show: false } };
    return {
      width: target.clientWidth,
      height: target.clientHeight,
      cursor: { drag: { setScale: false }, points: { size: 8 } },
      legend: { show: false },
      scales: { x: { time: false }, y: { range: (u, low, high) => [0, Math.max(1, high * 1.12)] } },
      axes: [
        Object.assign({}, axis, { grid: { show: false }, size: 24, gap: 3, incrs: [1, 2, 3, 4, 6], values: (u, ticks) => ticks.map(clock) }),
        Object.assign({}, axis, { grid: { stroke: line, width: 1 }, size: 58, gap: 6, values: (u, ticks) => ticks.map((t) => (t === 0 ? "" : symbol + " " + t.toLocaleString("en"))) }),
      ],
      series: [
        {},
        { stroke: token("--accent"), width: 3, fill: token("--accent-soft"), points: { show: false } },
        { stroke: token("--info"), width: 3, points: { show: false } },
      ],
    };
  }

  function draw() {
    const now = figures();
    if (chart) { chart.destroy(); chart = null; }
    target.classList.toggle("none", now.hours.length === 0);
    if (now.hours.length === 0) { return; }
    let hours = now.hours, stores = now.stores, collected = now.collected;
    if (hours.length === 1) {  // one hour is a point; a flat start makes it a line
      hours = [hours[0] - 1, hours[0]]; stores = [0, stores[0]]; collected = [0, collected[0]];
    }
    chart = new uPlot(options(now.symbol), [hours, stores, collected], target);
  }

  document.body.addEventListener("htmx:sseMessage", function (event) {
    if (event.detail.type === "hours") { draw(); }
  });
  document.body.addEventListener("htmx:sseError", function () {
    // a server that ended the stream because the session ended sends us to the sign-in form
    fetch("/", { redirect: "manual" }).then(function (answer) {
      if (answer.type === "opaqueredirect") { window.location.reload(); }
    }).catch(function () {});
  });
  dark.addEventListener("change", draw);
  window.addEventListener("resize", draw);
  draw();
})();
