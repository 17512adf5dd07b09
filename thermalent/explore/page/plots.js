// Pictures as SVG elements: bars, lines and a map. What they show comes from the server.

const NAMESPACE = "http://www.w3.org/2000/svg";

function element(name, attributes, text) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function canvas(width, height, label) {
  return element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
}

export function short(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const plain = String(Number(value.toPrecision(3)));
  return (size >= 1e5 || size < 1e-3 ? value.toExponential(1) : plain).replace("-", "−");
}

// "10 MHz" from 1e7 and "Hz".
export function withPrefix(value, unit, digits = 4) {
  if (!unit && Math.abs(value) >= 1e5) return value.toExponential(digits - 1).replace(/\.?0*e\+?/, "e");
  if (!unit || value === 0) return `${Number(value.toPrecision(digits))}${unit ? " " + unit : ""}`;
  const prefixes = { "-9": "n", "-6": "u", "-3": "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T" };
  let power = 3 * Math.floor(Math.log10(Math.abs(value)) / 3 + 1e-9);
  power = Math.min(Math.max(power, -9), 12);
  return `${Number((value / 10 ** power).toPrecision(digits))} ${prefixes[power]}${unit}`;
}

export function upright(numbers) {
  const width = 420, height = 220, foot = 190;
  const svg = canvas(width, height, "populations");
  const step = width / numbers.length;
  numbers.forEach(({ state: name, value, error }, place) => {
    const tall = Math.max(0, value) * 150, x = place * step + step * 0.2;
    const bar = element("rect",
      { x, y: foot - tall, width: step * 0.6, height: tall, fill: "#0072b2", rx: 2 });
    bar.append(element("title", {}, `${name}: ${value} ± ${error}`));
    const middle = { x: x + step * 0.3, "text-anchor": "middle" };
    svg.append(bar, element("text", { ...middle, y: foot - tall - 8 }, value.toFixed(4)),
      element("text", { ...middle, y: foot + 20 }, `|${name}⟩`));
  });
  svg.append(element("path", { d: `M0 ${foot}H${width}`, stroke: "#5b6672" }));
  return svg;
}

export function sideways(bars) {
  const width = 440, row = 42, height = bars.length * row + 8, zero = width / 2;
  const svg = canvas(width, height, "what limits the concurrence");
  const most = Math.max(1e-12, ...bars.map((bar) => Math.abs(bar.value)));
  bars.forEach((bar, place) => {
    const y = place * row, long = (Math.abs(bar.value) / most) * (zero - 100);
    const up = bar.value >= 0, end = up ? zero + long + 5 : zero - long - 5;
    const drawn = element("rect", { x: up ? zero : zero - long, y: y + 20, width: long,
      height: 13, fill: up ? "#009e73" : "#d55e00", rx: 2 });
    drawn.append(element("title", {}, `${bar.value} ± ${bar.error}`));
    const sign = up ? "+" : "−";
    const unsure = bar.error > 0.05 * Math.abs(bar.value) ? ` ± ${bar.error.toPrecision(1)}` : "";
    if (unsure) drawn.setAttribute("opacity", 0.45);
    svg.append(drawn, element("text", { x: end, y: y + 31, "text-anchor": up ? "start" : "end" },
        sign + Math.abs(bar.value).toFixed(4) + unsure));
  });
  svg.append(element("path", { d: `M${zero} 16V${height}`, stroke: "#5b6672" }));
  bars.forEach((bar, place) => svg.append(element("text",
    { x: zero, y: place * row + 13, "text-anchor": "middle", class: "over" }, bar.words)));
  return svg;
}

export function lines(data) {
  const width = 440, height = 250, left = 48, foot = 205, top = 24, right = 428;
  const svg = canvas(width, height, "spectrum");
  const all = [...data.from_filter, ...data.behind_qubits];
  const most = Math.max(...all) || 1, reach = Math.max(...data.frequencies.map(Math.abs)) || 1;
  const x = (f) => left + ((f / reach + 1) / 2) * (right - left);
  const y = (s) => foot - (Math.max(0, s) / most) * (foot - top);
  for (const part of [0, 0.5, 1]) {
    svg.append(
      element("path", { d: `M${left} ${y(part * most)}H${right}`, stroke: "#e3e8ed" }),
      element("text", { x: left - 5, y: y(part * most) + 4, "text-anchor": "end" },
        short(part * most)));
  }
  for (const part of [-1, 0, 1]) {
    svg.append(element("text", { x: x(part * reach), y: foot + 18,
      "text-anchor": part > 0 ? "end" : part < 0 ? "start" : "middle" },
      withPrefix(part * reach, "Hz", 3)));
  }
  const path = (values) => "M" + values.map((s, i) => `${x(data.frequencies[i])} ${y(s)}`).join("L");
  svg.append(
    element("path", { d: path(data.behind_qubits), fill: "none", stroke: "#0072b2",
      "stroke-width": 2.5 }),
    element("path", { d: path(data.from_filter), fill: "none", stroke: "#d55e00",
      "stroke-width": 1.5, "stroke-dasharray": "5 4" }),
    element("text", { x: (left + right) / 2, y: height - 8, "text-anchor": "middle" },
      "frequency minus that of the filter"),
    legend(left + 8, 12, "#d55e00", "from the filter"),
    legend(left + 150, 12, "#0072b2", "behind the qubits"));
  return svg;
}

