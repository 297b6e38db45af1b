// A window onto a photo's own pixels: a crop of them, and where the photo itself is at hand, anywhere in it.
import { element } from "./elements.js";

// `photo` has name, width, height and, if it is at hand, the address `file`; `at` is { x, y }, shares of the photo's
// sides, and may be shared by several loupes; `moved` is called when it changes. `crop` has source and box (left, top,
// right, bottom); `zoom` tells how many pixels of the screen a pixel of the photo takes. Where only crops are at hand,
// loupes that are `together` show the middles of theirs, and then move alike. `failed`: the browser cannot show it.
export function loupeOf(photo, { at, moved, crop = null, zoom = () => 1, together = false, failed = () => {} }) {
  const image = element("img", { alt: "", draggable: "false" }), note = element("span", {});
  const view = element("div", { class: "loupe", role: "img", "aria-label": `${photo.name}, its own pixels` }, image);
  const loupe = { view, draw, by, seen: null, source: "", whole: false };
  const start = { ...at };
  let box = null, middle = at;
  if (crop) show(crop.source, crop.box, "the sharpest place of the subject, kept by the scan");
  else { image.hidden = true; view.append(note); }
  const none = () => { note.textContent = "No pixels of it are in this page."; failed(); };  // unseen where there is a crop
  if (!photo.file) none();
  else {
    const file = new Image();
    file.onload = () => {
      if (file.naturalWidth !== photo.width || file.naturalHeight !== photo.height) { none(); return; }  // another photo by now
      loupe.whole = true;
      show(photo.file, [0, 0, photo.width, photo.height], "the photo itself: drag to move");
      moved();
    };
    file.onerror = none;
    file.src = photo.file;
  }

  function show(source, where, words) {
    note.remove();
    image.hidden = false;
    image.src = source;
    box = where;
    loupe.source = words;
    draw();
  }

  function draw() {
    if (!box || !view.clientWidth) return;
    const scale = zoom() / window.devicePixelRatio, [left, top, right, bottom] = box;
    let x = at.x * photo.width, y = at.y * photo.height;
    const apart = together && (x < left || x > right || y < top || y > bottom);
    if (apart) {
      x = (left + right) / 2 + (at.x - start.x) * photo.width;
      y = (top + bottom) / 2 + (at.y - start.y) * photo.height;
    }
    x = within(x, left, right, view.clientWidth / scale);
    y = within(y, top, bottom, view.clientHeight / scale);
    middle = apart ? at : { x: x / photo.width, y: y / photo.height };
    image.style.width = (right - left) * scale + "px";
    image.style.height = (bottom - top) * scale + "px";
    image.style.transform = `translate(${view.clientWidth / 2 - (x - left) * scale}px, ${view.clientHeight / 2 - (y - top) * scale}px)`;
    const across = Math.min(view.clientWidth / scale, right - left), down = Math.min(view.clientHeight / scale, bottom - top);
    loupe.seen = [(x - across / 2) / photo.width, (y - down / 2) / photo.height, across / photo.width, down / photo.height];
  }

  function by(dx, dy) {  // in shares of the photo's sides, from what is seen now
    placeAt(at, middle.x + dx, middle.y + dy);
    moved();
  }

  dragged(view, (dx, dy) => {
    const scale = zoom() / window.devicePixelRatio;
    by(-dx / scale / photo.width, -dy / scale / photo.height);
  });
  return loupe;
}

function within(middle, low, high, size) {  // a stretch around a middle, moved to lie between two ends
  return high - low <= size ? (low + high) / 2 : Math.min(Math.max(middle, low + size / 2), high - size / 2);
}

export function placeAt(at, x, y) {
  at.x = Math.min(Math.max(x, 0), 1);
  at.y = Math.min(Math.max(y, 0), 1);
}

function dragged(view, move) {
  let last = null;
  view.onpointerdown = (event) => {
    last = null;
    if (!event.isPrimary) return;  // a second finger: they pinch
    view.setPointerCapture(event.pointerId);
    event.preventDefault();
    last = event;
  };
  view.onpointermove = (event) => {
    if (!last) return;
    move(event.clientX - last.clientX, event.clientY - last.clientY);
    last = event;
  };
  view.onpointerup = view.onpointercancel = () => { last = null; };
}
