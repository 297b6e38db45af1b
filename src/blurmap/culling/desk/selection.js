// Several photos at once.
const selected = new Set();
let lastPicked = null;  // where a range begins

function pick(item, range = false) {
  const from = range && lastPicked ? items.findIndex((other) => other.photo === lastPicked) : -1;
  const to = items.indexOf(item);
  const some = from < 0 ? [item] : items.slice(Math.min(from, to), Math.max(from, to) + 1);
  const members = some.flatMap((other) => other.photos);
  const on = from >= 0 || !item.photos.every((photo) => selected.has(photo));
  for (const photo of members) if (on) selected.add(photo); else selected.delete(photo);
  lastPicked = item.photo;
  redraw(new Set(members));
  tellSelection();
}

function selectAll() {
  for (const photo of shown) selected.add(photo);
  redraw(selected);
  tellSelection();
}

function clearSelection() {
  const before = new Set(selected);
  selected.clear();
  redraw(before);
  tellSelection();
}

function tellSelection() {
  $("selection").hidden = !selected.size;
  $("selected-count").textContent = `${selected.size} selected`;
  $("compare-selected").disabled = selected.size < 2 || selected.size > 4;
}

function moveSelecting(step) {
  const from = items[current];
  if (!from) return;
  if (!from.photos.every((photo) => selected.has(photo))) pick(from);
  go(current + step);
  if (items[current] !== from && !items[current].photos.every((photo) => selected.has(photo))) pick(items[current]);
}
