// How large the loupes of this page show pixels, and where on a picture of the photo they look.
import { button } from "../../browser/elements.js";
import { loupeOf, placeAt } from "../../browser/loupe.js";
import { cropOf } from "./photos.js";
import { pinched, turnedBy } from "./stage.js";
import { change, state } from "./state.js";

const ZOOMS = [1, 2, 4];  // pixels of the screen per pixel of the photo
const NOTCH = .1, PINCH = 1.5;  // how far a wheel turns, or two fingers part, from one size to the next
const SLIP = 4;  // pixels that a press may move and still be none but a press

// Wheel and pinch go from one size to the next, and the place under the pointer or between the fingers stays.
export function deskLoupe(photo, at, moved, more = {}) {
  const loupe = loupeOf(photo, { at, moved, crop: cropOf(photo), zoom: () => state.zoom, ...more }), { view } = loupe;
  let turned = 0, before = null;

  function step(sizes, x, y) {
    const box = view.getBoundingClientRect(), old = state.zoom, [wasX, wasY] = middleSeen(loupe);
    zoomBy(sizes);
    const pixels = window.devicePixelRatio * (1 / old - 1 / state.zoom);  // of the photo, by which a place has moved
    if (!pixels) return;
    const [isX, isY] = middleSeen(loupe);
    loupe.by(wasX - isX + (x - box.left - box.width / 2) * pixels / photo.width,
      wasY - isY + (y - box.top - box.height / 2) * pixels / photo.height);
  }

  view.onwheel = (event) => {
    event.preventDefault();
    turned += turnedBy(event);
    if (Math.abs(turned) < NOTCH) return;
    step(Math.sign(turned), event.clientX, event.clientY);
    turned = 0;
  };
  view.ontouchstart = view.ontouchend = view.ontouchcancel = (event) => { before = pinched(event); };
  view.ontouchmove = (event) => {
    const now = pinched(event), wider = now && before ? now.apart / before.apart : 1;
    if (wider < PINCH && wider > 1 / PINCH) return;
    step(wider > 1 ? 1 : -1, now.x, now.y);
    before = now;
  };
  return loupe;
}

function middleSeen({ seen }) { return seen ? [seen[0] + seen[2] / 2, seen[1] + seen[3] / 2] : [.5, .5]; }

// A press or a drag on a picture of the photo puts the loupe there; a swipe calls `swiped` with 1 or -1. Where the
// picture is zoomed, a drag or a finger moves it instead, and there are no swipes.
export function aimed(picture, at, moved, swiped, zoomed = null) {
  let down = null, last = null, panned = false;
  const large = () => zoomed !== null && zoomed.size() > 1;
  const aim = (event) => {
    const box = picture.getBoundingClientRect();
    placeAt(at, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    moved();
  };
  picture.onpointerdown = (event) => {
    down = last = event.isPrimary ? event : null;  // two fingers pinch
    panned = false;
    if (!down || event.pointerType !== "mouse") return;
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    if (!large()) aim(event);
  };
  picture.onpointermove = (event) => {
    if (!down) return;
    if (large()) {
      panned ||= Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > SLIP;
      if (panned) zoomed.pan(event.clientX - last.clientX, event.clientY - last.clientY);
      if (panned) last = event;
    } else if (event.pointerType === "mouse") aim(event);
  };
  picture.onpointerup = (event) => {
    if (!down) return;
    const dx = event.clientX - down.clientX, dy = event.clientY - down.clientY;
    down = null;
    if (panned) return;
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
