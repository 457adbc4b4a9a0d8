// The feature maps of one layer as tiles of pixels, under the picture the network sees. Hovering reads a value off and frames the
// input pixels that this one number can see; a click keeps the frame and tells Python which unit was chosen.

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "maps");
  home.replaceChildren();
  const palette = bytes(data.palette);
  // What was clicked here stands until the server's answer is there: Streamlit draws once more with the old data before.
  let shared = home.shared ?? data.shared;
  let chosen = home.chosen && home.chosen.layer === data.layer ? home.chosen : data.unit;

  if (data.layers.length) home.append(chips());
  const pressed = home.querySelector('.chips [aria-pressed="true"]');
  if (pressed) pressed.parentElement.scrollTop = pressed.offsetTop - 44; // in sight where there are more than fit
  const seen = element("div", { class: "seen", title: "What the network sees" });
  const input = element("canvas", { role: "img", "aria-label": "The picture as the network sees it" });
  seen.style.maxWidth = `${(data.tall * data.input.width) / data.input.height}px`; // a square photograph leaves room for its maps
  input.style.aspectRatio = `${data.input.width} / ${data.input.height}`;
  const picture = new Image();
  picture.onload = () => {
    input.width = data.input.width;
    input.height = data.input.height;
    input.getContext("2d").drawImage(picture, 0, 0);
  };
  picture.src = data.input.src;
  const frame = element("div", { class: "box" });
  seen.append(input, frame);
  const line = element("div", { class: "line", "aria-live": "polite" });
  home.append(seen, line, controls());
  const grid = element("div", { class: "tiles" });
  grid.style.gridTemplateColumns = `repeat(${data.columns}, minmax(0, 1fr))`;
  home.append(grid);

  const tiles = data.tiles.map((tile) => {
    const canvas = element("canvas", { role: "img", tabIndex: 0, "aria-label": `${data.title}, ${tile.name}` });
    canvas.ratio = data.input.width / data.input.height;
    canvas.style.aspectRatio = `${data.input.width} / ${data.input.height}`;
    const node = element("div", { class: "tile", title: `${tile.name}: from ${number(tile.low)} to ${number(tile.high)}` }, canvas, element("div", { class: "name soft" }, tile.name));
    node.dataset.channel = tile.channel;
    const values = unpack(tile);
    const unit = (event) => ({ channel: tile.channel, ...place(event, canvas) });
    const value = (at) => values[at.y * data.width + at.x];
    canvas.onmousemove = (event) => show(unit(event), value(unit(event)), tile.name);
    canvas.onmouseleave = rest;
    canvas.onclick = (event) => {
      chosen = home.chosen = { ...unit(event), layer: data.layer };
      complete();
      setStateValue("unit", { layer: data.layer, channel: chosen.channel, y: chosen.y, x: chosen.x });
      rest();
      mark();
    };
    canvas.ondblclick = () => save(canvas, `${data.title}-${tile.channel}.png`, 768);
    grid.append(node);
    return { tile, canvas, values, node };
  });
  complete();
  draw();
  rest();
  mark();

  // The chosen unit's name and value on the present picture.
  function complete() {
    const own = chosen && tiles.find(({ tile }) => tile.channel === chosen.channel);
    if (own) chosen = { ...chosen, name: own.tile.name, value: own.values[chosen.y * data.width + chosen.x] };
  }

  function chips() {
    const row = element("div", { class: "chips", role: "group", "aria-label": "Layers" });
    data.layers.forEach((name, index) => {
      const chip = element("button", { type: "button", "aria-pressed": String(name === data.layer), title: data.titles[index] }, data.short[index]);
      chip.onclick = () => setStateValue("layer", name);
      chip.onkeydown = (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step) setStateValue("layer", data.layers[(index + step + data.layers.length) % data.layers.length]);
      };
      row.append(chip);
    });
    return row;
  }

  function controls() {
    const bar = element("div", { class: "bar" });
    const button = element("button", { type: "button", "aria-pressed": String(shared), title: "Per map: each tile uses its own range of colours. Shared: one range for all tiles, so that brightness can be compared." }, shared ? "shared scale" : "scale per map");
    button.onclick = () => {
      shared = home.shared = !shared;
      button.setAttribute("aria-pressed", String(shared));
      button.textContent = shared ? "shared scale" : "scale per map";
      ends();
      draw();
      setStateValue("shared", shared);
    };
    const low = element("span", { class: "soft" });
    const high = element("span", { class: "soft" });
    const ramp = element("span", { class: "ramp" });
    const stops = [0, 51, 102, 153, 204, 255].map((i) => `rgb(${palette[3 * i]},${palette[3 * i + 1]},${palette[3 * i + 2]})`);
    ramp.style.background = `linear-gradient(90deg, ${stops.join(",")})`;
    function ends() {
      const [from, to] = range(null);
      low.textContent = shared ? number(from) : data.signed ? "−peak" : "lowest";
      high.textContent = shared ? number(to) : "peak";
    }
    ends();
    const big = element("button", { type: "button", title: "Show these maps on the whole screen; Esc comes back" }, "enlarge");
    big.onclick = () => (document.fullscreenElement ? document.exitFullscreen() : home.requestFullscreen());
    const keep = element("button", { type: "button", title: "Save all tiles as one picture" }, "save");
    keep.onclick = sheet;
    bar.append(button, low, ramp, high, big, keep);
    return bar;
  }

  // The colour range of one tile, or of all of them (null, or when shared). Signed layers are centred on zero.
  function range(tile) {
    const low = shared || !tile ? Math.min(...data.tiles.map((t) => t.low)) : tile.low;
    const high = shared || !tile ? Math.max(...data.tiles.map((t) => t.high)) : tile.high;
    if (!data.signed) return [low, high];
    const limit = Math.max(Math.abs(low), Math.abs(high));
    return [-limit, limit];
  }

  function draw() {
    for (const { tile, canvas, values } of tiles) paintBehind(canvas, values, data.width, data.height, ...range(tile), palette);
  }

  function sheet() {
    const wide = 384, tall = Math.round(wide / (data.input.width / data.input.height)), gap = 8;
    const rows = Math.ceil(tiles.length / data.columns);
    const canvas = element("canvas", { width: data.columns * (wide + gap) - gap, height: rows * (tall + gap) - gap });
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    tiles.forEach((t, i) => context.drawImage(t.canvas.painted(), (i % data.columns) * (wide + gap), Math.floor(i / data.columns) * (tall + gap), wide, tall));
    save(canvas, `${data.title}.png`, canvas.width);
  }

  function show(at, value, name) {
    frame.style.display = "block";
    if (data.field) {
      const { size, stride, start } = data.field;
      const clip = (v, most) => Math.max(0, Math.min(most, v));
      const top = clip(start[0] + at.y * stride[0], data.input.height), bottom = clip(start[0] + at.y * stride[0] + size[0], data.input.height);
      const left = clip(start[1] + at.x * stride[1], data.input.width), right = clip(start[1] + at.x * stride[1] + size[1], data.input.width);
      frame.style.left = `${(100 * left) / data.input.width}%`;
      frame.style.width = `${(100 * (right - left)) / data.input.width}%`;
      frame.style.top = `${(100 * top) / data.input.height}%`;
      frame.style.height = `${(100 * (bottom - top)) / data.input.height}%`;
      const where = data.height === 1 ? `${data.place} ${at.x}` : `row ${at.y}, column ${at.x}`;
      line.textContent = `${name}, ${where}: ${number(value)} · sees rows ${top}–${bottom - 1}, columns ${left}–${right - 1}`;
    } else {
      Object.assign(frame.style, { left: 0, top: 0, width: "100%", height: "100%" });
      line.textContent = `${name}${data.width > 1 ? `, ${data.place} ${at.x}` : ""}: ${number(value)} · sees the whole picture`;
    }
  }

  function rest() {
    if (chosen && chosen.value !== undefined) return show(chosen, chosen.value, chosen.name);
    frame.style.display = "none";
    line.textContent = line.title = data.facts;
  }

  function mark() {
    for (const { tile, node } of tiles) node.classList.toggle("on", Boolean(chosen) && tile.channel === chosen.channel);
  }
}
