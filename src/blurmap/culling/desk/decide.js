// Keep and reject: one photo, a stack, a selection, all bursts.
import { button, counted } from "../../browser/elements.js";
import { choiceOf, decide } from "./choices.js";
import { burstOf, bursts, rankOf } from "./photos.js";
import { clearSelection } from "./selection.js";
import { change, state } from "./state.js";

export function said(photo, choice) { return `${photo.name} ${{ keep: "kept", reject: "rejected" }[choice] || "undecided"}`; }

export function isStack(item) { return item.photos.length > 1; }

// Keep and reject; pressed again they take the choice back.
export function decideButtons(photo, choose, tabIndex = 0) {
  return [["keep", "Keep"], ["reject", "Reject"]].map(([choice, text]) => {
    const pressed = choiceOf(photo) === choice;
    const attributes = { "data-choice": choice, "aria-pressed": String(pressed), tabindex: tabIndex };
    return button(text, attributes, () => choose(pressed ? "" : choice));
  });
}

// Of the photos of one moment the best is kept, and with it what is tied; what cannot be read stays undecided.
// What the filters hide is of the moment too; but a choice that was made of it before stays.
function bestKept(members, shown = members) {
  const free = members.filter((photo) => !photo.error && (shown.includes(photo) || !choiceOf(photo)));
  const kept = members.filter((photo) => !free.includes(photo) && choiceOf(photo) === "keep");
  const best = Math.min(...free.concat(kept).map(rankOf));
  return free.map((photo) => [photo, rankOf(photo) === best ? "keep" : "reject"]);
}

export function chooseItem(i, choice) {
  const item = state.items[i];
  if (!isStack(item)) { decide([[item.photo, choice]], said(item.photo, choice)); return; }
  const members = burstOf(item.photo), hidden = members.length - item.photos.length, all = hidden ? "those shown" : "all";
  const pairs = choice === "keep" ? bestKept(members, item.photos) : item.photos.map((photo) => [photo, choice]);
  const kept = pairs.filter(([, to]) => to === "keep").map(([photo]) => photo.name).join(" and ");
  const what = { keep: `best kept${hidden && kept ? ` (${kept})` : ""}, the others rejected`, reject: `${all} rejected` }[choice] || `${all} undecided`;
  const words = `Burst of ${members.length}${hidden ? `, ${hidden} hidden by the filters` : ""}: ${what}`;
  if (decide(pairs, words)) change("done", words);
}

// By key: what is selected, or the card that has the focus, which then goes on to the next.
export function choose(choice) {
  if (state.selected.size) { chooseSelected(choice); return; }
  const { current } = state, item = state.items[current];
  if (!item) return;
  chooseItem(current, choice);
  const now = state.items[state.current], stays = now && now.photo === item.photo;
  change("focus", choice && stays ? state.current + 1 : state.current);
}

export function chooseSelected(choice) {
  const { selected } = state;
  const what = `${counted(selected.size, "photo")} ${{ keep: "kept", reject: "rejected" }[choice] || "undecided"}`;
  decide([...selected].map((photo) => [photo, choice]), what);
  clearSelection();
  change("done", what);
}

// Of each burst the best is kept and the rest rejected, but for bursts in which anything is decided already.
export function keepBestOfBursts() {
  const open = [...bursts.values()].filter((members) => !members.some(choiceOf));
  const pairs = open.flatMap((members) => bestKept(members)), kept = pairs.filter(([, choice]) => choice === "keep").length;
  const begun = bursts.size - open.length, present = new Set(state.shown);
  const hidden = pairs.filter(([photo]) => !present.has(photo)).length;
  const what = `${counted(open.length, "burst")}: ${kept} kept, ${pairs.length - kept} rejected` + (hidden ? `, ${hidden} of them hidden by the filters` : "");
  if (pairs.length) decide(pairs, what);
  change("done", what + (begun ? `; ${begun} with choices of your own left alone` : ""), pairs.length > 0);
}
