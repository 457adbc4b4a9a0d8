// A row (or a scrolling field) of pictures to choose from.

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "thumbnails");
  const field = element("div", { class: data.height ? "picks scroll" : "picks", role: "group", "aria-label": data.label });
  if (data.height) field.style.setProperty("--picks-height", `${data.height}px`);
  const before = home.querySelector(".picks");
  const scrolled = before ? before.scrollTop : 0;
  for (const item of data.items) {
    const picture = element("img", { src: item.src, alt: item.title, loading: "lazy" });
    picture.style.height = `${data.size}px`;
    if (data.square) picture.style.width = `${data.size}px`;
    const button = element("button", { type: "button", "aria-pressed": String(item.id === data.chosen), title: item.title }, picture);
    if (data.names) {
      const name = element("div", { class: "name soft" }, item.title);
      name.style.maxWidth = `${data.size}px`;
      button.append(name);
    }
    button.onclick = () => {
      field.querySelectorAll("button").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      setStateValue("chosen", item.id);
    };
    field.append(button);
  }
  home.replaceChildren(field);
  field.scrollTop = scrolled;
}
