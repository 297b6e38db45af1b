// Photos side by side, four on a page, their loupes at one place and moving together.
import { $, button, element } from "../../browser/elements.js";
import { decide } from "./choices.js";
import { decideButtons, said } from "./decide.js";
import { burstOf, byRank, middleOfCrop, place, sure, wholeOf } from "./photos.js";
import { change, state, subscribe } from "./state.js";
import { aimed, deskLoupe, showSeen, zoomButtons } from "./zoom.js";

const PAGE = 4;
let current = 0, all = [], first = 0;  // what is compared, and the first of it on this page

function open(some) {
  const readable = [...some].sort(byRank).filter((photo) => !photo.error);
  if (readable.length < 2) return;
  all = readable;
  if (!$("compare").open) $("compare").showModal();
  openPage(0);
}

function openPage(from) {
  first = from;
  const chosen = all.slice(first, first + PAGE);
  $("compare-pages").hidden = all.length <= PAGE;
  $("compare-place").textContent = `${first + 1} to ${first + chosen.length} of ${all.length}`;
  $("compare-before").disabled = first === 0;
  $("compare-after").disabled = first + PAGE >= all.length;
  const at = middleOfCrop(chosen[0]);
  current = 0;
  state.compared = chosen.map((photo, i) => columnOf(photo, at, i));
  $("columns").style.setProperty("--count", chosen.length);
  $("columns").replaceChildren(...state.compared.map((column) => column.figure));
  zoomButtons();
  drawColumns();
  draw();
}

// By key: what is selected, or the burst of the card that has the focus.
export function compareChosen() {
  if (state.selected.size) change("compare", state.selected);
  else if (state.items[state.current]) change("compare", burstOf(state.items[state.current].photo));
}

function columnOf(photo, at, i) {
  const loupe = deskLoupe(photo, at, draw, { together: true }), whole = wholeOf(photo);
  const frame = element("div", { class: "seen" }), map = element("div", { class: "map" });
  if (whole) {
    const inner = element("div", {}, element("img", { src: whole.picture, alt: "", draggable: "false" }), frame);
    inner.style.aspectRatio = `${photo.width} / ${photo.height}`;
    map.append(inner);
    aimed(inner, at, draw, () => {});
  }
  const caption = element("figcaption", {}, element("strong", {}, photo.name), " ",
    element("span", { class: "verdict " + photo.kind }, photo.kind + sure(photo)), place(photo) && ` · ${place(photo)}`);
  const figure = element("figure", { tabindex: "-1" }, map, loupe.view, caption, element("div", { class: "decide" }));
  figure.onclick = () => { current = i; drawColumns(); };
  return { photo, loupe, figure, frame };
}

function draw() {
  if (!$("compare").open) return;
  for (const { loupe, frame } of state.compared) { loupe.draw(); showSeen(frame, loupe); }
  const whole = state.compared.every(({ loupe }) => loupe.whole);
  $("compare-note").textContent = whole ? "Drag one: all move." : "Of some only crops are at hand, each at its own sharpest place.";
}

function drawColumns() {
  if (!$("compare").open) return;
  for (const [i, { photo, figure }] of state.compared.entries()) {
    const focused = figure.contains(document.activeElement) && document.activeElement.dataset.choice;
    figure.classList.toggle("current", i === current);
    figure.lastElementChild.replaceChildren(...decideButtons(photo, (choice) => decide([[photo, choice]], said(photo, choice))),
      button("Only this", { "data-choice": "only", title: `Key ${i + 1}` }, () => keepOnly(i)));
    if (focused) figure.querySelector(`[data-choice=${focused}]`).focus();
  }
}

export function turnCompared(by) {
  const from = first + by * PAGE;
  if (from >= 0 && from < all.length) openPage(from);
}

export function keepOnly(i) {
  const { compared } = state;
  if (!compared[i]) return;
  const { photo } = compared[i], what = `${photo.name} kept, the other ${all.length - 1} rejected`;
  if (decide(all.map((other) => [other, other === photo ? "keep" : "reject"]), what) && all.length > PAGE) change("done", what);
  current = i;
  drawColumns();
}

export function stepCompared(by) {
  const to = current + by;
  if (to < 0 || to >= state.compared.length) {
    const before = first;
    turnCompared(by);
    if (first !== before && by < 0) current = state.compared.length - 1;
  } else current = to;
  drawColumns();
}

export function decideCompared(choice) {
  const { photo } = state.compared[current];
  decide([[photo, choice]], said(photo, choice));
}

export function moveLoupes(dx, dy) {  // by shares of what is seen
  const loupe = $("compare").open ? state.compared[current].loupe : state.largeLoupe;
  if (loupe.seen) loupe.by(dx * loupe.seen[2], dy * loupe.seen[3]);
}

export function startCompare() {
  subscribe("compare", open);
  subscribe("choices", drawColumns);
  subscribe("zoom", draw);
  window.addEventListener("resize", draw);
  $("compare-before").onclick = () => turnCompared(-1);
  $("compare-after").onclick = () => turnCompared(1);
  $("compare-selected").onclick = compareChosen;
}
