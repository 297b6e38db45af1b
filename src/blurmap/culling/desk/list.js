// Which photos are shown, in which order, and the bursts among them folded into stacks.
const KINDS = ["sharp", "selective", "defocused", "motion", "error"];
const UNSORTED = ["burst", "rank", "error"];  // they mean nothing across bursts, or have a filter of their own
const ORDERS = [["name", "name"], ["folder", "folder"],
  ...fields.filter((field) => !UNSORTED.includes(field.name)).map((field) => [field.name, field.label])];
const hidden = new Set(), unfolded = new Set();
const collator = new Intl.Collator(undefined, { numeric: true });
let shown = [];  // photos
let items = [];  // what has a card: a photo, or a folded burst
let ascending = true, folding = true;

function arrange() {
  const folder = $("folder").value, column = $("column").value, chosen = $("chosen").value;
  shown = photos.filter((p) => !hidden.has(p.kind) && (!folder || p.folder === folder)
    && (!chosen || (chosen === "soft" ? p.soft : (choices[p.path] || "open") === chosen)));
  const sign = ascending ? 1 : -1;
  shown.sort((a, b) => {
    const x = a[column], y = b[column];
    if (x === null || y === null) return (x === null) - (y === null) || a.index - b.index;
    const order = typeof x === "number" ? x - y : collator.compare(String(x), String(y));
    return sign * order || a.index - b.index;
  });
  const present = new Set(shown), placed = new Set();
  items = [];
  for (const photo of shown) {
    if (placed.has(photo)) continue;
    const members = folding ? burstOf(photo).filter((member) => present.has(member)) : [photo];
    for (const member of members) placed.add(member);
    if (members.length > 1 && !unfolded.has(photo.burst)) items.push({ photos: members, photo: members[0] });
    else items.push(...members.map((member) => ({ photos: [member], photo: member })));
  }
  for (const photo of [...selected]) if (!present.has(photo)) selected.delete(photo);  // what is not seen is not chosen
}

function isStack(item) { return item.photos.length > 1; }

function refresh() {
  const photo = items[current] && items[current].photo;
  arrange();
  const found = items.findIndex((item) => item.photos.includes(photo));
  current = found >= 0 ? found : Math.max(0, Math.min(current, items.length - 1));
  $("nothing").hidden = items.length > 0;
  layout();
  tell();
  tellSelection();
}

function toggleFold(item) {
  const burst = item.photo.burst;
  if (!bursts.has(burst)) return;
  if (unfolded.has(burst)) unfolded.delete(burst); else unfolded.add(burst);
  refresh();
  go(items.findIndex((other) => other.photo.burst === burst));
}

function toggleFolding() {
  folding = !folding;
  unfolded.clear();
  $("fold").setAttribute("aria-pressed", String(folding));
  refresh();
}

function controls() {
  for (const kind of KINDS) {
    const n = photos.filter((p) => p.kind === kind).length;
    if (!n) continue;
    const chip = button(`${kind} ${n}`, { "aria-pressed": "true", "data-verdict": kind, style: `--dot: var(--${kind})` }, () => {
      if (hidden.has(kind)) hidden.delete(kind); else hidden.add(kind);
      chip.setAttribute("aria-pressed", String(!hidden.has(kind)));
      refresh();
    });
    $("verdicts").append(chip);
  }
  const folders = [...new Set(photos.map((p) => p.folder))].sort(collator.compare);
  $("folder-label").hidden = folders.length < 2;
  $("folder").append(element("option", { value: "" }, "all"),
    ...folders.map((folder) => element("option", { value: folder }, folder)));
  for (const [column, label] of ORDERS) if (photos.some((p) => p[column] !== null))
    $("column").append(element("option", { value: column }, label));
  for (const id of ["folder", "column", "chosen"]) $(id).onchange = refresh;
  $("direction").onclick = () => {
    ascending = !ascending;
    $("direction").textContent = ascending ? "↑" : "↓";
    $("direction").setAttribute("aria-label", ascending ? "Ascending order" : "Descending order");
    refresh();
  };
  $("fold").hidden = $("best").hidden = !bursts.size;
  $("fold").onclick = toggleFolding;
}
