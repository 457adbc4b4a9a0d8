// The picture of a step of the tour, in one of four kinds: numbers of a picture under a lens, sums of a window that slides,
// tiles side by side, and moments of a film that can be dragged. Whoever wants less motion gets it standing still.

const PICTURE_STYLE = `
.scene { font-size: 13px; }
.scene img { display: block; image-rendering: pixelated; width: 100%; }
.scene .over { position: relative; margin: 0 auto; line-height: 0; }
.scene .mark { position: absolute; border: 2px solid #d9480f; box-shadow: 0 0 0 1px #ffffffb0; box-sizing: border-box; pointer-events: none; }
.scene .mark.cover { border: 0; box-shadow: none; }
.scene .two { display: flex; gap: 16px; align-items: center; justify-content: center; flex-wrap: wrap; }
.scene table { border-collapse: collapse; font-size: 11.5px; font-variant-numeric: tabular-nums; }
.scene td { min-width: 34px; height: 22px; text-align: center; padding: 0 2px; border: 1px solid var(--st-border-color); }
.scene figure { margin: 0; text-align: center; }
.scene figcaption { font-size: 11.5px; margin-top: 3px; line-height: 1.3; }
.scene .sign { font-size: 20px; }
.scene .says { min-height: 20px; margin: 5px 0 0; text-align: center; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.scene .field { display: grid; gap: 7px 9px; justify-content: center; }
.scene .field figure { opacity: 0; animation: come 0.45s forwards; min-width: 0; }
.scene .field .inset { width: 38px; margin: 0 auto 3px; border: 1px solid var(--st-border-color); }
.scene .bar { display: flex; gap: 8px; max-width: 640px; margin: 5px auto 0; }
.scene .bar input { flex: 1; min-width: 60px; accent-color: var(--st-primary-color); }
.scene .bar button { border-radius: 6px; padding: 2px 8px; min-width: 66px; }
.scene .row { position: relative; height: 20px; margin: 2px auto 0; line-height: 19px; }
.scene .row > span { position: absolute; top: 0; bottom: 0; text-align: center; font-size: 14px; font-family: var(--st-code-font); white-space: nowrap; overflow: visible; }
.scene .row > span > b { position: absolute; bottom: 0; left: 12%; right: 12%; border-radius: 2px 2px 0 0; }
.scene .row > span.off { visibility: hidden; }
.scene .row.tall > span.off { visibility: visible; opacity: 0.1; }
.scene .row > span.now { outline: 1.5px solid #d9480f; }
.scene .row.tall { height: 30px; }
.scene .name { font-size: 11px; line-height: 1.2; margin: 3px auto 0; }
@keyframes come { to { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .scene .field figure { animation: none; opacity: 1; } }
`;
const STILL = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const short = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)).replace("-", "−");
const ink = (value, most, palette) => {
  const level = 3 * Math.max(0, Math.min(255, Math.round(127.5 + (127.5 * value) / (most || 1))));
  return `rgb(${palette[level]},${palette[level + 1]},${palette[level + 2]})`;
};

// A picture at its width, with marks in its own pixels.
const stage = (src, width, height, label, tall = 150) => {
  const image = element("img", { src, alt: label });
  const over = element("div", { class: "over" }, image);
  over.style.maxWidth = `${Math.min(640, (tall * width) / height)}px`;
  over.style.aspectRatio = `${width} / ${height}`;
  image.style.height = "100%";
  over.put = (mark, left, top, right, bottom) => {
    const share = (value, of) => `${(100 * value) / of}%`;
    Object.assign(mark.style, { left: share(left, width), top: share(top, height), width: share(right - left, width), height: share(bottom - top, height) });
    if (!mark.isConnected) over.append(mark);
  };
  return over;
};

// cells: rows of [text, background]; white where a dark ground would hide the digits.
const table = (rows, label) => {
  const cell = ([text, ground]) => {
    const made = element("td", {}, text);
    const light = ground ? ground.match(/\d+/g).reduce((sum, part) => sum + Number(part), 0) > 380 : null;
    if (ground) Object.assign(made.style, { background: ground, color: light ? "#111" : "#fff" });
    return made;
  };
  return element("figure", {}, element("table", { "aria-label": label }, ...rows.map((row) => element("tr", {}, ...row.map(cell)))), element("figcaption", { class: "soft" }, label));
};

