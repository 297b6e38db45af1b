// One photo, large: the whole of it with the blur, the loupe, and what is known of it.
import { $, element } from "../../browser/elements.js";
import { decide } from "./choices.js";
import { decideButtons, said } from "./decide.js";
import { burstOf, largeOf, middleOfCrop, place, sure, wholeOf } from "./photos.js";
import { zoomable } from "./stage.js";
import { change, state, subscribe } from "./state.js";
import { aimed, deskLoupe, showSeen, zoomButtons } from "./zoom.js";

const THUMBNAIL = 256;  // pixels, at most
let shownSide = 0;  // pixels, long side of the picture on the stage; 0 while there is none
let stuck = false;  // whether that is the thumbnail, and no larger picture comes
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
  stuck = !photo.file && !largeOf(photo);
  state.largeLoupe = deskLoupe(photo, at, draw, { failed: () => { if (photo.file) noLarger(photo); } });
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
  shownSide = 0;
  if (!whole) return;
  const [picture] = inner.getElementsByTagName("img");
  picture.onload = () => {
    if (!picture.isConnected) return;  // another photo is on the stage by now
    shownSide = Math.max(picture.naturalWidth, picture.naturalHeight);
    sayDrawnFrom();
  };
  if (!photo.file && largeOf(photo)) {
    const large = new Image();
    large.onload = () => { picture.src = large.src; };
    large.onerror = () => noLarger(photo);
    large.src = largeOf(photo);
  }
  const full = () => photo.width / window.devicePixelRatio / inner.clientWidth;
  aimed(inner, at, draw, stepLarge, zoomable($("stage"), inner, full, sayDrawnFrom));
}

function noLarger(photo) {
  if (photo !== state.large) return;
  stuck = true;
  sayDrawnFrom();
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
  const { large, largeLoupe } = state, note = $("stage").querySelector(".drawn-from");
  const { width, height } = $("stage").firstElementChild.getBoundingClientRect();
  const drawn = Math.max(width, height) * window.devicePixelRatio;
  note.hidden = !shownSide || shownSide >= Math.max(large.width, large.height) || drawn <= 1.1 * shownSide;
  note.textContent = (shownSide > THUMBNAIL ? `Drawn from a picture of ${shownSide} pixels.`
    : `A thumbnail of ${shownSide} pixels, drawn large: ${whyThumbnail(large)}.`)
    + (largeLoupe.seen ? " The loupe shows how sharp the photo is." : "");
}

function whyThumbnail(photo) {
  if (photo.file) return stuck ? "the photo is not at hand, or has changed" : "the photo is being read";
  if (!largeOf(photo)) return "no larger picture of it was kept";
  return stuck ? "the folder of larger pictures is not beside this page" : "a larger picture is being read";
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
