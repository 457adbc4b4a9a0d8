// The whole network as one drawing. Hovering or focusing a block says above it what it is; a click goes to the layer, or
// opens and folds a stage. One stop of the tab key: the arrows go from block to block.

export default function (component) {
  const { data: [data], parentElement, setTriggerValue } = component;
  const home = root(parentElement, "glance");
  const field = element("div", { class: data.large ? "field large" : "field" });
  field.innerHTML = data.svg; // its texts are escaped where it is written
  const drawing = field.querySelector("svg");
  drawing.setAttribute("role", "group");
  const line = element("div", { class: "line", "aria-live": "polite" });
  const legend = element("div", { class: "legend soft" });
  for (const [name, colour] of Object.entries(data.colours)) {
    legend.append(element("span", { class: "dot", style: `background: ${colour}` }), name);
  }
  const blocks = [...drawing.querySelectorAll("[data-layer], [data-stage]")];
  blocks.forEach(prepare);
  const before = home.querySelector(".field");
  const place = before ? [before.scrollLeft, before.scrollTop] : null;
  home.replaceChildren(element("div", { class: "head" }, line, legend, ...buttons()), field);
  if (data.large) home.append(element("div", { class: "scale soft" }, data.scale));
  if (place) [field.scrollLeft, field.scrollTop] = place;
  rest();
  const again = home.kept && blocks.find((block) => key(block) === home.kept);
  stop(again || blocks.find((block) => block.classList.contains("on")) || blocks[0]);
  if (again && home.held) again.focus({ preventScroll: true });

  // What tells one block from the others, in this drawing and in the next.
  function key(block) {
    return block.dataset.stage ? `stage ${block.dataset.stage}` : `layer ${block.dataset.layer}`;
  }

  function prepare(block) {
    const title = block.querySelector("title");
    const says = title.textContent;
    const fixed = block.dataset.layer === data.input;
    title.remove(); // the line says it, at once
    block.setAttribute("role", fixed ? "img" : "button");
    block.setAttribute("aria-label", says);
    if (block.dataset.stage) block.setAttribute("aria-expanded", String(block.querySelector(".stage") !== null));
    if (block.dataset.layer === data.chosen || (data.within && Number(block.dataset.stage) === data.within)) {
      block.classList.add("on");
      block.setAttribute("aria-current", "true");
    }
    block.onmouseenter = () => say(says);
    block.onmouseleave = rest;
    block.onfocus = () => {
      home.kept = key(block);
      home.held = true;
      stop(block);
      say(says);
    };
    block.onblur = () => {
      home.held = false;
      rest();
    };
    block.onkeydown = (event) => {
      const at = blocks.indexOf(block);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: blocks.length - 1 }[event.key];
      if (to === undefined && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      if (to === undefined) choose(block);
      else if (blocks[to]) blocks[to].focus();
    };
    block.onclick = () => choose(block);
  }

  function choose(block) {
    if (block.dataset.stage) {
      home.kept = key(block);
      home.held = true; // goes on where it was, in the drawing that comes
      setTriggerValue("stage", Number(block.dataset.stage));
    } else if (block.dataset.layer !== data.input) {
      blocks.forEach((other) => other.classList.toggle("on", other === block));
      setTriggerValue("layer", block.dataset.layer);
    }
  }

  function stop(block) {
    blocks.forEach((other) => other.setAttribute("tabindex", other === block ? "0" : "-1"));
  }

  function say(words) {
    line.textContent = line.title = words;
    legend.hidden = true;
  }

  function rest() {
    line.textContent = data.says;
    line.title = data.scale;
    legend.hidden = false;
  }

  function buttons() {
    const size = element("button", { type: "button", "aria-pressed": String(data.large), title: "The same with larger blocks, and each layer's name and size" }, data.large ? "make small" : "enlarge");
    size.onclick = () => setTriggerValue("size", true);
    if (!data.stages) return [size];
    const all = element("button", { type: "button", title: "A stage is a run of layers with as many rows and columns" }, data.opened === data.stages ? "fold stages" : "open all stages");
    all.onclick = () => setTriggerValue("all", true);
    return [all, size];
  }
}
