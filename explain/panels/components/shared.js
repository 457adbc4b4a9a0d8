// Drawing helpers that every component of the page shares; put in front of each component's own code.

const element = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

// One root a component instance: Streamlit calls the component again with every new data, and the old picture must go.
const root = (parent, name) => {
  let node = parent.querySelector(".root");
  if (!node) {
    node = element("div", { class: `root ${name}` });
    parent.append(node);
  }
  return node;
};

const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

// Values travel as 16-bit steps between a low and a high, one pair a tile: half the size of floats, exact to 1/65535 of the range.
const unpack = (tile) => {
  const steps = new Uint16Array(bytes(tile.steps).buffer);
  const span = (tile.high - tile.low) / 65535;
  return Float32Array.from(steps, (s) => tile.low + s * span);
};

// Which of the 256 colours of a palette a value has.
const level = (value, low, high) => Math.max(0, Math.min(255, Math.round(((value - low) / (high - low || 1)) * 255)));

// palette: 256 RGB triples, base64. A signed scale runs from -limit to +limit so that zero has the middle colour.
const paint = (canvas, values, width, height, low, high, palette) => {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const colour = 3 * level(values[i], low, high);
    image.data[4 * i] = palette[colour];
    image.data[4 * i + 1] = palette[colour + 1];
    image.data[4 * i + 2] = palette[colour + 2];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
};

// The same as a background, for the many small ones: a canvas that is drawn on is a layer of its own to the browser, and whatever moves
// anywhere on the page has it put all its layers in order anew.
const paintBehind = (canvas, ...painted) => {
  const [, width, height] = painted;
  Object.assign(canvas, { width, height });
  canvas.painted = () => {
    const own = element("canvas");
    paint(own, ...painted);
    return own;
  };
  canvas.style.background = `url(${bitmap(...painted)}) 0 0 / 100% 100%`;
};

// A BMP file of 256 colours as a data URL: put together in a tenth of the time that a canvas takes to write a PNG.
const bitmap = (values, width, height, low, high, palette) => {
  const start = 54 + 4 * 256, row = (width + 3) & ~3, file = new Uint8Array(start + row * height), head = new DataView(file.buffer);
  file.set([66, 77]);
  for (const [at, number] of [[2, file.length], [10, start], [14, 40], [18, width], [22, -height]]) head.setInt32(at, number, true);
  for (const [at, number] of [[26, 1], [28, 8]]) head.setInt16(at, number, true); // planes, bits a pixel
  for (let i = 0; i < 256; i++) file.set([palette[3 * i + 2], palette[3 * i + 1], palette[3 * i]], 54 + 4 * i);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) file[start + y * row + x] = level(values[y * width + x], low, high);
  let text = "";
  for (let i = 0; i < file.length; i += 8192) text += String.fromCharCode(...file.subarray(i, i + 8192));
  return `data:image/bmp;base64,${btoa(text)}`;
};

const number = (value) => {
  const size = Math.abs(value);
  if (value === 0) return "0";
  return size >= 100 ? value.toFixed(1) : size >= 0.01 ? value.toFixed(3) : value.toExponential(1);
};

const place = (event, canvas) => {
  const box = canvas.getBoundingClientRect();
  const at = (position, start, length, count) =>
    Math.max(0, Math.min(count - 1, Math.floor(((position - start) / length) * count)));
  return {
    x: at(event.clientX, box.left, box.width, canvas.width),
    y: at(event.clientY, box.top, box.height, canvas.height),
  };
};

// Saves what a canvas holds, enlarged without smoothing so that the file shows pixels as pixels.
const save = (canvas, name, width) => {
  const scale = Math.max(1, Math.round(width / canvas.width));
  const copy = element("canvas", { width: canvas.width * scale, height: Math.round((canvas.width * scale) / (canvas.ratio || canvas.width / canvas.height)) });
  const context = copy.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas.painted?.() || canvas, 0, 0, copy.width, copy.height);
  const link = element("a", { href: copy.toDataURL("image/png"), download: name });
  link.click();
};
