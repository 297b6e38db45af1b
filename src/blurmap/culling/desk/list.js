// Which photos are shown, in which order, and the bursts among them folded into stacks.
import { $, button, element } from "../../browser/elements.js";
import { choiceOf } from "./choices.js";
import { bursts, burstOf, fields, photos } from "./photos.js";
import { change, state, subscribe } from "./state.js";

export const KINDS = ["sharp", "selective", "defocused", "motion", "unjudged", "error"];
const UNSORTED = ["burst", "rank", "error"];  // they mean nothing across bursts, or have a filter of their own
const ORDERS = [["name", "name"], ["folder", "folder"],
  ...fields.filter((field) => !UNSORTED.includes(field.name)).map((field) => [field.name, field.label])];
const collator = new Intl.Collator(undefined, { numeric: true });
let ascending = true;

function arrange() {
  const folder = $("folder").value, column = $("column").value, chosen = $("chosen").value;
  state.shown = photos.filter((p) => !state.hidden.has(p.kind) && (!folder || p.folder === folder)
    && (!chosen || (chosen === "soft" ? p.soft : (choiceOf(p) || "open") === chosen)));
  const sign = ascending ? 1 : -1;
  state.shown.sort((a, b) => {
    const x = a[column], y = b[column];
    if (x === null || y === null) return (x === null) - (y === null) || a.index - b.index;
    const order = typeof x === "number" ? x - y : collator.compare(String(x), String(y));
    return sign * order || a.index - b.index;
  });
  const present = new Set(state.shown), placed = new Set();
  state.items = [];
  for (const photo of state.shown) {
    if (placed.has(photo)) continue;
    const members = state.folding ? burstOf(photo).filter((member) => present.has(member)) : [photo];
    for (const member of members) placed.add(member);
    if (members.length > 1 && !state.unfolded.has(photo.burst)) state.items.push({ photos: members, photo: members[0] });
    else state.items.push(...members.map((member) => ({ photos: [member], photo: member })));
  }
  for (const photo of [...state.selected]) if (!present.has(photo)) state.selected.delete(photo);  // what is not seen is not chosen
}

export function refresh() {
  const photo = state.items[state.current] && state.items[state.current].photo;
  arrange();
  const index = state.items.findIndex((item) => item.photos.includes(photo));
  state.current = index >= 0 ? index : Math.max(0, Math.min(state.current, state.items.length - 1));
  $("nothing").hidden = state.items.length > 0;
  change("list");
}

export function toggleFold(item) {
  const burst = item.photo.burst;
  if (!bursts.has(burst)) return;
  if (state.unfolded.has(burst)) state.unfolded.delete(burst); else state.unfolded.add(burst);
  refresh();
  change("focus", state.items.findIndex((other) => other.photo.burst === burst));
}

function toggleFolding() {
  state.folding = !state.folding;
  state.unfolded.clear();
  $("fold").setAttribute("aria-pressed", String(state.folding));
  refresh();
}

export function startList() {
  for (const kind of KINDS) {
    const n = photos.filter((p) => p.kind === kind).length;
    if (!n) continue;
    const chip = button(`${kind} ${n}`, { "aria-pressed": "true", "data-verdict": kind, style: `--dot: var(--${kind})` }, () => {
      if (state.hidden.has(kind)) state.hidden.delete(kind); else state.hidden.add(kind);
      chip.setAttribute("aria-pressed", String(!state.hidden.has(kind)));
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
  subscribe("choices", (changed) => { if ($("chosen").value) refresh(); else change("cards", new Set(changed)); });
}
