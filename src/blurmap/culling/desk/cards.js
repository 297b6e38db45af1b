// The grid: only the cards that are near the window are there, however many photos there are.
import { $, button, element } from "../../browser/elements.js";
import { choiceOf } from "./choices.js";
import { chooseItem, decideButtons, isStack } from "./decide.js";
import { toggleFold } from "./list.js";
import { burstOf, place, sure, wholeOf } from "./photos.js";
import { pick } from "./selection.js";
import { change, state, subscribe } from "./state.js";

let cardHeight = 0, gap = 0;
const drawn = new Map();  // card by number of its item

export function layout() {
  const inside = $("grid").contains(document.activeElement);
  const style = getComputedStyle(document.documentElement), width = $("grid").clientWidth;
  cardHeight = parseFloat(style.getPropertyValue("--card-height"));
  gap = parseFloat(style.getPropertyValue("--gap"));
  state.columns = Math.max(1, Math.floor((width + gap) / (parseFloat(style.getPropertyValue("--card-width")) + gap)));
  $("grid").style.height = Math.ceil(state.items.length / state.columns) * (cardHeight + gap) + "px";
  for (const card of drawn.values()) card.remove();
  drawn.clear();
  draw();
  if (inside && drawn.has(state.current)) drawn.get(state.current).focus({ preventScroll: true });
}

export function draw() {
  const { items, columns } = state, start = window.scrollY - $("grid").offsetTop, row = cardHeight + gap;
  const first = Math.max(0, Math.floor((start - 600) / row)) * columns;
  const last = Math.min(items.length, Math.ceil((start + window.innerHeight + 600) / row) * columns);
  for (const [i, card] of drawn)
    if ((i < first || i >= last) && !card.contains(document.activeElement)) { card.remove(); drawn.delete(i); }
  for (let i = first; i < last; i++) if (!drawn.has(i)) {
    drawn.set(i, cardOf(i));
    $("grid").append(drawn.get(i));
  }
}

// Draws the cards of these photos anew; what has the focus in them has it again.
function redraw(changed) {
  for (const [i, card] of drawn) if (state.items[i].photos.some((photo) => changed.has(photo))) {
    const focused = card.contains(document.activeElement) ? document.activeElement : null;
    const fresh = cardOf(i);
    card.replaceWith(fresh);
    drawn.set(i, fresh);
    if (!focused) continue;
    const again = focused === card ? fresh : fresh.querySelector(focused.dataset.choice
      ? `[data-choice=${focused.dataset.choice}]` : focused.tagName === "INPUT" ? "input" : ".fold");
    (again || fresh).focus({ preventScroll: true });
  }
}

function cardOf(i) {
  const { items, columns } = state, item = items[i], photo = item.photo, stack = isStack(item);
  const tabIndex = i === state.current ? 0 : -1;
  const choice = choiceOf(photo), picked = item.photos.every((member) => state.selected.has(member));
  const all = burstOf(photo).length === item.photos.length;
  const of = stack ? `, ${all ? "best" : item.photos.length} of ${burstOf(photo).length} photos of one moment` : place(photo) && `, ${place(photo)} of its burst`;
  const decided = stack ? decidedOf(item) : { keep: "kept", reject: "rejected" }[choice] || "";
  const card = element("div", { class: ["card", choice, stack ? "stack" : "", picked ? "selected" : "",
    !stack && state.folding && state.unfolded.has(photo.burst) ? "of-burst" : ""].filter(Boolean).join(" "), role: "listitem",
    tabindex: tabIndex,
    "aria-label": `${photo.name}${of}: ${photo.kind}. ${photo.error || photo.reason}${decided ? ". " + decided : ""}` });
  const width = ($("grid").clientWidth - (columns - 1) * gap) / columns;
  card.style.cssText = `left:${(i % columns) * (width + gap)}px;top:${Math.floor(i / columns) * (cardHeight + gap)}px;width:${width}px`;
  const why = photo.error || photo.reason;
  card.append(pictureOf(item, tabIndex, picked),
    element("div", { class: "name" }, element("span", { title: photo.path }, photo.name), element("span", { class: "choice" }, decided)),
    element("div", {}, element("span", { class: "verdict " + photo.kind }, photo.kind + sure(photo))),
    element("div", { class: "reason", title: why }, why));
  const buttons = decideButtons(photo, (chosen) => chooseItem(i, chosen), tabIndex);
  if (stack) { buttons[0].textContent = "Keep best"; buttons[1].textContent = all ? "Reject all" : "Reject these"; }
  card.append(element("div", { class: "decide" }, ...buttons));
  card.onfocus = () => { state.current = i; };
  return card;
}

