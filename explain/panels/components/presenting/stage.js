// Buttons that fill the screen with what is below, copy its link and copy it as a picture; Escape leaves the full screen.
// A view that a press or the page's address has opened is brought into sight.

const LARGEST = 8000, MARGIN = 12; // pixels: of a picture's side at most, of the ground around it
const LOOK = `
  .stage-tools { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
  .stage-tools button { border-radius: 6px; padding: 4px 10px; min-height: 28px; background: var(--st-background-color); }
  .stage-tools button:hover { border-color: var(--st-primary-color); }
  .stage-tools [role="status"]:empty { display: none; }`;

export default function (component) {
  const { data: [data], parentElement, setStateValue } = component;
  const home = root(parentElement, "stage-tools");
  const said = home.querySelector("[role=status]") || element("span", { role: "status" });
  const turn = () => setStateValue("turn", data.turn + 1);
  const button = (label, title, act) => {
    const node = element("button", { type: "button", title }, label);
    node.onclick = act;
    return node;
  };
  const copyLink = async () => {
    said.textContent = (await copied(window.location.href)) ? "Link copied" : window.location.href;
  };
  const copyPicture = async () => {
    const stage = document.querySelector(data.target);
    if (!stage) return;
    said.textContent = "Drawing…";
    try {
      said.textContent = await handOut(portrait(stage), data.file);
    } catch (problem) {
      said.textContent = `The picture could not be drawn (${problem.message}).`;
    }
  };
  home.replaceChildren(
    element("style", {}, LOOK),
    ...(data.presenting ? [] : [button("Present", "Fill the screen with this view, in large type", turn)]),
    button("Copy link", "Copy the address of what is shown now", copyLink),
    button("Copy picture", "Copy the charts, pictures and texts below as a PNG, without the buttons", copyPicture),
    ...(data.presenting ? [button(data.escape ? "Leave (Esc)" : "Leave the large type", "Back to the whole page", turn)] : []),
    said,
  );
  if (home.onEscape) document.removeEventListener("keydown", home.onEscape);
  home.onEscape = (event) => {
    if (event.key === "Escape" && data.escape && !taken(event)) turn();
  };
  document.addEventListener("keydown", home.onEscape);
  const named = presses === null && new URLSearchParams(window.location.search).has("view");
  if (!data.still && (named || (presses !== null && data.presses > presses))) bring(data.sight, data.target, named);
  presses = data.presses;
  return () => document.removeEventListener("keydown", home.onEscape);
}

// How many presses had opened a view when this was drawn last: kept here, for the component itself comes and goes.
let presses = null;

// Scrolls to the choice of the view, with the view below it: again where the page has grown since, unless the visitor
// does something meanwhile. A button that is gone has taken the focus with it: then the view gets it.
function bring(sight, target, named) {
  const calm = named || matchMedia("(prefers-reduced-motion: reduce)").matches;
  let height = 0;
  const step = () => {
    const bar = document.querySelector(sight), view = document.querySelector(target);
    const tall = bar?.closest("[data-testid=stMain]")?.scrollHeight;
    if (bar && tall !== height) bar.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
    height = tall;
    if (named || !view || document.activeElement !== document.body) return;
    view.tabIndex = -1;
    view.focus({ preventScroll: true });
  };
  const timers = [50, 500, 1000, 1500, 2000, 3000, 4000, 6000, 9000].map((wait) => setTimeout(step, wait));
  const stop = () => timers.forEach(clearTimeout);
  for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) window.addEventListener(event, stop, { once: true, passive: true });
}

// Whether Escape is meant for something else: a list that is open, a field, a picture that has the screen to itself.
function taken(event) {
  if (event.defaultPrevented || document.fullscreenElement) return true;
  if (document.querySelector("[role=listbox], [role=dialog], [data-baseweb=popover]")) return true;
  const [first] = event.composedPath();
  return first instanceof Element && first.matches("input:not([type=range]), textarea, [contenteditable=true], [role=application]");
}

