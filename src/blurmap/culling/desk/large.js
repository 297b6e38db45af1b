// One photo, large: the whole of it with the blur, the loupe, and what is known of it.
import { $, element } from "../../browser/elements.js";
import { decide } from "./choices.js";
import { decideButtons, said } from "./decide.js";
import { burstOf, largeOf, middleOfCrop, place, sure, wholeOf } from "./photos.js";
import { change, state, subscribe } from "./state.js";
import { aimed, deskLoupe, showSeen, zoomable, zoomButtons } from "./zoom.js";

let shownWidth = 0;  // pixels, of the picture on the stage
let at = { x: .5, y: .5 };  // where the loupe looks

function open(photo) {
  if (!$("large").open) $("large").showModal();
  state.large = photo;
  at = middleOfCrop(photo);
  const order = inOrder(), index = order.indexOf(photo);
  $("previous").disabled = index <= 0;
  $("next").disabled = index < 0 || index === order.length - 1;
  $("large").setAttribute("aria-label", `${photo.name}, ${index + 1} of ${order.length}`);
  $("large-compare").hidden = burstOf(photo).length < 2;
  state.largeLoupe = deskLoupe(photo, at, draw);
  drawStage(photo);
  $("large-loupe").replaceChildren(state.largeLoupe.view, element("p", { class: "source" }));
  $("facts").replaceChildren(...factsOf(photo));
  zoomButtons();
  drawDecision();
  draw();
}

function inOrder() { return state.items.flatMap((item) => item.photos); }

export function stepLarge(by) {
  const order = inOrder(), next = order[order.indexOf(state.large) + by];
  if (next) open(next);
}

function drawStage(photo) {
  const whole = wholeOf(photo), inner = element("div", {});
  if (whole) inner.append(element("img", { src: whole.picture, alt: photo.name, draggable: "false" }));
  if (whole && whole.tint) inner.append(element("img", { src: whole.tint, class: "tint", alt: "", draggable: "false" }));
  if (whole) inner.append(element("div", { class: "seen" }));
  else inner.append(photo.error ? "not readable" : "no picture");
  $("stage").replaceChildren(inner, element("p", { class: "drawn-from", role: "note" }));
  shownWidth = 0;
  const [picture] = inner.getElementsByTagName("img");
  if (picture) picture.onload = () => { shownWidth = picture.naturalWidth; sayDrawnFrom(); };
  if (picture && largeOf(photo)) {
    const large = new Image();
    large.onload = () => { if (picture.isConnected && picture.src !== photo.file) picture.src = large.src; };
    large.src = largeOf(photo);
  }
  if (whole) zoomable($("stage"), inner);
  if (whole) aimed(inner, at, draw, stepLarge);
}

function draw() {
  if (!$("large").open) return;
  const { large, largeLoupe } = state, inner = $("stage").firstElementChild, [picture] = inner.getElementsByTagName("img");
  if (picture) {
    const scale = Math.min($("stage").clientWidth / large.width, $("stage").clientHeight / large.height);
    Object.assign(inner.style, { width: large.width * scale + "px", height: large.height * scale + "px" });
    if (largeLoupe.whole && picture.src !== large.file) picture.src = large.file;
  }
  largeLoupe.draw();
  if (picture) showSeen(inner.lastElementChild, largeLoupe);
  $("large-loupe").lastElementChild.textContent = largeLoupe.source;
  sayDrawnFrom();
}

// A small picture drawn large looks blurred: that is said.
function sayDrawnFrom() {
  const { large } = state, note = $("stage").querySelector(".drawn-from"), inner = $("stage").firstElementChild;
  const drawn = inner.getBoundingClientRect().width * window.devicePixelRatio;
  note.hidden = !shownWidth || shownWidth >= large.width || drawn <= 1.1 * shownWidth;
  note.textContent = `Drawn from a picture of ${shownWidth} pixels: how sharp the photo is shows in the loupe.`;
}

function drawDecision() {
  if (!$("large").open) return;
  const focused = $("large-decide").contains(document.activeElement) && document.activeElement.dataset.choice;
  $("large-decide").replaceChildren(...decideButtons(state.large, decideLarge));
  if (focused) $("large-decide").querySelector(`[data-choice=${focused}]`).focus();
}

export function decideLarge(choice) {
  const order = inOrder(), next = order[order.indexOf(state.large) + 1];  // before filters apply
  decide([[state.large, choice]], said(state.large, choice));
  if (choice && next) open(next);
}

function factsOf(photo) {
  const facts = [element("h2", {}, photo.name),
    element("p", {}, element("span", { class: "verdict " + photo.kind }, photo.kind + sure(photo)), place(photo) && ` · ${place(photo)} of its burst`),
    element("p", {}, photo.error || photo.reason)];
  const size = photo.width && `${photo.width} × ${photo.height}`;
  const bytes = photo.bytes && (photo.bytes < 1e6 ? Math.round(photo.bytes / 1e3) + " kB" : (photo.bytes / 1e6).toFixed(1) + " MB");
  const also = photo.also && "and " + photo.also.map((file) => file.path.split(/[\\/]/).pop()).join(", ");
  const sharp = photo.sharp_size && `sharp up to ${photo.sharp_size} pixels`;
  const taken = photo.taken && photo.taken.slice(0, 19).replace("T", " ");
  for (const line of [[taken, photo.camera], [size, photo.format, bytes, also], [sharp], [photo.path]])
    if (line.some(Boolean)) facts.push(element("p", { class: "exif" }, line.filter(Boolean).join(" · ")));
  return facts;
}

// Back in the grid, the photo that was large has the focus.
function backToGrid() {
  const index = state.items.findIndex((item) => item.photos.includes(state.large));
  change("focus", index < 0 ? state.current : index);  // a choice may have filtered it away
}

export function closeLarge() {
  $("large").close();
  backToGrid();  // at once: the event comes later than the next key may
}

export function startLarge() {
  subscribe("open", open);
  subscribe("choices", drawDecision);
  subscribe("zoom", draw);
  window.addEventListener("resize", draw);
  $("previous").onclick = () => stepLarge(-1);
  $("next").onclick = () => stepLarge(1);
  $("large-compare").onclick = () => change("compare", burstOf(state.large));
  $("large").onclose = backToGrid;
}
