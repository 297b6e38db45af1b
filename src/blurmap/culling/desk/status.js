// The line that counts, and the one that tells what was just done.
import { $ } from "../../browser/elements.js";
import { photos } from "./photos.js";
import { state, subscribe } from "./state.js";

function count() {
  let kept = 0, rejected = 0;
  for (const photo of photos) {
    if (state.choices[photo.path] === "keep") kept++;
    if (state.choices[photo.path] === "reject") rejected++;
  }
  const part = state.shown.length === photos.length ? "" : `${state.shown.length} of ${photos.length} shown, `;
  const lost = state.remembers ? "" : "; this browser forgets them: take them with you";
  $("status").textContent = `${part}${kept} kept, ${rejected} rejected, ${photos.length - kept - rejected} undecided${lost}`;
  $("meter").children[0].style.width = 100 * kept / Math.max(photos.length, 1) + "%";
  $("meter").children[1].style.width = 100 * rejected / Math.max(photos.length, 1) + "%";
  $("undo").disabled = !state.steps.length;
}

let toastEnds = 0;
function say(what, undoable = true) {
  $("said").textContent = what;
  $("toast").hidden = false;
  $("toast-undo").hidden = !undoable;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => { $("toast").hidden = true; }, 8000);
}

export function startStatus() {
  subscribe("choices", count);
  subscribe("list", count);
  subscribe("done", say);
}