function decidedOf(item) {
  const count = (choice) => item.photos.filter((photo) => choiceOf(photo) === choice).length;
  return [["keep", "kept"], ["reject", "rejected"]].filter(([c]) => count(c)).map(([c, word]) => `${count(c)} ${word}`).join(", ");
}

function pictureOf(item, tabIndex, picked) {
  const photo = item.photo, stack = isStack(item), whole = wholeOf(photo);
  const picture = element("div", { class: "picture" });
  picture.onclick = (event) => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) pick(item, event.shiftKey); else change("open", photo);
  };
  if (whole) {
    picture.append(element("img", { src: whole.picture, alt: photo.name }));
    if (whole.tint) picture.append(element("img", { class: "tint", alt: "", src: whole.tint }));
  } else {
    const loading = document.readyState === "loading" && !photo.error;
    picture.append(element("span", { class: "absent" }, photo.error ? "not readable" : loading ? "…" : "no picture"));
    if (loading) picture.dataset.waiting = "";
  }
  const box = element("input", { type: "checkbox", tabindex: tabIndex, "aria-label": `Select ${photo.name}` });
  box.checked = picked;
  const label = element("label", { class: "pick" }, box);
  label.onclick = (event) => event.stopPropagation();
  box.onclick = (event) => pick(item, event.shiftKey);
  picture.append(label);
  if (stack || (state.folding && state.unfolded.has(photo.burst) && photo === burstOf(photo)[0])) {
    const number = stack ? item.photos.length : burstOf(photo).length;
    picture.append(button(stack ? `▤ ${number}` : "▾ fold", { class: "fold", tabindex: tabIndex, "aria-expanded": String(!stack),
      "aria-label": `Burst of ${number} photos` }, (event) => { event.stopPropagation(); toggleFold(item); }));
  }
  if (place(photo)) picture.append(element("span", { class: "rank" }, place(photo)));
  return picture;
}

// Brings a card into the window, and the focus to it.
function focusOn(i) {
  const { items } = state;
  if (!items.length) return;
  state.current = Math.max(0, Math.min(i, items.length - 1));
  const head = document.querySelector("header"), foot = $("actions");
  const above = getComputedStyle(head).position === "sticky" ? head.offsetHeight : 0;
  const below = getComputedStyle(foot).position === "fixed" ? foot.offsetHeight : 0;
  const top = $("grid").offsetTop + Math.floor(state.current / state.columns) * (cardHeight + gap);
  if (top - above < window.scrollY) window.scrollTo(0, top - above - gap);
  else if (top + cardHeight + below > window.scrollY + window.innerHeight)
    window.scrollTo(0, top + cardHeight + below + gap - window.innerHeight);
  draw();
  for (const [j, card] of drawn) for (const part of [card, ...card.querySelectorAll("[tabindex]")])
    part.tabIndex = j === state.current ? 0 : -1;
  drawn.get(state.current).focus({ preventScroll: true });
}

// While the page is loading, pictures come after their cards.
function fillIn() {
  for (const [i, card] of drawn) if (card.querySelector("[data-waiting]") && wholeOf(state.items[i].photo))
    redraw(new Set([state.items[i].photo]));
  if (document.readyState === "loading") setTimeout(fillIn, 200);
}

export function startCards() {
  subscribe("list", layout);
  subscribe("cards", redraw);
  subscribe("selection", redraw);
  subscribe("focus", focusOn);
  window.addEventListener("scroll", draw, { passive: true });
  if (document.readyState === "loading") setTimeout(fillIn, 0);
  document.addEventListener("DOMContentLoaded", fillIn);
}
