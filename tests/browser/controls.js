// Everything on the page that can be pressed, the insides of components too: [{ name, kind, element }], in the page's order.
// A name stays the same where only numbers differ, or the layer in a key: a tile stands for all tiles.
() => {
  const KINDS = [
    ["file", '[data-testid="stFileUploaderDropzone"] button'],
    ["choice", 'input[role="combobox"]'],
    ["number", 'input[type="number"]'],
    ["text", 'input[type="text"], textarea'],
    ["range", 'input[type="range"], [role="slider"]'],
    ["switch", '[data-testid="stCheckbox"] label'],
    ["button", 'button, [role="radio"], [role="tab"], summary'],
    ["place", 'canvas[tabindex], [data-testid="stVegaLiteChart"] svg'],
  ];
  const found = [];
  const seen = new Set();
  const visible = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== "hidden";
  };
  const disabled = (element) => element.disabled || element.getAttribute("aria-disabled") === "true";
  const own = (element) => element.getAttribute("aria-label") || element.title || element.innerText || element.id || "";
  const key = (element) => {
    for (let at = element; at; at = at.parentElement || at.getRootNode().host) {
      const named = [...(at.classList ?? [])].find((name) => name.startsWith("st-key-"));
      if (named) return named.slice(7).split("-").slice(0, 2).join("-"); // what follows names a layer or counts
    }
    return "";
  };
  const roots = (root) => [root, ...[...root.querySelectorAll("*")].filter((e) => e.shadowRoot).flatMap((e) => roots(e.shadowRoot))];
  for (const root of roots(document)) {
    for (const [kind, selector] of KINDS) {
      for (const element of root.querySelectorAll(selector)) {
        if (seen.has(element) || !visible(element) || disabled(element)) continue;
        if (element.closest('[data-testid="stToolbar"], [data-testid="stHeader"]')) continue;
        seen.add(element);
        const name = `${key(element)} ${kind} ${own(element).trim()}`.replace(/\d+(\.\d+)?/g, "#").replace(/\s+/g, " ");
        found.push({ name: name.slice(0, 100), kind, element });
      }
    }
  }
  return found;
}
