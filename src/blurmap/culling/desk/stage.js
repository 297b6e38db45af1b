// The picture of a photo, made larger on its stage.
const MOST = 16;  // times as large as it fits

// Wheel and pinch make it larger, about the place under the pointer or between the fingers; a double click shows
// the photo's own pixels (twice what fits, if that is more), and a second one all of it. `full` tells how many times as
// large as it fits the photo's own pixels are; `changed` is called after each change.
export function zoomable(frame, picture, full, changed) {
  let size = 1, x = 0, y = 0;  // and where its corner is moved to, in shares of the sides that it has where it fits
  let before = null;  // the middle of two fingers, and how far they are apart

  function by(factor, clientX, clientY, dx = 0, dy = 0) {
    if (!picture.isConnected) return;  // another photo is on the stage, one without a picture
    const box = picture.getBoundingClientRect(), width = picture.clientWidth, height = picture.clientHeight;
    const next = Math.min(Math.max(size * factor, 1), Math.max(MOST, 2 * full())), grown = next / size;
    x = within((clientX - (clientX - box.left) * grown + dx - (box.left - x * width)) / width, next);
    y = within((clientY - (clientY - box.top) * grown + dy - (box.top - y * height)) / height, next);
    size = next;
    picture.style.setProperty("--size", size);
    picture.style.transform = size > 1 ? `translate(${100 * x}%, ${100 * y}%) scale(${size})` : "";
    changed();
  }

  frame.onwheel = (event) => {
    event.preventDefault();
    by(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.002)), event.clientX, event.clientY);
  };
  frame.ondblclick = (event) => by(size > 1 ? 1 / size : Math.max(full(), 2), event.clientX, event.clientY);
  frame.ontouchstart = frame.ontouchend = frame.ontouchcancel = (event) => { before = pinched(event); };
  frame.ontouchmove = (event) => {
    const now = pinched(event);
    if (!now || !before) return;
    by(now.apart / before.apart, now.x, now.y, now.x - before.x, now.y - before.y);
    before = now;
  };
  return { size: () => size, pan: (dx, dy) => by(1, 0, 0, dx, dy) };
}

function within(corner, size) { return Math.min(0, Math.max(corner, 1 - size)); }  // no edge comes into what it covers

function pinched(event) {
  if (event.touches.length !== 2) return null;
  const [{ clientX: x1, clientY: y1 }, { clientX: x2, clientY: y2 }] = event.touches;
  event.preventDefault();
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, apart: Math.hypot(x1 - x2, y1 - y2) || 1 };
}
