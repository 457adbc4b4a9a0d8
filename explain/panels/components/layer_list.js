// Every layer of a network in order: its name, facts, one sentence, and a strip of its strongest feature maps.

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "layers");
  const list = element("div", { class: "list", role: "group", "aria-label": `Layers of ${data.title}` });
  for (const layer of data.layers) {
    const strip = element("div", { class: "strip" });
    for (const picture of layer.pictures) {
      const image = element("img", { src: picture.src, alt: `${layer.title}, ${picture.name}`, title: picture.name, loading: "lazy" });
      image.style.aspectRatio = data.aspect;
      strip.append(image);
    }
    const button = element(
      "button",
      { type: "button", "aria-pressed": String(layer.name === data.chosen) },
      element("span", { class: "layer" }, layer.title),
      element("span", { class: "says" }, layer.says),
      element("span", { class: "facts soft" }, layer.kind),
      element("span", { class: "facts soft" }, layer.facts),
      strip,
    );
    button.onclick = () => {
      list.querySelectorAll("button").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      setStateValue("layer", layer.name);
    };
    list.append(button);
  }
  home.replaceChildren(list);
  if (!home.shown) requestAnimationFrame(() => reveal(list.querySelector('[aria-pressed="true"]')));
  home.shown = true;
}

// Scrolls the list, and nothing around it, to a layer that the address asked for.
function reveal(button) {
  let box = button && button.getRootNode().host;
  while (box && !(box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(box).overflowY))) box = box.parentElement;
  if (!box || box === document.scrollingElement || box.matches("[data-testid=stMain], .stMain")) return;
  box.scrollTop += button.getBoundingClientRect().top - box.getBoundingClientRect().top;
}
