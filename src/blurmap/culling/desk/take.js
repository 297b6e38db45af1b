// Choices leave the page as files, and come back from one.
import { $, counted, download } from "../../browser/elements.js";
import { choiceOf, decide, readAgain } from "./choices.js";
import { fields, photos } from "./photos.js";
import { change } from "./state.js";

const CSV = ["path", "choice", ...fields.map((field) => field.name)];

function save(name, type, text) { download(new Blob([text], { type }), name); }

function filesOf(photo) { return [{ path: photo.path, bytes: photo.bytes }, ...(photo.also || [])]; }  // RAW and JPEG

function saveChoices() {
  readAgain();
  const decided = photos.filter(choiceOf);
  const list = decided.flatMap((photo) => filesOf(photo).map((file) => ({ ...file, choice: choiceOf(photo) })));
  save("choices.json", "application/json", JSON.stringify({ made_by: "blurmap report", version: 1, choices: list }, null, 1));
}

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

async function loadChoices(file) {
  let list = null;
  try { list = JSON.parse(await file.text()).choices; } catch (e) { /* said below */ }
  if (!Array.isArray(list)) { change("done", `${file.name} holds no choices that this page wrote`, false); return; }
  const byPath = new Map(photos.map((photo) => [photo.path, photo]));
  const also = new Set(photos.flatMap((photo) => (photo.also || []).map((other) => other.path)));
  const known = list.filter((entry) => entry && byPath.has(entry.path) && ["keep", "reject"].includes(entry.choice));
  const others = list.filter((entry) => !entry || (!byPath.has(entry.path) && !also.has(entry.path))).length;
  const news = decide(known.map((entry) => [byPath.get(entry.path), entry.choice]), `${counted(known.length, "choice")} loaded`);
  change("done", `${counted(known.length, "choice")} loaded` + (others ? `, ${others} of photos that are not in this page` : ""), news > 0);
}

export function startTaking() {
  $("take").onclick = () => { readAgain(); $("taking").showModal(); };
  $("export-choices").onclick = saveChoices;
  $("export-keep").onclick = () => saveList("keep");
  $("export-reject").onclick = () => saveList("reject");
  $("export-table").onclick = saveTable;
  $("load").onchange = async () => {
    if ($("load").files.length) await loadChoices($("load").files[0]);
    $("load").value = "";
    $("taking").close();
  };
}