// The clipboard is for pages on https and on this machine alone; elsewhere the old way may still do.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("textarea", { style: "position: fixed; opacity: 0" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

// Into the clipboard where the browser lets a page do that, else into a file; says which of both it was.
async function handOut(drawing, file) {
  const blob = drawing.then((canvas) => new Promise((done) => canvas.toBlob(done, "image/png")));
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    return "Picture copied";
  } catch {
    const link = element("a", { href: URL.createObjectURL(await blob), download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    return `Saved as ${file}`;
  }
}

const CONTROLS = ["stButton", "stDownloadButton", "stPopover", "stElementToolbar", "stTooltipIcon", "stFileUploader", "stIconMaterial"]
  .map((name) => `[data-testid=${name}]`).join(", ");

// A part of the page as a canvas: what is seen of its pictures, charts, colours and texts, each where it stands.
async function portrait(stage) {
  const box = stage.getBoundingClientRect();
  const [width, height] = [box.width + 2 * MARGIN, box.height + 2 * MARGIN];
  const sharp = Math.min(2, LARGEST / Math.max(width, height));
  const canvas = element("canvas", { width: Math.ceil(width * sharp), height: Math.ceil(height * sharp) });
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  pen.translate(MARGIN - box.left, MARGIN - box.top);
  pen.fillStyle = ground(stage);
  pen.fillRect(box.left - MARGIN, box.top - MARGIN, width, height);
  await draw(stage, pen);
  return canvas;
}

// The colour behind an element.
function ground(node) {
  for (let at = node; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/^rgba\(.*, 0\)$|^transparent$/.test(colour)) return colour;
  }
  return "white";
}

async function draw(node, pen) {
  if (node.nodeType === Node.TEXT_NODE) return write(node, pen);
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches(`style, script, ${CONTROLS}`)) return;
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  // What has no box of its own may hold something that has; a part that is folded away has one and is not seen.
  if (style.display !== "contents" && !node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return;
  pen.save();
  pen.globalAlpha *= Number(style.opacity);
  if (style.display !== "contents" && node.type !== "range") {
    pen.fillStyle = shades(pen, style, box) || style.backgroundColor;
    pen.fillRect(box.left, box.top, box.width, box.height);
    frame(pen, style, box);
  }
  if (node instanceof SVGSVGElement) {
    if (box.width && box.height) pen.drawImage(await asImage(node, style, box), box.left, box.top, box.width, box.height);
  } else if (node instanceof HTMLCanvasElement || node instanceof HTMLImageElement) {
    if (node.width && node.height && node.complete !== false && node.naturalWidth !== 0) {
      pen.imageSmoothingEnabled = style.imageRendering !== "pixelated";
      pen.drawImage(node, box.left, box.top, box.width, box.height);
    }
  } else if (node instanceof HTMLInputElement) {
    if (node.type === "range") slider(pen, node, style, box);
    else if (/^(text|number|search|)$/.test(node.type)) letters(pen, node.value, style, node, box.left + 8, box);
  } else {
    if (/hidden|auto|scroll|clip/.test(style.overflow)) {
      pen.beginPath();
      pen.rect(box.left, box.top, box.width, box.height);
      pen.clip();
    }
    for (const child of (node.shadowRoot || node).childNodes) await draw(child, pen);
  }
  pen.restore();
}

// Colours that run from left to right, as the scales of maps have them.
function shades(pen, style, box) {
  const stops = [...style.backgroundImage.matchAll(/(rgba?\([^)]*\))\s*(?:([\d.]+)%)?/g)];
  if (stops.length < 2 || !/^linear-gradient\((to right|90deg)/.test(style.backgroundImage)) return null;
  const run = pen.createLinearGradient(box.left, 0, box.right, 0);
  const at = (share) => Math.max(0, Math.min(1, share));
  stops.forEach(([, colour, share], place) => run.addColorStop(at(share === undefined ? place / (stops.length - 1) : share / 100), colour));
  return run;
}

