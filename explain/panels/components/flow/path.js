// The path of an answer, drawn on the server: what is under the pointer or the keyboard is named and its lines stand out; a click on a
// channel tells Python which. Arrow keys go from channel to channel.

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "path");
  const before = home.querySelector(".stage");
  const left = before ? before.scrollLeft : null;
  const focused = home.getRootNode().activeElement?.dataset?.key;
  const stage = element("div", { class: "stage" });
  stage.innerHTML = data.svg; // written by explain.charts.flow.path, which escapes every text
  const svg = stage.querySelector("svg");
  const line = element("div", { class: "line", "aria-live": "polite" }, data.says);
  home.replaceChildren(bar(), line, stage);
  // The answer is on the right, and where all of it does not fit one begins there.
  stage.scrollLeft = left === null ? stage.scrollWidth : left;

  const nodes = [...svg.querySelectorAll(".node")];
  const lines = [...svg.querySelectorAll(".link")];
  const at = (node) => node.dataset.at.split(".").map(Number);
  const start = nodes.find((node) => node.dataset.key === focused) || nodes.find((node) => node.getAttribute("aria-pressed") === "true") || nodes[0];
  if (start) start.setAttribute("tabindex", "0");
  if (focused && start) start.focus({ preventScroll: true });

  for (const node of nodes) {
    node.onmouseenter = () => show(node);
    node.onmouseleave = rest;
    node.onfocus = () => show(node);
    node.onblur = rest;
    node.onclick = () => choose(node);
    node.onkeydown = (event) => {
      if (event.key === "Enter" || event.key === " ") return event.preventDefault(), choose(node);
      const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
      if (!step) return;
      event.preventDefault();
      go(node, ...step);
    };
  }
  for (const one of lines) {
    one.onmouseenter = () => { line.textContent = one.textContent; one.classList.add("on"); };
    one.onmouseleave = rest;
  }

  function go(node, right, down) {
    const [column, row] = at(node);
    const there = nodes.filter((other) => at(other)[0] === column + right);
    const next = there.find((other) => at(other)[1] === row + down) || (right && there[there.length - 1]);
    if (!next) return;
    nodes.forEach((other) => other.setAttribute("tabindex", other === next ? "0" : "-1"));
    next.focus();
  }

  function choose(node) {
    nodes.forEach((other) => other.setAttribute("aria-pressed", String(other === node)));
    setStateValue("node", node.dataset.key);
  }

  function show(node) {
    line.textContent = node.getAttribute("aria-label");
    svg.classList.add("pointed");
    for (const one of lines) one.classList.toggle("on", one.dataset.from === node.dataset.at || one.dataset.to === node.dataset.at);
  }

  function rest() {
    line.textContent = data.says;
    svg.classList.remove("pointed");
    lines.forEach((one) => one.classList.remove("on"));
  }

  function bar() {
    const swatch = (colour, says) => element("span", {}, element("i", { style: `background:${colour}` }), says);
    const big = element("button", { type: "button", title: "Show the path on the whole screen; Esc comes back" }, "enlarge");
    big.onclick = () => (document.fullscreenElement ? document.exitFullscreen() : home.requestFullscreen());
    const keep = element("button", { type: "button", title: "Save the path as an SVG file" }, "save");
    keep.onclick = () => {
      const file = new Blob([data.svg], { type: "image/svg+xml" });
      element("a", { href: URL.createObjectURL(file), download: `${data.name}.svg` }).click();
    };
    const legend = data.inks ? [swatch(data.inks[1], `speaks for ${data.answer}`), swatch(data.inks[0], "speaks against it"), swatch("#98a1b0", "not shown")] : [];
    return element("div", { class: "bar" }, ...legend, element("span", { class: "room" }), big, keep);
  }
}
