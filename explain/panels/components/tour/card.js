// One step of the tour: its title, its text, and the way on. Arrow keys, page up and down (which a presenter's remote
// sends) and Escape work wherever the page has nothing of its own for them; the place that the step speaks of is scrolled to.

const CARD_STYLE = `
.card { font-size: 16px; line-height: 1.45; }
.card .of { font-size: 12px; font-variant-numeric: tabular-nums; }
.card h2 { font-size: 21px; line-height: 1.25; margin: 1px 0 5px; font-weight: 650; }
.card p { margin: 0 0 8px; }
.card .ways { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.card .ways button { border-radius: 8px; padding: 4px 13px; min-height: 32px; }
.card .ways button:hover:enabled { border-color: var(--st-primary-color); }
.card .ways button:disabled { opacity: 0.4; cursor: default; }
.card .ways .on { background: var(--st-primary-color); border-color: var(--st-primary-color); color: var(--st-background-color); font-weight: 600; }
.card .dots { display: flex; flex-wrap: wrap; gap: 1px; margin: 0 0 7px -5px; }
.card .dots button { border: 0; padding: 5px; line-height: 0; }
.card .dots i { display: block; width: 8px; height: 8px; border-radius: 50%; background: var(--st-text-color); opacity: 0.28; }
.card .dots [aria-current] i { background: var(--st-primary-color); opacity: 1; }
.card .keys { font-size: 11.5px; margin: 7px 0 0; }
@media (max-width: 640px) { .card .keys { display: none; } }
`;
// What takes arrow keys itself, or text.
const TAKES_KEYS = "input, textarea, select, canvas, [contenteditable=true], [role=radio], [role=slider], [role=listbox], [role=combobox], [role=dialog], [role=tab], .chips *";
const STEPS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
const WRITES = "textarea, select, input:not([type=range]):not([type=radio]):not([type=checkbox])";

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "card");
  const fresh = home.step !== data.step || home.tour !== data.tour;
  Object.assign(home, { step: data.step, tour: data.tour });
  home.setAttribute("role", "region");
  home.setAttribute("aria-label", data.tour);
  // With a time, so that the same way taken twice is told twice.
  const go = (to) => setStateValue("go", { to, from: data.step, at: Date.now() });
  const move = (by) => data.step + by >= 1 && data.step + by <= data.titles.length && go(data.step + by);

  if (!home.live) {
    home.live = element("div", { "aria-live": "polite", "aria-atomic": "true" });
    home.rest = element("div");
    home.append(element("style", {}, CARD_STYLE), home.live, home.rest);
  }
  if (fresh || home.text !== data.text) {
    home.text = data.text;
    home.live.replaceChildren(
      element("div", { class: "of soft" }, `${data.tour} · step ${data.step} of ${data.titles.length}`),
      element("h2", {}, data.titles[data.step - 1]),
      element("p", {}, data.text),
    );
  }
  const button = (label, act, attributes = {}) => {
    const made = element("button", { type: "button", ...attributes }, label);
    made.onclick = act;
    return made;
  };
  const last = data.step === data.titles.length;
  const focused = home.getRootNode().activeElement?.dataset?.way;
  const ways = [
    button("Back", () => move(-1), { disabled: data.step === 1, "data-way": "back" }),
    button(last ? "Finish" : "Next", () => (last ? go(0) : move(1)), { class: "on", "data-way": "next" }),
    button("Leave", () => go(0), { "data-way": "leave", title: "Close the tour; its button takes it up again here" }),
  ];
  if (last && data.more) ways.push(button(data.more, () => go(-1), { "data-way": "more" }));
  const dots = element("div", { class: "dots", role: "group", "aria-label": "Steps of the tour" });
  data.titles.forEach((title, index) => {
    const current = index + 1 === data.step ? "step" : null;
    dots.append(button(element("i"), () => go(index + 1), { "aria-label": `${index + 1}: ${title}`, title, "aria-current": current }));
  });
  home.rest.replaceChildren(
    dots,
    element("div", { class: "ways" }, ...ways),
    element("div", { class: "keys soft" }, "Arrow keys or a presenter's remote move on, Escape leaves."),
  );
  if (focused) home.rest.querySelector(`[data-way="${focused}"]:enabled`)?.focus({ preventScroll: true });

  const keys = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const target = event.composedPath()[0];
    const inside = (selector) => event.composedPath().some((node) => node.matches?.(selector));
    const page = event.key.startsWith("Page");
    if (event.key === "Escape") {
      if (inside("[role=dialog], [role=listbox], [role=combobox]") || document.fullscreenElement || document.querySelector("[data-testid=stPopoverBody]")) return;
      go(0);
    } else if (STEPS[event.key] && (page ? !target.matches?.(WRITES) : !inside(TAKES_KEYS))) {
      event.preventDefault();
      move(STEPS[event.key]);
    }
  };
  // One listener, whatever is drawn anew: an older one would still lead on from its own step.
  home.deaf?.();
  window.addEventListener("keydown", keys);
  home.deaf = () => window.removeEventListener("keydown", keys);
  if (fresh) reveal(data.place);
  return () => home.isConnected || home.deaf();
}

// Brings the place to the top of what the card leaves free: again and again while what stands above it may still be
// growing, unless the visitor scrolls or clicks meanwhile.
function reveal(selector) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const scroll = () => document.querySelector(selector)?.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
  const timers = [60, 900, 2000, 3500].map((wait) => setTimeout(scroll, wait));
  const stop = () => timers.forEach(clearTimeout);
  for (const event of ["wheel", "pointerdown", "keydown"]) window.addEventListener(event, stop, { once: true, passive: true });
}
