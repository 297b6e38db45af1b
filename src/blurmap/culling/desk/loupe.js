// A window onto the photo's own pixels. The page holds a crop of them; where the photo itself is at hand, as on the machine
// that scanned it, the loupe goes anywhere in it.
const ZOOMS = [1, 2, 4];  // pixels of the screen per pixel of the photo
let zoom = window.devicePixelRatio > 1.5 ? 2 : 1;

// `at` is { x, y }, shares of the photo's sides, and may be shared by several loupes; `moved` is called when it changes.
// Where only crops are at hand, loupes that are `together` show the middles of theirs, and then move alike.
function loupeOf(photo, at, moved, together = false) {
  const image = element("img", { alt: "", draggable: "false" }), note = element("span", {});
  const view = element("div", { class: "loupe", role: "img", "aria-label": `${photo.name}, its own pixels` }, image);
  const loupe = { view, draw, by, seen: null, source: "", whole: false };
  const crop = cropOf(photo), start = { ...at };
  let box = null, middle = at;
  if (crop) show(crop.source, crop.box, "the sharpest place of the subject, kept by the scan");
  else { note.textContent = "No pixels of it are in this page."; image.hidden = true; view.append(note); }
  if (photo.file) {
    const file = new Image();
    file.onload = () => {
      if (file.naturalWidth !== photo.width || file.naturalHeight !== photo.height) return;  // it is another photo by now
      loupe.whole = true;
      show(photo.file, [0, 0, photo.width, photo.height], "the photo itself: drag to move");
      moved();
    };
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
    const scale = zoom / window.devicePixelRatio, [left, top, right, bottom] = box;
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
    const scale = zoom / window.devicePixelRatio;
    by(-dx / scale / photo.width, -dy / scale / photo.height);
  });
  return loupe;
}

function within(middle, low, high, size) {  // a stretch around a middle, moved to lie between two ends
  return high - low <= size ? (low + high) / 2 : Math.min(Math.max(middle, low + size / 2), high - size / 2);
}

function placeAt(at, x, y) {
  at.x = Math.min(Math.max(x, 0), 1);
  at.y = Math.min(Math.max(y, 0), 1);
}

function middleOfCrop(photo) {
  const crop = cropOf(photo);
  if (!crop) return { x: .5, y: .5 };
  const [left, top, right, bottom] = crop.box;
  return { x: (left + right) / 2 / photo.width, y: (top + bottom) / 2 / photo.height };
}

function dragged(view, move) {
  let last = null;
  view.onpointerdown = (event) => {
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

// A press or a drag on a picture of the photo puts the loupe there; a swipe calls `swiped` with 1 or -1.
function aimed(picture, at, moved, swiped) {
  let down = null;
  const aim = (event) => {
    const box = picture.getBoundingClientRect();
    placeAt(at, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    moved();
  };
  picture.onpointerdown = (event) => {
    down = event;
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
function showSeen(frame, loupe) {
  frame.hidden = !loupe.seen;
  if (!loupe.seen) return;
  const [left, top, width, height] = loupe.seen.map((share) => 100 * share + "%");
  Object.assign(frame.style, { left, top, width, height });
}

function zoomButtons(drawAll) {
  for (const group of document.querySelectorAll(".zooms")) group.replaceChildren(...ZOOMS.map((size) =>
    button(`${100 * size} %`, { "aria-pressed": String(size === zoom) }, () => setZoom(size, drawAll))));
}

function setZoom(size, drawAll) {
  zoom = size;
  zoomButtons(drawAll);
  drawAll();
}
