// A picture with a box around the word that is read: drawn, moved and stretched by mouse, finger or keyboard. While it moves Python is
// told its place, one message at a time and always the latest, and answers with the reading; the picture itself travels once.

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "word-box");
  home.view = home.view || view(home);
  home.view.update(data, (said) => setStateValue("said", said));
}

const GRIPS = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const TALL = 226, MARGIN = 14, LARGEST = 4; // screen pixels: of the picture's height, of the space around it; enlarged at most so often
const CLICK = 4, LEAST = 6; // screen pixels: a pointer that moves by less clicks, and a box has at least so many
const BESIDE = 300, GAP = 18; // screen pixels: that the reading needs beside the picture, and between the two
const STILL = 500, LOOK = 300, LOST = 2000; // milliseconds: after the last key, between looks for words, until an answer counts as lost

function view(home) {
  const picture = element("img", { alt: "", draggable: false });
  const hole = element("div", { class: "hole" }), words = element("div", { class: "words", role: "group", "aria-label": "Proposed words, in reading order" });
  const mark = element("div", { class: "mark", tabindex: "0", role: "application", "aria-roledescription": "box", "aria-keyshortcuts": "ArrowLeft ArrowRight ArrowUp ArrowDown Shift+ArrowLeft Shift+ArrowRight Shift+ArrowUp Shift+ArrowDown Escape" });
  mark.append(...GRIPS.map((grip) => element("span", { class: "grip", "data-grip": grip })));
  const stage = element("div", { class: "stage" }, picture, element("div", { class: "shade" }, hole), mark, words), sketch = element("canvas", { class: "sketch" });
  stage.append(sketch);
  const hint = element("div", { class: "soft hint" }), place = element("div", { class: "soft place" });
  const reading = element("div", { class: "reading", role: "status" }), doubt = element("div", { class: "doubt" });
  const seen = element("img", { class: "seen-small" }), caption = element("div", { class: "soft" });
  const whole = button("Whole picture", "Read the whole picture (Escape, while the box has the focus)", () => settle(null));
  const turns = [["↺", "left", -1], ["↻", "right", 1]].map(([sign, side, by]) =>
    button(sign, `Turn by a quarter to the ${side}; the box turns along`, () => { queue = { turn: (queue?.turn || 0) + by }; flush(); }));
  const enlarge = button("Enlarge", "Show the picture on the whole screen; Esc comes back", () => (document.fullscreenElement ? document.exitFullscreen() : home.requestFullscreen()));
  const bar = element("div", { class: "bar", role: "group", "aria-label": "The picture" }, ...turns, whole, enlarge);
  const beside = element("div", { class: "beside" }, reading, doubt, seen, caption, place, bar);
  const left = element("div", { class: "left" }, stage, hint);
  home.replaceChildren(left, beside);

  let data = null, say = null, shown = null, box = null; // box: [left, top, right, bottom] in pixels of the picture; null is all of it
  let held = null, queue = null, sent = 0, waiting = false, since = 0, still = null, look = null, lost = null, drawn = "";
  let across = 1, down = 1; // screen pixels of the picture: asking the browser for them at every move would have it lay out the page

  stage.onpointerdown = (event) => {
    if ((held && held.id !== event.pointerId) || event.button !== 0) return;
    const grip = event.target.dataset.grip || (box && within(box, at(event)) ? "move" : "draw");
    held = { grip, id: event.pointerId, from: at(event), x: event.clientX, y: event.clientY, before: box, moved: false };
  };
  stage.onpointermove = (event) => {
    if (!held || event.pointerId !== held.id) return;
    if (!event.buttons) return void (held = null); // let go outside before it moved
    if (!held.moved && Math.hypot(event.clientX - held.x, event.clientY - held.y) < CLICK) return;
    if (!held.moved) {
      held.moved = true;
      stage.setPointerCapture(held.id);
      mark.focus({ preventScroll: true });
    }
    move(dragged(held, at(event)));
  };
  stage.onpointerup = (event) => {
    if (!held || event.pointerId !== held.id) return;
    const { moved, before, grip } = held, small = LEAST / scale();
    held = null;
    if (!moved) return;
    stage.moved = event.timeStamp;
    settle(grip === "draw" && box && (box[2] - box[0] < small || box[3] - box[1] < small) ? before : box);
  };
  stage.onpointercancel = (event) => {
    if (!held || event.pointerId !== held.id) return;
    const { moved, before } = held;
    held = null;
    if (moved) settle(before);
  };
  mark.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way && event.key !== "Escape") return;
    event.preventDefault();
    if (!way) return settle(null);
    const step = Math.max(1, Math.round(Math.max(...data.size) / 100));
    const [x, y] = way.map((side) => side * step), [x0, y0, x1, y1] = box || everything();
    move(event.shiftKey ? stretched([x0, y0, x1, y1], "se", x, y) : shifted([x0, y0, x1, y1], x, y));
    clearTimeout(still);
    still = setTimeout(() => settle(box), STILL);
  };
  mark.onblur = () => { if (still) settle(box); };
  new ResizeObserver(layout).observe(home);
  home.onfullscreenchange = layout;

  return { update };

  function update(fresh, tell) {
    [data, say] = [fresh, tell];
    if (shown === null) sent = data.n;
    if (data.n >= sent) waiting = false;
    if (data.id !== shown && data.src) {
      [shown, held, queue, drawn] = [data.id, null, queue?.turn ? { turn: queue.turn } : null, ""]; // a box was meant for the one before
      picture.src = data.src;
      stage.dataset.picture = shown;
      picture.alt = `${data.title}, ${data.size[0]} by ${data.size[1]} pixels`;
      box = data.box;
      layout();
      picture.decode().catch(() => {}).finally(ask); // words are looked for once the picture is seen
    } else if (data.id !== shown || data.words === null) {
      clearTimeout(look);
      look = setTimeout(ask, data.id === shown ? LOOK : 0);
    }
    if (!held && !queue && !waiting && !still) box = data.box;
    flush();
    propose();
    answer();
    draw();
  }

  function ask() {
    if (data.id === shown && data.words !== null) return;
    queue = queue || {};
    flush();
  }

  // One message is on its way at most; what is said meanwhile waits, and only the latest of it.
  function flush() {
    if (!queue) return;
    if (waiting && performance.now() - since < LOST) return;
    sent += 1;
    [waiting, since] = [true, performance.now()];
    clearTimeout(lost);
    lost = setTimeout(flush, 1.1 * LOST);
    const said = { n: sent, id: data.id, has: shown, ...queue };
    queue = null;
    say(said);
  }

  function move(to) {
    box = to;
    stage.dataset.box = (box || everything()).join(" ");
    queue = { box, moving: true };
    flush();
    draw();
  }

  function settle(to) {
    clearTimeout(still);
    still = null;
    box = to;
    queue = { box, moving: false };
    flush();
    draw();
  }

  function everything() { return [0, 0, ...data.size]; }
  function scale() { return across / data.size[0]; }
  function within([x0, y0, x1, y1], [x, y]) { return x >= x0 && x < x1 && y >= y0 && y < y1; }

  // Where a pointer is, in pixels of the picture, the nearest one where it is outside.
  function at(event) {
    const frame = picture.getBoundingClientRect();
    return [[event.clientX - frame.left, frame.width], [event.clientY - frame.top, frame.height]].map(([from, length], axis) =>
      Math.round(Math.max(0, Math.min(1, from / length)) * data.size[axis]));
  }

  function dragged({ grip, from, before }, to) {
    const [x, y] = [to[0] - from[0], to[1] - from[1]];
    if (grip === "move") return shifted(before, x, y);
    if (grip !== "draw") return stretched(before || everything(), grip, x, y);
    return [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])];
  }

  function shifted([x0, y0, x1, y1], x, y) {
    const [right, down] = [Math.max(-x0, Math.min(data.size[0] - x1, x)), Math.max(-y0, Math.min(data.size[1] - y1, y))];
    return kept([x0 + right, y0 + down, x1 + right, y1 + down]);
  }

  function stretched([x0, y0, x1, y1], grip, x, y) {
    const least = Math.min(Math.max(2, Math.ceil(LEAST / scale())), x1 - x0, y1 - y0), clip = (v, low, high) => Math.max(low, Math.min(high, v));
    if (grip.includes("w")) x0 = clip(x0 + x, 0, x1 - least);
    if (grip.includes("e")) x1 = clip(x1 + x, x0 + least, data.size[0]);
    if (grip.includes("n")) y0 = clip(y0 + y, 0, y1 - least);
    if (grip.includes("s")) y1 = clip(y1 + y, y0 + least, data.size[1]);
    return kept([x0, y0, x1, y1]);
  }

  function kept(to) { return to.join() === everything().join() ? null : to; }

  function button(text, title, act) {
    const node = element("button", { type: "button", title, "aria-label": text.length > 1 ? text : title }, text);
    node.onclick = act;
    return node;
  }

  function propose() {
    const found = data.words || [], now = `${data.id} ${found.join(" ")}`;
    if (now !== drawn) {
      drawn = now;
      words.replaceChildren(...found.map((word, i) => {
        const node = element("button", { type: "button", class: "word", "aria-label": `Word ${i + 1} of ${found.length}`, title: "Read this word" });
        const [x0, y0, x1, y1] = node.box = word, [width, height] = data.size;
        Object.assign(node.style, { left: `${(100 * x0) / width}%`, top: `${(100 * y0) / height}%`, width: `${(100 * (x1 - x0)) / width}%`, height: `${(100 * (y1 - y0)) / height}%` });
        node.onclick = (event) => { if (!event.detail || event.timeStamp - (stage.moved || -1e9) > 50) settle(word); }; // a drag that ends on it is no click
        return node;
      }));
    }
    const many = found.length === 1 ? "One word is proposed: click it" : `${found.length} words are proposed: click one`;
    hint.textContent = data.words === null ? "Looking for words… Draw a box around one meanwhile." : found.length ? `${many}, or draw a box around another.` : "Draw a box around one word.";
  }

  function answer() {
    const { text, chance, line, believed, seen: url, box: of } = data.answer;
    const read = text === null ? ["Nobody has said what its labels are, so nothing is read."] : ["reads ", element("b", {}, text || "nothing"), element("span", { class: "soft" }, ` ${chance}`)];
    const now = `${text} ${chance}`;
    if (reading.now !== now) reading.replaceChildren(...read);
    reading.now = now;
    reading.setAttribute("aria-busy", String(Boolean(held || still))); // said once the box has come to rest
    reading.dataset.box = of.join(" ");
    doubt.textContent = line;
    doubt.classList.toggle("grave", !believed);
    if (seen.src !== url) seen.src = url;
    seen.alt = "The picture as the network sees it";
    caption.textContent = `what ${data.network} sees`;
  }

  function layout() {
    if (!data) return;
    const full = home.getRootNode().fullscreenElement === home, [width, height] = data.size;
    const space = home.clientWidth - 2 * MARGIN, room = space < 2 * BESIDE ? space : space - BESIDE - GAP, tall = full ? Math.max(200, window.innerHeight - 120) : TALL;
    const by = Math.min(room / width, tall / height, full ? 2 * LARGEST : LARGEST);
    if (room <= 0) return;
    Object.assign(stage.style, { width: `${Math.max(16, by * width)}px`, height: `${Math.max(16, by * height)}px` });
    picture.style.imageRendering = by > 1.5 ? "pixelated" : "auto";
    [across, down] = [by * width, by * height];
    draw();
  }

  function draw() {
    const [x0, y0, x1, y1] = box || everything(), [width, height] = data.size;
    const where = { left: `${(100 * x0) / width}%`, top: `${(100 * y0) / height}%`, width: `${(100 * (x1 - x0)) / width}%`, height: `${(100 * (y1 - y0)) / height}%` };
    stage.classList.toggle("held", Boolean(held?.moved));
    if (held?.moved) outline([x0 / width, y0 / height, x1 / width, y1 / height]);
    else for (const node of [hole, mark]) Object.assign(node.style, where);
    mark.classList.toggle("whole", !box);
    const wide = ((x1 - x0) / width) * across, high = ((y1 - y0) / height) * down;
    mark.style.setProperty("--out-x", `${Math.max(0, (48 - wide) / 2)}px`); // the grips of a small box stand off it
    mark.style.setProperty("--out-y", `${Math.max(0, (48 - high) / 2)}px`);
    mark.classList.toggle("slim", wide < 84);
    mark.classList.toggle("low", high < 84);
    whole.disabled = !box;
    for (const word of words.children) word.setAttribute("aria-pressed", String(word.box.join() === (box || everything()).join()));
    place.textContent = `${data.title}: ${box ? `${x1 - x0} × ${y1 - y0} of` : "the whole picture,"} ${width} × ${height} pixels`;
    const { text, chance } = data.answer, read = text === null ? "" : `; the network reads ${text || "nothing"}, ${chance}`;
    mark.setAttribute("aria-label", `${box ? `Box, columns ${x0} to ${x1} of ${width}, rows ${y0} to ${y1} of ${height}` : "Box around the whole picture"}${read}. Arrow keys move it, with Shift they stretch it, Escape takes the whole picture.`);
  }

  // The box while it is held, in place of the marked one: were an element moved, the browser would sort the layers of the whole page anew at each move.
  function outline(sides) {
    const [wide, high] = [across, down].map((side) => side + 2 * MARGIN), dense = window.devicePixelRatio;
    if (sketch.width !== Math.round(wide * dense)) Object.assign(sketch, { width: Math.round(wide * dense), height: Math.round(high * dense) });
    const context = sketch.getContext("2d"), [left, top, right, bottom] = sides.map((side, i) => side * (i % 2 ? down : across));
    context.setTransform(dense, 0, 0, dense, MARGIN * dense, MARGIN * dense);
    context.clearRect(-MARGIN, -MARGIN, wide, high);
    context.fillStyle = "#00000070";
    context.fillRect(0, 0, across, down);
    context.clearRect(left, top, right - left, bottom - top);
    for (const [colour, thick, out] of [["#ffffffb0", 1, 0.5], ["#d9480f", 2, -1]]) {
      Object.assign(context, { strokeStyle: colour, lineWidth: thick });
      context.strokeRect(left - out, top - out, right - left + 2 * out, bottom - top + 2 * out);
    }
  }
}
