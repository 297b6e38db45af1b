// Which photos are shown, in which order, and the bursts among them folded into stacks.
import { $, button, element } from "../../browser/elements.js";
import { choiceOf } from "./choices.js";
import { bursts, burstOf, fields, photos } from "./photos.js";
import { keepInTab, keptInTab } from "./session.js";
import { change, state, subscribe } from "./state.js";

export const KINDS = ["sharp", "selective", "defocused", "motion", "unjudged", "error"];
const UNSORTED = ["burst", "rank", "error"];  // they mean nothing across bursts, or have a filter of their own
const ORDERS = [["name", "name"], ["folder", "folder"],
  ...fields.filter((field) => !UNSORTED.includes(field.name)).map((field) => [field.name, field.name === "taken" ? "time" : field.label])];
const collator = new Intl.Collator(undefined, { numeric: true });
let ascending = true;

function arrange() {
  const folder = $("folder").value, column = $("column").value, chosen = $("chosen").value;
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  state.shown = photos.filter((p) => (!state.only.size || state.only.has(p.kind)) && words.every((word) => textOf(p).includes(word)) && (!folder || p.folder === folder)
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

const texts = new Map();
function textOf(photo) {  // what is searched
  if (!texts.has(photo)) {
    const also = (photo.also || []).map((file) => file.path);
    texts.set(photo, [photo.path, photo.camera, photo.taken, photo.kind, photo.reason, photo.error, ...also].join(" ").toLowerCase());
  }
  return texts.get(photo);
}

const KEPT = ["folder", "column", "chosen", "search", "cards"];  // controls whose values outlive a reload

function keepFilters() {
  const values = Object.fromEntries(KEPT.map((id) => [id, $(id).value]));
  keepInTab("filters", { values, only: [...state.only], ascending, folding: state.folding });
}

function takeFilters() {
  const kept = keptInTab("filters");
  if (!kept) return;
  for (const id of KEPT) {
    $(id).value = kept.values[id];
    if ($(id).selectedIndex === -1) $(id).selectedIndex = 0;  // a folder that is gone
  }
  state.only = new Set(kept.only.filter((kind) => photos.some((photo) => photo.kind === kind)));
  ascending = kept.ascending;
  state.folding = kept.folding;
}

function showFilters() {
  for (const chip of $("verdicts").children) chip.setAttribute("aria-pressed", String(state.only.has(chip.dataset.verdict)));
  $("direction").textContent = ascending ? "↑" : "↓";
  $("direction").setAttribute("aria-label", ascending ? "Ascending order" : "Descending order");
  $("fold").setAttribute("aria-pressed", String(state.folding));
  document.documentElement.dataset.cards = $("cards").value;
}

export function refresh() {
  showFilters();
  keepFilters();
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
  refresh();
}

export function startList() {
  for (const kind of KINDS) {
    const n = photos.filter((p) => p.kind === kind).length;
    if (!n) continue;
    $("verdicts").append(button(`${kind} ${n}`, { "aria-pressed": "false", "data-verdict": kind, style: `--dot: var(--${kind})`,
      title: "Only these; again: all; with Ctrl or Shift: these too" }, (event) => {
      const alone = state.only.size === 1 && state.only.has(kind), more = event.ctrlKey || event.metaKey || event.shiftKey;
      if (more && state.only.has(kind)) state.only.delete(kind);
      else if (more) state.only.add(kind);
      else state.only = new Set(alone ? [] : [kind]);
      refresh();
    }));
  }
  const folders = [...new Set(photos.map((p) => p.folder))].sort(collator.compare);
  $("folder-label").hidden = folders.length < 2;
  $("folder").append(element("option", { value: "" }, "all"),
    ...folders.map((folder) => element("option", { value: folder }, folder)));
  for (const [column, label] of ORDERS) if (photos.some((p) => p[column] !== null))
    $("column").append(element("option", { value: column }, label));
  for (const id of ["folder", "column", "chosen", "cards"]) $(id).onchange = refresh;
  $("search").oninput = refresh;
  takeFilters();
  $("direction").onclick = () => {
    ascending = !ascending;
    refresh();
  };
  $("fold").hidden = $("best").hidden = !bursts.size;
  $("fold").onclick = toggleFolding;
  subscribe("choices", (changed) => { if ($("chosen").value) refresh(); else change("cards", new Set(changed)); });
}
