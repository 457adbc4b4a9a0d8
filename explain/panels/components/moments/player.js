// A slider over a few moments, with a button that plays them: each is told to Python, and the next only once that has answered.

const LOOK = `
  .player { display: flex; gap: 12px; align-items: center; padding: 2px 0 6px; }
  .player button { border-radius: 6px; padding: 5px 12px; min-width: 84px; min-height: 32px; font-size: 14px; }
  .player button:hover { border-color: var(--st-primary-color); }
  .player input { flex: 1; min-width: 80px; accent-color: var(--st-primary-color); height: 28px; }
  .player output { font-size: 15px; font-weight: 600; min-width: 8.5em; text-align: right; font-variant-numeric: tabular-nums; }`;
const LOST = 4000; // milliseconds after which an answer counts as lost

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "player");
  home.player = home.player || player(home);
  home.player.update(data, (at) => setStateValue("at", at));
}

function player(home) {
  const button = element("button", { type: "button" });
  const slider = element("input", { type: "range", min: "0", step: "1" }), name = element("output");
  home.replaceChildren(element("style", {}, LOOK), button, slider, name);
  let data = null, tell = null, at = 0, playing = null, asked = 0;

  const show = () => {
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", data.names[at]);
    name.textContent = data.names[at];
    button.textContent = playing ? "❚❚ Pause" : "▶ Play";
    button.setAttribute("aria-label", playing ? "Pause" : `Play ${data.label}`);
  };
  const go = (to) => {
    [at, asked] = [to, performance.now()];
    show();
    tell(at);
  };
  const stop = () => {
    clearInterval(playing);
    playing = null;
    show();
  };
  const step = () => {
    if (!home.isConnected) return stop();
    const waits = data.at !== at && performance.now() - asked < LOST;
    if (waits || performance.now() - asked < data.every) return;
    if (at >= data.names.length - 1) return stop();
    go(at + 1);
  };
  button.onclick = () => {
    if (playing) return stop();
    playing = setInterval(step, 100);
    go(at >= data.names.length - 1 ? 0 : at);
  };
  slider.oninput = () => {
    if (playing) stop();
    at = Number(slider.value);
    show();
  };
  slider.onchange = () => go(Number(slider.value));
  slider.onkeydown = (event) => event.stopPropagation(); // its own keys are not the page's

  return {
    update(fresh, say) {
      const first = data === null;
      [data, tell] = [fresh, say];
      slider.max = String(data.names.length - 1);
      slider.setAttribute("aria-label", data.label);
      if (first || (!playing && performance.now() - asked > LOST) || data.at === at) at = data.at;
      at = Math.min(at, data.names.length - 1);
      show();
    },
  };
}
