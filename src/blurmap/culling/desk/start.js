// Keys, and the start of it all.
import { $ } from "../../browser/elements.js";
import { draw, layout, startCards } from "./cards.js";
import { startBack } from "./back.js";
import { startCharts } from "./charts.js";
import { startChoices, undo } from "./choices.js";
import { compareChosen, decideCompared, keepOnly, moveLoupes, startCompare, stepCompared } from "./compare.js";
import { choose, chooseSelected, keepBestOfBursts } from "./decide.js";
import { closeLarge, decideLarge, startLarge, stepLarge } from "./large.js";
import { refresh, startList, toggleFold } from "./list.js";
import { burstOf, cropOf, photos } from "./photos.js";
import { clearSelection, moveSelecting, pick, selectAll, startSelection } from "./selection.js";
import { change, state } from "./state.js";
import { startStatus } from "./status.js";
import { startTaking } from "./take.js";
import { zoomBy } from "./zoom.js";

function toggleTints() {
  const on = document.body.classList.toggle("tints");
  for (const toggle of document.querySelectorAll("#tints, .show-blur")) toggle.setAttribute("aria-pressed", String(on));
}

const go = (step) => change("focus", state.current + step);
const withItem = (action) => () => { const item = state.items[state.current]; if (item) action(item); };
const openItem = withItem((item) => change("open", item.photo));
const closeCompare = () => $("compare").close();
const EVERYWHERE = { b: toggleTints, z: undo };
const GRID_KEYS = { ArrowLeft: () => go(-1), ArrowRight: () => go(1), ArrowUp: () => go(-state.columns), ArrowDown: () => go(state.columns),
  Home: () => change("focus", 0), End: () => change("focus", state.items.length - 1),
  "Shift ArrowLeft": () => moveSelecting(-1), "Shift ArrowRight": () => moveSelecting(1),
  "Shift ArrowUp": () => moveSelecting(-state.columns), "Shift ArrowDown": () => moveSelecting(state.columns),
  Enter: openItem, " ": openItem, k: () => choose("keep"), x: () => choose("reject"), u: () => choose(""), s: withItem((item) => pick(item)),
  f: withItem(toggleFold), c: compareChosen, Escape: clearSelection, "/": () => $("search").focus(), "?": () => $("keys").showModal(), "Control a": selectAll };
const LOUPE_KEYS = { "Shift ArrowLeft": () => moveLoupes(-.25, 0), "Shift ArrowRight": () => moveLoupes(.25, 0),
  "Shift ArrowUp": () => moveLoupes(0, -.25), "Shift ArrowDown": () => moveLoupes(0, .25),
  "+": () => zoomBy(1), "=": () => zoomBy(1), "-": () => zoomBy(-1) };
const LARGE_KEYS = { ...LOUPE_KEYS, ArrowLeft: () => stepLarge(-1), ArrowRight: () => stepLarge(1), ArrowUp: () => stepLarge(-1),
  ArrowDown: () => stepLarge(1), Enter: closeLarge, " ": closeLarge, k: () => decideLarge("keep"),
  x: () => decideLarge("reject"), u: () => decideLarge(""), c: () => change("compare", burstOf(state.large)) };
const COMPARE_KEYS = { ...LOUPE_KEYS, ArrowLeft: () => stepCompared(-1), ArrowRight: () => stepCompared(1), Enter: closeCompare,
  " ": closeCompare, k: () => decideCompared("keep"), x: () => decideCompared("reject"), u: () => decideCompared(""),
  1: () => keepOnly(0), 2: () => keepOnly(1), 3: () => keepOnly(2), 4: () => keepOnly(3) };

function keysNow() {
  if ($("compare").open) return COMPARE_KEYS;
  if ($("large").open) return LARGE_KEYS;
  return document.querySelector("dialog[open]") ? {} : GRID_KEYS;
}

document.addEventListener("keydown", (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key, tag = event.target.tagName;
  const control = event.ctrlKey || event.metaKey, shift = event.shiftKey && event.key.length > 1;
  if (event.target.type === "search") {
    if (key === "Escape" || key === "Enter") event.target.blur();
    return;
  }
  if (event.altKey || tag === "SELECT" || (/BUTTON|INPUT|SUMMARY/.test(tag) && (key === "Enter" || key === " "))) return;
  const name = (control && key !== "z" ? "Control " : shift ? "Shift " : "") + key;
  const action = { ...EVERYWHERE, ...keysNow() }[name];
  if (!action) return;
  event.preventDefault();
  action();
});

for (const start of [startBack, startChoices, startCharts, startStatus, startSelection, startList, startCards, startLarge, startCompare, startTaking]) start();
$("undo").onclick = $("toast-undo").onclick = undo;
$("best").onclick = keepBestOfBursts;
$("help").onclick = () => $("keys").showModal();
for (const choice of $("selection").querySelectorAll("[data-choice]")) choice.onclick = () => chooseSelected(choice.dataset.choice);
for (const toggle of document.querySelectorAll("#tints, .show-blur")) toggle.onclick = toggleTints;
for (const close of document.querySelectorAll("dialog .close")) close.onclick = () => close.closest("dialog").close();
const wide = matchMedia("(min-width: 601px)");
$("filters").open = wide.matches;
wide.onchange = () => { $("filters").open = wide.matches; };
for (const details of [$("filters"), $("charts")]) details.ontoggle = draw;
refresh();
performance.mark("first card");
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (width !== window.innerWidth) layout();  // on phones the height changes with every scroll
  width = window.innerWidth;
  draw();
});
globalThis.blurmap = { state, photos, cropOf, change };  // for the console of a curious person, and for tests