function slider(pen, node, style, box) {
  const share = (node.value - node.min) / (node.max - node.min || 1), middle = box.top + box.height / 2;
  const at = box.left + 8 + share * (box.width - 16);
  pen.fillStyle = pen.strokeStyle = /^rgb/.test(style.accentColor) ? style.accentColor : style.color;
  pen.lineWidth = 2;
  pen.strokeRect(box.left, middle - 2, box.width, 4);
  pen.fillRect(box.left, middle - 2, at - box.left, 4);
  pen.beginPath();
  pen.arc(at, middle, 8, 0, 2 * Math.PI);
  pen.fill();
}

function frame(pen, style, box) {
  const wide = parseFloat(style.borderTopWidth);
  if (!wide || style.borderTopStyle !== "solid" || !parseFloat(style.borderLeftWidth)) return;
  pen.strokeStyle = style.borderTopColor;
  pen.lineWidth = wide;
  pen.strokeRect(box.left + wide / 2, box.top + wide / 2, box.width - wide, box.height - wide);
}

async function asImage(svg, style, box) {
  const copy = svg.cloneNode(true);
  if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${svg.clientWidth || box.width} ${svg.clientHeight || box.height}`);
  copy.setAttribute("width", box.width * 2);
  copy.setAttribute("height", box.height * 2);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.style.color = style.color;
  copy.prepend(element("style", {}, await fonts()));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  return image;
}

// The page's own typefaces as CSS with the files in it: a picture may not fetch any.
let asked = null;
function fonts() {
  asked = asked || (async () => {
    const loaded = new Set([...document.fonts].filter((face) => face.status === "loaded").map((face) => `${face.family} ${face.style}`.replaceAll('"', "")));
    const rules = [...document.styleSheets].flatMap((sheet) => {
      try { return [...sheet.cssRules]; } catch { return []; } // another site's
    });
    const faces = rules.filter((rule) => rule instanceof CSSFontFaceRule && loaded.has(
      `${rule.style.getPropertyValue("font-family")} ${rule.style.getPropertyValue("font-style") || "normal"}`.replaceAll('"', ""),
    ));
    return (await Promise.all(faces.map(inlined))).join("\n");
  })();
  return asked;
}

async function inlined(face) {
  const [, address] = face.style.getPropertyValue("src").match(/url\("?([^")]*)"?\)/) || [];
  if (!address) return "";
  try {
    const file = await (await fetch(new URL(address, face.parentStyleSheet.href || document.baseURI))).blob();
    const reader = new FileReader();
    const url = await new Promise((done) => { reader.onload = () => done(reader.result); reader.readAsDataURL(file); });
    return face.cssText.replace(/url\("?[^")]*"?\)/, `url("${url}")`);
  } catch {
    return ""; // another typeface will do
  }
}

// Word by word, since only the browser knows where a line ends.
function write(node, pen) {
  const parent = node.parentElement || node.getRootNode().host;
  if (!parent || !node.data.trim()) return;
  const style = getComputedStyle(parent), range = document.createRange();
  for (const word of node.data.matchAll(/\S+/g)) {
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    const [box] = range.getClientRects();
    if (box && box.width) letters(pen, word[0], style, parent, box.left, box);
  }
}

function letters(pen, text, style, node, left, box) {
  const size = parseFloat(style.fontSize) * (node.currentCSSZoom || 1);
  pen.font = `${style.fontStyle} ${style.fontWeight} ${size}px ${style.fontFamily}`;
  pen.fillStyle = style.color;
  const shown = style.textTransform === "uppercase" ? text.toUpperCase() : text;
  const { fontBoundingBoxAscent: above, fontBoundingBoxDescent: below } = pen.measureText(shown);
  pen.fillText(shown, left, box.top + (box.height - above - below) / 2 + above);
}
