// How large the loupes of this page show pixels, and where on a picture of the photo they look.
import { button } from "../../browser/elements.js";
import { loupeOf, placeAt } from "../../browser/loupe.js";
import { cropOf } from "./photos.js";
import { change, state } from "./state.js";

const ZOOMS = [1, 2, 4];  // pixels of the screen per pixel of the photo

export function deskLoupe(photo, at, moved, more = {}) {
  return loupeOf(photo, { at, moved, crop: cropOf(photo), zoom: () => state.zoom, ...more });
}

// A press or a drag on a picture of the photo puts the loupe there; a swipe calls `swiped` with 1 or -1.
export function aimed(picture, at, moved, swiped) {
  let down = null;
  const aim = (event) => {
    const box = picture.getBoundingClientRect();
    placeAt(at, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    moved();
  };
  picture.onpointerdown = (event) => {
    down = event.isPrimary ? event : null;  // two fingers pinch
    if (!down) return;
    if (event.pointerType !== "mouse") return;
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    aim(event);
  };
  picture.onpointermove = (event) => { if (down && event.pointerType === "mouse") aim(event); };
  picture.onpointerup = (event) => {
    if (!down) return;
    const dx = event.clientX - down.clientX, dy = event.clientY - down.clientY;
    down = null;
    if (event.pointerType !== "mouse" && Math.abs(dx) > 40 && Math.abs(dx) > 2 * Math.abs(dy)) swiped(dx < 0 ? 1 : -1);
    else aim(event);
  };
  picture.onpointercancel = () => { down = null; };
}

// The frame on a picture that shows what a loupe sees of it.
export function showSeen(frame, loupe) {
  frame.hidden = !loupe.seen;
  if (!loupe.seen) return;
  const [left, top, width, height] = loupe.seen.map((share) => 100 * share + "%");
  Object.assign(frame.style, { left, top, width, height });
}

export function zoomButtons() {
  for (const group of document.querySelectorAll(".zooms")) group.replaceChildren(...ZOOMS.map((size) =>
    button(`${100 * size} %`, { "aria-pressed": String(size === state.zoom) }, () => setZoom(size))));
}

export function zoomBy(step) {
  setZoom(ZOOMS[Math.max(0, Math.min(ZOOMS.indexOf(state.zoom) + step, ZOOMS.length - 1))]);
}

function setZoom(size) {
  state.zoom = size;
  zoomButtons();
  change("zoom");
}

const MOST = 16;  // times as large as it fits

// Wheel and pinch make a picture larger, about the place under the pointer or between the fingers; `zoomed` is called then.
export function zoomable(frame, picture, zoomed) {
  let size = 1, x = 0, y = 0;  // of the picture, and where its corner is moved to, in pixels of the screen
  let before = null;  // the middle of two fingers, and how far they are apart

  function by(factor, clientX, clientY, dx = 0, dy = 0) {
    const box = picture.getBoundingClientRect(), next = Math.min(Math.max(size * factor, 1), MOST);
    const left = box.left - x, top = box.top - y, grown = next / size;
    x = clientX - left - (clientX - left - x) * grown + dx;
    y = clientY - top - (clientY - top - y) * grown + dy;
    size = next;
    x = Math.min(0, Math.max(x, picture.clientWidth * (1 - size)));  // no edge comes into what it covers when it fits
    y = Math.min(0, Math.max(y, picture.clientHeight * (1 - size)));
    picture.style.transform = size > 1 ? `translate(${x}px, ${y}px) scale(${size})` : "";
    zoomed();
  }

  frame.onwheel = (event) => {
    event.preventDefault();
    by(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.002)), event.clientX, event.clientY);
  };
  frame.ontouchstart = frame.ontouchend = frame.ontouchcancel = (event) => { before = pinched(event); };
  frame.ontouchmove = (event) => {
    const now = pinched(event);
    if (!now || !before) return;
    by(now.apart / before.apart, now.x, now.y, now.x - before.x, now.y - before.y);
    before = now;
  };
}

function pinched(event) {
  if (event.touches.length !== 2) return null;
  const [{ clientX: x1, clientY: y1 }, { clientX: x2, clientY: y2 }] = event.touches;
  event.preventDefault();
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, apart: Math.hypot(x1 - x2, y1 - y2) || 1 };
}
