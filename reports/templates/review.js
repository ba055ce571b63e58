"use strict";
// The live part of a review page: draws the charts, filters and picks designs, moves the timeline, copies.
(() => {
  const page = JSON.parse(document.getElementById("page-data").textContent);
  const byId = (id) => document.getElementById(id);
  const OPTIONS = {
    mode: "vega", renderer: "svg", ast: true, actions: false, defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  };

  // Charts: each in the place of its drawing, which stays where a chart cannot be drawn.
  const views = new Map();

  async function draw(name, specification) {
    const place = byId(`chart-${name}`);
    const live = document.createElement("div");
    live.className = "live";
    const before = [...place.children];
    place.append(live);
    before.forEach((element) => { element.hidden = true; });
    try {
      const { view } = await vegaEmbed(live, structuredClone(specification), OPTIONS);
      views.get(name)?.finalize();
      // What it shows is in the words around it; its single marks would say nothing.
      live.querySelector("svg").setAttribute("aria-hidden", "true");
      before.forEach((element) => element.remove());
      views.set(name, view);
      return view;
    } catch (error) {
      live.remove();
      before.forEach((element) => { element.hidden = false; });
      throw error;
    }
  }

  // Copying: to the clipboard, or else by selecting the text for the reader's own copy.
  async function copy(button) {
    const source = byId(button.dataset.copy);
    const status = button.parentElement.querySelector(".status");
    try {
      await navigator.clipboard.writeText(source.textContent);
      status.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(source);
      status.textContent = document.execCommand("copy") ? "copied" : "selected: press Ctrl+C";
    }
  }

  document.querySelectorAll("button.copy").forEach((button) => {
    button.addEventListener("click", () => copy(button));
  });

  // The front: which designs are shown, over which axes, and which one is picked.
  function frontSection(front, specification) {
    const designs = specification.data.find((each) => each.name === "designs").values;
    const controls = byId("front-controls");
    const body = document.querySelector("#front-table tbody");
    const caption = document.querySelector("#front-table caption");
    const most = Number(body.dataset.rows);
    const limits = [...controls.querySelectorAll("[data-limit]")].map((slider) => ({
      slider,
      output: slider.nextElementSibling,
      value: `v${slider.dataset.limit}`,
      text: `c${slider.dataset.limit}`,
      steps: [...new Map(designs.map((each) => [each[`v${slider.dataset.limit}`], each[`c${slider.dataset.limit}`]]))]
        .filter(([value]) => value !== null).sort((one, other) => one[0] - other[0]),
    }));
    let shown = designs;
    let picked = front.picked;
    let drawnAxes = "";

    function axisOf(letter) {
      return front.axes[Number(byId(`front-${letter}`).value)];
    }

    function axes() {
      return `${byId("front-x").value} ${byId("front-y").value}`;
    }

    // A scale's kind is part of a chart's structure: the chart is drawn anew over other axes.
    function overAxes() {
      const changed = structuredClone(specification);
      for (const letter of ["x", "y"]) {
        const axis = axisOf(letter);
        const scale = changed.scales.find((each) => each.name === letter);
        scale.type = axis.log ? "log" : "linear";
        scale.domain = axis.domain;
        if (axis.log) delete scale.zero;
        changed.axes.filter((each) => each.scale === letter).forEach((each) => {
          if (each.title) each.title = axis.title;
          if (axis.ticks.length) each.values = axis.ticks;
          else delete each.values;
        });
        const signal = (name, value) => { changed.signals.find((each) => each.name === name).value = value; };
        signal(`${letter}_column`, `v${axis.column}`);
        signal(`${letter}_unit`, axis.unit);
        signal("picked", picked);
      }
      changed.data.find((each) => each.name === "designs").values = shown;
      return changed;
    }

    async function drawFront() {
      drawnAxes = axes();
      const view = await draw("front", overAxes());
      view.addEventListener("click", (event, item) => {
        if (item?.datum && "row" in item.datum) pick(item.datum.row);
      });
    }

    function passes(design) {
      const facets = [...controls.querySelectorAll("[data-facet]")];
      return facets.every((facet) => {
        const cell = design[`d${facet.dataset.facet}`];
        return [...facet.querySelectorAll("input")].some((box) => box.checked && box.value === cell);
      }) && limits.every(({ slider, steps, value }) => {
        const last = Number(slider.value) === steps.length - 1;
        return last || (design[value] !== null && design[value] <= steps[Number(slider.value)][0]);
      });
    }

    function describeLimits() {
      limits.forEach(({ slider, output, steps }) => {
        const text = steps[Number(slider.value)][1];
        output.textContent = text;
        slider.setAttribute("aria-valuetext", text);
      });
    }

    function filter() {
      describeLimits();
      shown = designs.filter(passes);
      byId("front-count").textContent = `${shown.length.toLocaleString("en")} of ${designs.length.toLocaleString("en")} designs shown`;
      fillTable();
      views.get("front")?.data("designs", shown.map((each) => Object.fromEntries(Object.entries(each)))).run();
    }

    function cells(design) {
      const keys = (letter, count) => Array.from({ length: count }, (_, index) => `${letter}${index}`);
      return [...keys("d", front.design_columns), ...keys("c", front.cost_columns)].map((key) => design[key]);
    }

    function tableRow(design) {
      const row = document.createElement("tr");
      const heading = document.createElement("th");
      const button = document.createElement("button");
      heading.scope = "row";
      button.type = "button";
      button.textContent = design.row;
      button.dataset.row = design.row;
      button.setAttribute("aria-label", `show design ${design.row}`);
      heading.append(button);
      row.append(heading, ...cells(design).map((text) => {
        const cell = document.createElement("td");
        cell.textContent = text;
        return cell;
      }));
      return row;
    }

    function fillTable() {
      const rows = shown.slice(0, most);
      body.replaceChildren(...rows.map(tableRow));
      const first = rows.length < shown.length ? `The first ${rows.length.toLocaleString("en")} of ` : "";
      caption.textContent = `${first}${shown.length.toLocaleString("en")} designs shown, ${front.size.toLocaleString("en")} on the front`;
      markPicked();
    }

    function markPicked() {
      body.querySelectorAll("button").forEach((button) => {
        const own = Number(button.dataset.row) === picked;
        button.setAttribute("aria-pressed", String(own));
        button.closest("tr").classList.toggle("picked", own);
      });
    }

    function pick(row) {
      picked = row;
      byId("picked-toml").textContent = front.designs[row].map((number) => `${front.lines[number]}\n`).join("");
      byId("picked-toml-label").textContent = `Design ${row}`;
      byId("picked-other").hidden = row === front.picked;
      byId("picked-number").textContent = byId("picked-option").textContent = row;
      document.querySelector("#picked .status").textContent = `design ${row} picked`;
      markPicked();
      views.get("front")?.signal("picked", row).run();
    }

    // From design to design in the order in which they stand across the chart.
    function step(by) {
      const column = `v${axisOf("x").column}`;
      const ordered = [...shown].sort((one, other) => one[column] - other[column] || one.row - other.row);
      if (!ordered.length) return;
      const position = ordered.findIndex((each) => each.row === picked);
      const next = position < 0 ? 0 : Math.min(Math.max(position + by, 0), ordered.length - 1);
      pick(ordered[next].row);
    }

    function listen() {
      const chart = byId("chart-front");
      chart.tabIndex = 0;
      chart.addEventListener("keydown", (event) => {
        const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
        if (by) {
          event.preventDefault();
          step(by);
        }
      });
      body.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button) pick(Number(button.dataset.row));
      });
      controls.addEventListener("submit", (event) => event.preventDefault());
      controls.addEventListener("input", (event) => {
        if (event.target.tagName === "SELECT") drawFront();
        else filter();
      });
      controls.addEventListener("reset", () => {
        // The controls change only after this event.
        setTimeout(() => {
          filter();
          if (drawnAxes !== axes()) drawFront();
        });
      });
    }

    limits.forEach(({ slider, steps }) => {
      slider.max = steps.length - 1;
      slider.defaultValue = slider.value = String(steps.length - 1);
    });
    listen();
    filter();
    return drawFront();
  }

  // The timeline: the part between two times is shown; buttons, dragging, the wheel and the overview change it.
  async function timelineSection(specification, overviewSpecification) {
    const end = specification.signals.find((each) => each.name === "shown_to").value;
    const view = await draw("timeline", specification);
    const overview = overviewSpecification ? await draw("overview", overviewSpecification) : null;
    const shortest = end / 5000;
    let [from, to] = [0, end];
    let brushing = false;

    function text(seconds) {
      const [factor, unit] = [[1, "s"], [1e3, "ms"], [1e6, "µs"], [1e9, "ns"]].find(([scale]) => end * scale >= 1) ?? [1e9, "ns"];
      return `${(seconds * factor).toPrecision(4)} ${unit}`;
    }

    function show(start, length) {
      const wished = Math.min(Math.max(length, shortest), end);
      const kept = wished > end * (1 - 1e-9) ? end : wished;  // a half and its double may miss the whole by a rounding
      from = Math.min(Math.max(start, 0), end - kept);
      to = from + kept;
      view.signal("shown_from", from).signal("shown_to", to).runAsync();
      byId("timeline-shown").textContent = kept < end ? `${text(from)} to ${text(to)}` : "the whole step";
    }

    function zoom(factor, centre) {
      const length = Math.min(Math.max((to - from) * factor, shortest), end);
      show(centre - (centre - from) * length / (to - from), length);
      markOverview();
    }

    function markOverview() {
      if (!overview) return;
      brushing = true;
      const scale = overview.scale("overview_x");
      overview.signal("chosen_x", to - from < end ? [scale(from), scale(to)] : [0, 0]).run();
      brushing = false;
    }

    const moves = {
      in: () => zoom(0.5, (from + to) / 2),
      out: () => zoom(2, (from + to) / 2),
      earlier: () => { show(from - (to - from) / 2, to - from); markOverview(); },
      later: () => { show(from + (to - from) / 2, to - from); markOverview(); },
      all: () => { show(0, end); markOverview(); },
    };
    byId("timeline-controls").addEventListener("click", (event) => moves[event.target.dataset.move]?.());
    show(0, end);

    overview?.addSignalListener("chosen_start_s", (name, range) => {
      if (brushing) return;
      if (range && range[0] !== range[1]) show(Math.min(...range), Math.abs(range[1] - range[0]));
      else show(0, end);
    });

    const place = byId("chart-timeline").querySelector(".live");
    const timeAt = (event) => {
      const left = place.getBoundingClientRect().left + view.origin()[0];
      return view.scale("timeline_x").invert(event.clientX - left);
    };
    place.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(Math.exp(event.deltaY / 300), timeAt(event));
    }, { passive: false });
    place.addEventListener("pointerdown", (event) => {
      if (to - from >= end) return;
      const grabbed = timeAt(event);
      place.setPointerCapture(event.pointerId);
      const move = (later) => { show(from + grabbed - timeAt(later), to - from); markOverview(); };
      place.addEventListener("pointermove", move);
      const done = () => place.removeEventListener("pointermove", move);
      place.addEventListener("pointerup", done, { once: true });
      place.addEventListener("pointercancel", done, { once: true });
    });
  }

  // Printing: tables that are folded on the screen stand on the paper.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((each) => { each.open = false; }));

  async function start() {
    document.querySelectorAll(".needs-script").forEach((element) => { element.hidden = false; });
    const { front, timeline, overview, ...others } = page.charts;
    if (front && page.front) await frontSection(page.front, front);
    for (const [name, specification] of Object.entries(others)) await draw(name, specification);
    if (timeline) await timelineSection(timeline, overview);
    document.documentElement.dataset.ready = "yes";
  }

  start().catch((error) => console.error(error));
})();
