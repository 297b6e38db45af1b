// Several photos at once.
import { $ } from "../../browser/elements.js";
import { change, state, subscribe } from "./state.js";

let lastPicked = null;  // where a range begins

export function pick(item, range = false) {
  const { items, selected } = state;
  const from = range && lastPicked ? items.findIndex((other) => other.photo === lastPicked) : -1;
  const to = items.indexOf(item);
  const some = from < 0 ? [item] : items.slice(Math.min(from, to), Math.max(from, to) + 1);
  const members = some.flatMap((other) => other.photos);
  const on = from >= 0 || !item.photos.every((photo) => selected.has(photo));
  for (const photo of members) if (on) selected.add(photo); else selected.delete(photo);
  lastPicked = item.photo;
  change("selection", new Set(members));
}

export function selectAll() {
  for (const photo of state.shown) state.selected.add(photo);
  change("selection", state.selected);
}

export function clearSelection() {
  const before = new Set(state.selected);
  state.selected.clear();
  change("selection", before);
}

export function moveSelecting(step) {
  const from = state.items[state.current], whole = (item) => item.photos.every((photo) => state.selected.has(photo));
  if (!from) return;
  if (!whole(from)) pick(from);
  change("focus", state.current + step);
  const to = state.items[state.current];
  if (to !== from && !whole(to)) pick(to);
}

function count() {
  const { size } = state.selected;
  $("selection").hidden = !size;
  $("selected-count").textContent = `${size} selected`;
  $("compare-selected").disabled = size < 2;
}

export function startSelection() {
  subscribe("selection", count);
  subscribe("list", count);
  $("clear").onclick = clearSelection;
}
