// Choices leave the page as files, and come back from one.
import { $, counted, download } from "../../browser/elements.js";
import { choiceOf, decide, readAgain, timeOf } from "./choices.js";
import { fields, photos } from "./photos.js";
import { change } from "./state.js";

const CSV = ["path", "choice", ...fields.map((field) => field.name)];

function save(name, type, text) { download(new Blob([text], { type }), name); }

function filesOf(photo) { return [{ path: photo.path, bytes: photo.bytes }, ...(photo.also || [])]; }  // RAW and JPEG

function saveChoices() {
  readAgain();
  const decided = photos.filter(choiceOf);
  const list = decided.flatMap((photo) => filesOf(photo).map((file) => ({ ...file, choice: choiceOf(photo), ...whenOf(photo) })));
  save("choices.json", "application/json", JSON.stringify({ made_by: "blurmap report", version: 1, choices: list }, null, 1));
}

function whenOf(photo) { return timeOf(photo) ? { chosen: new Date(timeOf(photo)).toISOString() } : {}; }

function saveList(choice) {
  readAgain();
  const chosen = photos.filter((photo) => choiceOf(photo) === choice).flatMap(filesOf);
  save(choice === "keep" ? "kept.txt" : "rejected.txt", "text/plain", chosen.map((file) => file.path + "\n").join(""));
}

function saveTable() {
  readAgain();
  const lines = photos.flatMap((photo) => filesOf(photo).map((file) =>
    CSV.map((name) => cell({ ...photo, ...file, choice: choiceOf(photo) }[name])).join(",")));
  save("choices.csv", "text/csv", [CSV.join(","), ...lines].map((line) => line + "\r\n").join(""));
}

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return String(value);
  const text = /^[=+@\t\r-]/.test(value) ? "'" + value : value;  // else a spreadsheet takes it for a formula
  return '"' + text.replaceAll('"', '""') + '"';
}

async function entriesOf(file) {
  let list = null;
  try { list = JSON.parse(await file.text()).choices; } catch (e) { /* said by who asks */ }
  return Array.isArray(list) ? list : null;
}

// When an entry was chosen: a file of before, or of something else, counts as of now.
function chosenAt(entry, now) {
  const time = typeof entry.chosen === "string" ? Date.parse(entry.chosen) : NaN;
  return time > 0 ? Math.min(time, now) : now;
}

// Of each photo the latest choice is taken, of all files and of the page; an older one does not undo what is chosen here.
async function loadChoices(files) {
  const lists = await Promise.all(files.map(entriesOf)), wrong = files.filter((file, i) => !lists[i]).map((file) => file.name);
  const none = wrong.length ? `${wrong.join(", ")} ${wrong.length > 1 ? "hold" : "holds"} no choices that this page wrote` : "";
  if (wrong.length === files.length) { change("done", none, false); return; }
  readAgain();
  const byPath = new Map(photos.map((photo) => [photo.path, photo])), latest = new Map(), others = new Set(), now = Date.now();
  const also = new Set(photos.flatMap((photo) => (photo.also || []).map((other) => other.path)));
  for (const entry of lists.flatMap((list) => list || [])) {
    const photo = entry && byPath.get(entry.path);
    if (!photo) { if (!entry || !also.has(entry.path)) others.add(entry && entry.path); continue; }
    if (!["keep", "reject"].includes(entry.choice)) continue;
    const time = chosenAt(entry, now);
    if (!latest.has(photo) || time > latest.get(photo)[2]) latest.set(photo, [photo, entry.choice, time]);
  }
  const taken = [...latest.values()].filter(([photo, choice, time]) => choiceOf(photo) === choice || time >= timeOf(photo));
  const left = latest.size - taken.length, what = `${counted(taken.length, "choice")} loaded`;
  const news = decide(taken, what);
  change("done", [what, others.size && `${others.size} of photos that are not in this page`,
    left && `${left} chosen later here, left alone`, none].filter(Boolean).join(", "), news > 0);
}

export function startTaking() {
  $("take").onclick = () => { readAgain(); $("taking").showModal(); };
  $("export-choices").onclick = saveChoices;
  $("export-keep").onclick = () => saveList("keep");
  $("export-reject").onclick = () => saveList("reject");
  $("export-table").onclick = saveTable;
  $("load").onchange = async () => {
    if ($("load").files.length) await loadChoices([...$("load").files]);
    $("load").value = "";
    $("taking").close();
  };
}