// Steps from moment to moment with a slider and a button; plays by itself unless less motion is wanted. start: the moment
// that the step's text speaks of: it is shown first, and for longer.
const LONGER = 4; // paces
const film = (home, count, draw, pace, names, start) => {
  const slider = element("input", { type: "range", min: "0", max: String(count - 1), step: "1", "aria-label": names });
  const button = element("button", { type: "button" });
  let at = 0, waited = 0;
  const show = (next) => {
    at = (next + count) % count;
    waited = 0;
    slider.value = at;
    button.textContent = home.timer ? "❚❚ Pause" : "▶ Play";
    slider.setAttribute("aria-valuetext", draw(at) || "");
  };
  const stop = () => { clearInterval(home.timer); home.timer = null; };
  const play = () => { home.timer = setInterval(() => {
    if (!home.isConnected) stop();
    else if (at !== start || ++waited >= LONGER) show(at + 1);
  }, pace); };
  slider.oninput = () => { stop(); show(Number(slider.value)); };
  button.onclick = () => { if (home.timer) stop(); else play(); show(at); };
  home.move = (next) => { stop(); show(next); };
  home.append(element("div", { class: "bar" }, button, slider));
  if (!STILL() && count > 1) play();
  show(start ?? (STILL() ? count - 1 : 0));
};

