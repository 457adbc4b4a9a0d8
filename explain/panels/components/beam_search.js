// A beam search, frame by frame: a slider and a play button over steps that were all worked out beforehand.

const BEAM_STYLE = `
.beams .bar input { flex: 1; min-width: 60px; accent-color: var(--st-primary-color); }
.beams .bar button { width: 62px; }
.beams .rows { display: grid; grid-template-columns: minmax(90px, 1.1fr) 1.3fr 88px 68px minmax(104px, 0.9fr); gap: 0 10px; align-items: center; font-variant-numeric: tabular-nums; }
.beams .rows > * { height: 21px; line-height: 21px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.beams .head { font-size: 11px; }
.beams .prefix { font-family: var(--st-code-font); font-size: 13px; }
.beams .figure { text-align: right; font-size: 12px; }
.beams .track { display: flex; height: 11px; border-radius: 3px; overflow: hidden; background: var(--st-secondary-background-color); }
.beams .part-blank { background: #98a1b0; }
.beams .part-label { background: var(--st-primary-color); }
.beams .key { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 3px; }
.beams .fate { font-size: 11.5px; }
.beams .new { color: color-mix(in srgb, #2f9e44 65%, var(--st-text-color)); }
.beams .merged { color: color-mix(in srgb, #d9480f 75%, var(--st-text-color)); }
.beams .gone { margin-top: 6px; font-size: 12px; min-height: 54px; }
.beams .gone b { font-family: var(--st-code-font); opacity: 0.8; }
.beams .strip { width: 100%; height: 84px; image-rendering: pixelated; display: block; }
`;
const BEAM_PACE = 450; // milliseconds a frame

const likely = (value) => (value === 0 ? "0" : value >= 0.001 ? value.toFixed(3) : value.toExponential(0));

const named = (prefix) => prefix || "(nothing yet)";

const beamRow = (living) => {
  const [prefix, blank, label, stayed, extended, fate] = living;
  const told = {
    kept: "kept: it was there before this frame",
    new: `new: made from “${prefix.slice(0, -1)}” by one more character`,
    merged: `merged: ${likely(stayed)} from itself + ${likely(extended)} from “${prefix.slice(0, -1)}” made longer`,
  }[fate];
  // A merge that brings next to nothing is told, but not in colour: nearly every frame has some.
  const loud = fate === "new" || (fate === "merged" && Math.min(stayed, extended) > 0.01 * (blank + label));
  const share = (value) => `width: ${100 * value}%`;
  return [
    element("div", { class: "prefix", title: prefix }, named(prefix)),
    element(
      "div",
      { class: "track", title: `${blank + label}` },
      element("div", { class: "part-label", style: share(label) }),
      element("div", { class: "part-blank", style: share(blank) }),
    ),
    element("div", { class: "figure" }, likely(label)),
    element("div", { class: "figure soft" }, likely(blank)),
    element("div", { class: `fate ${loud ? fate : "soft"}`, title: told }, fate === "merged" ? `merged ${likely(stayed)} + ${likely(extended)}` : fate),
  ];
};

const beamGone = (step) => {
  if (!step.drops) return ["Nothing is dropped at this frame: there is room for every prefix."];
  const parts = [`Dropped at this frame: ${step.drops} ${step.drops === 1 ? "prefix" : "prefixes"}, together ${likely(step.lost)}. `];
  step.dropped.forEach(([prefix, value, lived], place) => {
    parts.push(place ? ", " : "The strongest: ", element("b", {}, named(prefix)), ` ${likely(value)}${lived ? " (had lived)" : ""}`);
  });
  return parts;
};

const beamDraw = (home) => {
  const { data, at } = home;
  const step = data.steps[at];
  home.slider.value = at;
  home.play.textContent = home.timer ? "❚❚ Pause" : "▶ Play";
  home.says.textContent = `Frame ${at} · ${data.says[at]}`;
  if (data.src) {
    const [left, right] = data.seen[at];
    home.box.style.cssText = `left: ${(100 * left) / data.width}%; width: ${(100 * (right - left)) / data.width}%; top: 0; height: 100%`;
  }
  const head = ["prefix", "probability", "ends in letter", "in blank", "what happened"];
  const cells = head.map((name, place) => element("div", { class: place === 2 || place === 3 ? "head figure soft" : "head soft" }, name));
  cells[2].prepend(element("span", { class: "key part-label" }));
  cells[3].prepend(element("span", { class: "key part-blank" }));
  const shown = step.living.slice(0, data.shown);
  shown.forEach((living) => cells.push(...beamRow(living)));
  home.rows.replaceChildren(...cells);
  const hidden = step.living.length - shown.length;
  home.more.textContent = hidden > 0 ? `and ${hidden} fainter ones that live` : "";
  home.gone.replaceChildren(...beamGone(step));
};

const beamStop = (home) => {
  clearInterval(home.timer);
  home.timer = null;
};

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "beams");
  const another = !home.data || home.data.id !== data.id;
  home.data = data;
  home.keep = (frame) => setStateValue("frame", frame);
  if (another) {
    beamStop(home);
    home.at = data.frame;
    home.slider = element("input", { type: "range", min: "0", max: String(data.steps.length - 1), step: "1", "aria-label": "Frame" });
    home.play = element("button", { type: "button" });
    home.says = element("div", { class: "line" });
    home.box = element("div", { class: "box" });
    home.rows = element("div", { class: "rows" });
    home.rows.style.height = `${21 * (1 + Math.min(data.shown, data.widest))}px`;
    home.rows.style.alignContent = "start";
    home.more = element("div", { class: "line soft" });
    home.gone = element("div", { class: "gone" });
    home.slider.oninput = () => {
      beamStop(home);
      home.at = Number(home.slider.value);
      beamDraw(home);
    };
    home.slider.onchange = () => home.keep(home.at);
    home.play.onclick = () => {
      if (home.timer) {
        beamStop(home);
        home.keep(home.at);
      } else {
        if (home.at >= home.data.steps.length - 1) home.at = 0;
        home.timer = setInterval(() => {
          if (home.isConnected && home.at < home.data.steps.length - 1) home.at += 1;
          if (!home.isConnected) return beamStop(home);
          if (home.at >= home.data.steps.length - 1) {
            beamStop(home);
            home.keep(home.at);
          }
          beamDraw(home);
        }, BEAM_PACE);
      }
      beamDraw(home);
    };
    const parts = [element("style", {}, BEAM_STYLE)];
    if (data.src) parts.push(element("div", { class: "seen" }, element("img", { class: "strip", src: data.src, alt: "The word as the network sees it" }), home.box));
    parts.push(element("div", { class: "bar" }, home.play, home.slider), home.says, home.rows, home.more, home.gone);
    home.replaceChildren(...parts);
  }
  beamDraw(home);
}