function legend(x, y, colour, words) {
  const group = element("g", {});
  group.append(element("path", { d: `M${x} ${y - 4}h18`, stroke: colour, "stroke-width": 2.5 }),
    element("text", { x: x + 24, y }, words));
  return group;
}

// Colours of viridis, from low to high.
const COLOURS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

function colour(part) {
  const place = Math.min(Math.max(part, 0), 1) * (COLOURS.length - 1);
  const low = Math.min(Math.floor(place), COLOURS.length - 2), rest = place - low;
  const mixed = COLOURS[low].map((c, i) => Math.round(c + rest * (COLOURS[low + 1][i] - c)));
  return `rgb(${mixed.join(",")})`;
}

export function chart(rows, points, x, y, here, chosen) {
  const width = 440, height = 300, left = 66, foot = 250, top = 8, right = 372;
  const svg = canvas(width, height, "map of the concurrence");
  const wide = (right - left) / points, tall = (foot - top) / points;
  const known = rows.flatMap((row) => row.concurrences).filter((n) => n).map((n) => n.value);
  const most = Math.max(1e-3, ...known);
  for (const row of rows) {
    row.concurrences.forEach((number, place) => {
      const cell = element("rect", { x: left + place * wide, y: foot - (row.row + 1) * tall,
        width: wide + 0.3, height: tall + 0.3, class: "cell",
        fill: number ? colour(number.value / most) : "#c9ced4" });
      const value = number ? number.value.toPrecision(4) : "too slow here, or no single state";
      cell.append(element("title", {},
        `${withPrefix(row.x[place], x.unit)}, ${withPrefix(row.y, y.unit)}: ${value}`));
      cell.addEventListener("click", () => chosen(row.x[place], row.y));
      svg.append(cell);
    });
  }
  if (rows.length) axes(svg, rows, points, { left, right, top, foot, wide, tall }, x, y);
  for (let part = 0; part < 40; part++) {
    svg.append(element("rect", { x: 386, y: foot - ((part + 1) / 40) * (foot - top), width: 14,
      height: (foot - top) / 40 + 0.4, fill: colour((part + 0.5) / 40) }));
  }
  svg.append(element("text", { x: 404, y: top + 10 }, most.toPrecision(2)),
    element("text", { x: 404, y: foot }, "0"));
  const place = nearest(rows[0]?.x, here[0]), level = nearest(rows.map((row) => row.y), here[1]);
  if (place >= 0 && rows.length === points) {
    svg.append(element("circle", { cx: left + (place + 0.5) * wide, cy: foot - (level + 0.5) * tall,
      r: 6, fill: "none", stroke: "white", "stroke-width": 2.5, "pointer-events": "none" }));
  }
  return svg;
}

function axes(svg, rows, points, box, x, y) {
  const first = rows[0].x;
  for (const [place, anchor, at] of [[0, "start", box.left], [(points - 1) / 2, "middle",
    (box.left + box.right) / 2], [points - 1, "end", box.right]]) {
    svg.append(element("text", { x: at, y: box.foot + 17, "text-anchor": anchor },
      withPrefix(first[place], x.unit, 3)));
    const row = rows.find((one) => one.row === place);
    if (row) {
      svg.append(element("text", { x: box.left - 5, "text-anchor": "end",
        y: box.foot - (place + 0.5) * box.tall + 4 }, withPrefix(row.y, y.unit, 3)));
    }
  }
  svg.append(element("text", { x: (box.left + box.right) / 2, y: box.foot + 38,
    "text-anchor": "middle" }, x.label));
}

function nearest(values, aim) {
  if (!values || aim === null || aim === undefined) return -1;
  let best = -1, least = Infinity;
  values.forEach((value, place) => {
    if (Math.abs(value - aim) < least) [best, least] = [place, Math.abs(value - aim)];
  });
  return best;
}