const SCENES = {
  numbers(home, data) {
    const { width, height, low, high } = data;
    const values = unpack(data.tile);
    const [rows, columns] = data.lens;
    const over = stage(data.src, width, height, data.label, 170);
    const mark = element("div", { class: "mark" }), beside = element("div");
    const says = element("div", { class: "says soft" });
    const grey = (value) => { const level = Math.round((255 * (value - low)) / (high - low || 1)); return `rgb(${level},${level},${level})`; };
    const at = (left, top) => {
      left = Math.max(0, Math.min(width - columns, left));
      top = Math.max(0, Math.min(height - rows, top));
      over.put(mark, left, top, left + columns, top + rows);
      const cells = Array.from({ length: rows }, (_, y) => Array.from({ length: columns }, (_, x) => values[(top + y) * width + left + x]));
      beside.replaceChildren(table(cells.map((row) => row.map((value) => [short(value), grey(value)])), `rows ${top} to ${top + rows - 1}, columns ${left} to ${left + columns - 1}`));
      return `columns ${left} to ${left + columns - 1}`;
    };
    over.onpointermove = (event) => {
      const box = over.getBoundingClientRect();
      at(Math.round(((event.clientX - box.left) / box.width) * width - columns / 2), Math.round(((event.clientY - box.top) / box.height) * height - rows / 2));
    };
    home.append(element("div", { class: "two" }, element("div", { style: "flex: 1 1 300px; min-width: 0" }, over), beside), says);
    film(home, data.path.length, (moment) => at(...data.path[moment]), 700, "Place of the lens", data.start);
  },

  sums(home, data) {
    const palette = bytes(data.palette);
    const input = stage(data.input.src, data.input.width, data.input.height, data.input.label, 112);
    const output = stage(data.output.src, data.output.width, data.output.height, data.output.label, 112);
    const veil = element("canvas");
    Object.assign(veil.style, { position: "absolute", inset: 0, width: "100%", height: "100%" });
    output.append(veil);
    const from = element("div", { class: "mark" }), to = element("div", { class: "mark" });
    const middle = element("div", { class: "two" }), says = element("div", { class: "says" });
    const figure = (over, text) => element("figure", { style: "flex: 1 1 190px; min-width: 0" }, over, element("figcaption", { class: "soft" }, text));
    home.append(element("div", { class: "two" }, figure(input, data.input.label), middle, figure(output, data.output.label)), says);
    const most = (key) => Math.max(...data.moments.flatMap((moment) => moment[key].flat().map(Math.abs)));
    const scale = { inputs: most("inputs"), weights: data.moments[0].weights ? most("weights") : 1 };
    const draw = (at) => {
      const moment = data.moments[at];
      input.put(from, ...moment.from);
      output.put(to, ...moment.to);
      const tinted = (key) => moment[key].map((row) => row.map((value) => [short(value), ink(value, scale[key], palette)]));
      middle.replaceChildren(table(tinted("inputs"), data.inputs));
      if (moment.weights) middle.append(element("span", { class: "sign" }, "×"), table(tinted("weights"), data.weights));
      says.textContent = moment.says;
      return moment.says;
    };
    film(home, data.moments.length, draw, 1100, "Place of the window", data.start);
  },

  tiles(home, data) {
    const field = element("div", { class: "field" });
    field.style.gridTemplateColumns = `repeat(auto-fill, minmax(${data.least}px, ${data.most}px))`;
    data.items.forEach((item, place) => {
      const image = element("img", { src: item.src, alt: `${item.title} ${item.note || ""}` });
      image.style.aspectRatio = data.aspect;
      const figure = element("figure", {});
      if (item.inset) figure.append(element("img", { class: "inset", src: item.inset, alt: `weights of ${item.title}` }));
      figure.append(image, element("figcaption", {}, item.title, ...(item.note ? [element("br"), element("span", { class: "soft" }, item.note)] : [])));
      figure.style.animationDelay = `${Math.min(place * 90, 2500)}ms`;
      field.append(figure);
    });
    home.append(field);
  },

  moments(home, data) {
    const over = stage(data.src, data.width, data.height, data.label, data.tall);
    if (data.columns.length) { // rows of cells want room: the picture is stretched over them
      over.style.aspectRatio = "auto";
      over.style.maxWidth = "760px";
      over.style.height = `${data.tall}px`;
    }
    const mark = element("div", { class: data.cover ? "mark cover" : "mark" });
    if (data.cover) mark.style.background = data.cover;
    const says = element("div", { class: "says" });
    const parts = data.rows.map((row) => {
      const line = element("div", { class: row.kind === "text" ? "row" : "row tall" });
      line.style.maxWidth = over.style.maxWidth;
      const name = element("div", { class: "name soft" }, row.name);
      name.style.maxWidth = over.style.maxWidth;
      const cells = row.values.map((value, at) => {
        const cell = element("span", {});
        const [left, right] = data.columns[at];
        Object.assign(cell.style, { left: `${(100 * left) / data.width}%`, width: `${(100 * (right - left)) / data.width}%` });
        if (row.kind === "text") cell.textContent = value;
        else cell.append(Object.assign(element("b"), { style: `height: ${Math.max(2, 100 * Math.abs(value))}%; background: ${value < 0 ? row.below : row.ink}` }));
        return cell;
      });
      line.append(...cells);
      return { row, line, name, cells };
    });
    home.append(over, ...parts.flatMap(({ name, line }) => [name, line]), says);
    const count = data.moments.length;
    film(home, count, (at) => {
      const moment = data.moments[at];
      over.firstChild.src = moment.src || data.src;
      if (moment.box) over.put(mark, ...moment.box);
      for (const { row, cells } of parts) {
        const now = row.backward ? cells.length - 1 - at : at;
        cells.forEach((cell, place) => {
          cell.classList.toggle("off", !data.whole && (row.backward ? place < now : place > now));
          cell.classList.toggle("now", place === now);
        });
      }
      says.textContent = moment.says;
      return moment.says;
    }, data.pace, data.names, data.start);
  },
};

export default function (component) {
  const { data: [data], parentElement } = component;
  const home = root(parentElement, "scene");
  if (home.id === data.id) return; // the same picture goes on where it is
  clearInterval(home.timer);
  home.id = data.id;
  home.timer = null;
  home.setAttribute("role", "group");
  home.setAttribute("aria-label", data.describes);
  home.replaceChildren(element("style", {}, PICTURE_STYLE));
  SCENES[data.kind](home, data);
}
