// One state of every unit of a recurrent layer over the frames, under the word. Hovering reads a value off and shows its frame on
// the word; a click, or the arrow keys, choose a unit and tell Python which.

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "states");
  home.replaceChildren();
  const palette = bytes(data.palette);
  const values = unpack(data);
  const count = data.order.length;
  // Frames stand under their columns: half a frame of the word is left free on either side.
  const [from, to] = [data.left / data.width, (data.left + data.step * data.frames) / data.width];
  let chosen = data.unit;

  const seen = element("div", { class: "seen" });
  const word = element("img", { src: data.word, alt: "The word as the network sees it" });
  Object.assign(word.style, { display: "block", width: "100%", height: "84px", imageRendering: "pixelated" });
  const column = element("div", { class: "box" });
  seen.append(word, column);

  const line = element("div", { class: "line", "aria-live": "polite" });
  const field = element("div");
  Object.assign(field.style, { position: "relative", marginLeft: `${100 * from}%`, width: `${100 * (to - from)}%` });
  const canvas = element("canvas", { role: "img", tabIndex: 0, "aria-label": `${data.name} of ${count} units over ${data.frames} frames; arrow keys choose a unit` });
  Object.assign(canvas.style, { height: `${4 * count}px`, cursor: "crosshair" });
  const row = element("div"), marked = element("div");
  const outline = { position: "absolute", border: "1.5px solid #d9480f", boxShadow: "0 0 0 1px #ffffffb0", pointerEvents: "none", boxSizing: "content-box" };
  Object.assign(row.style, outline, { left: "-2px", right: "-2px", height: `${100 / count}%` });
  Object.assign(marked.style, outline, { top: 0, bottom: 0, width: `${100 / data.frames}%` });
  field.append(canvas, row, ...(data.frame === null ? [] : [marked]));
  marked.style.left = `${(100 * data.frame) / data.frames}%`;
  home.append(seen, bar(), field, line);

  const [low, high] = data.signed ? [-data.most, data.most] : [0, 1];
  paint(canvas, shades(), data.frames, count, low, high, palette);
  canvas.ratio = data.frames / count;
  canvas.onmousemove = (event) => { const at = place(event, canvas); tell(at.y, at.x); };
  canvas.onmouseleave = rest;
  canvas.onclick = (event) => choose(place(event, canvas).y);
  canvas.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    choose((data.order.indexOf(chosen) + step + count) % count);
  };
  rest();

  // What is coloured: the values, or each as a share of its unit's largest absolute one.
  function shades() {
    if (!data.perUnit) return values;
    return values.map((value, i) => {
      const start = i - (i % data.frames);
      let peak = 0;
      for (let t = start; t < start + data.frames; t++) peak = Math.max(peak, Math.abs(values[t]));
      return value / (peak || 1);
    });
  }

  function bar() {
    const ramp = element("span", { class: "ramp" });
    const stops = [0, 51, 102, 153, 204, 255].map((i) => `rgb(${palette[3 * i]},${palette[3 * i + 1]},${palette[3 * i + 2]})`);
    ramp.style.background = `linear-gradient(90deg, ${stops.join(",")})`;
    const big = element("button", { type: "button", title: "Show these states on the whole screen; Esc comes back" }, "enlarge");
    big.onclick = () => (document.fullscreenElement ? document.exitFullscreen() : home.requestFullscreen());
    const keep = element("button", { type: "button", title: "Save the rows as a picture" }, "save");
    keep.onclick = () => save(canvas, `${data.file}.png`, 16 * data.frames);
    const share = data.perUnit ? ", share of each unit's peak" : "";
    const ends = data.signed ? [number(-data.most), number(data.most)] : ["0", "1"];
    const end = (text) => element("span", { class: "soft" }, text);
    return element("div", { class: "bar" }, end(data.way), end(data.name + share), end(ends[0]), ramp, end(ends[1]), big, keep);
  }

  function choose(place) {
    chosen = data.order[place];
    setStateValue("unit", chosen);
    rest();
  }

  function tell(place, frame) {
    const at = (100 * (data.left + frame * data.step)) / data.width;
    Object.assign(column.style, { display: "block", left: `${at}%`, width: `${(100 * data.step) / data.width}%`, top: 0, height: "100%" });
    line.textContent = `unit ${data.order[place]} · frame ${frame} · ${data.name} ${number(values[place * data.frames + frame])}`;
  }

  function rest() {
    const place = data.order.indexOf(chosen);
    row.style.top = `calc(${(100 * place) / count}% - 1.5px)`;
    if (data.frame === null) column.style.display = "none";
    else return tell(place, data.frame);
    line.textContent = `unit ${chosen} is framed · ${count} units × ${data.frames} frames · hover to read a value off, click to follow a unit`;
  }
}
