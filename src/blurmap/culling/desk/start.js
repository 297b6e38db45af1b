// Keys, and the start of it all.
function toggleTints() {
  const on = document.body.classList.toggle("tints");
  for (const toggle of document.querySelectorAll("#tints, .show-blur")) toggle.setAttribute("aria-pressed", String(on));
}

function zoomBy(step, drawAll) {
  setZoom(ZOOMS[Math.max(0, Math.min(ZOOMS.indexOf(zoom) + step, ZOOMS.length - 1))], drawAll);
}

const EVERYWHERE = { b: toggleTints, z: undo };
const GRID_KEYS = { ArrowLeft: () => go(current - 1), ArrowRight: () => go(current + 1), ArrowUp: () => go(current - columns),
  ArrowDown: () => go(current + columns), Home: () => go(0), End: () => go(items.length - 1),
  "Shift ArrowLeft": () => moveSelecting(-1), "Shift ArrowRight": () => moveSelecting(1),
  "Shift ArrowUp": () => moveSelecting(-columns), "Shift ArrowDown": () => moveSelecting(columns),
  Enter: () => items[current] && openLarge(items[current].photo), " ": () => items[current] && openLarge(items[current].photo),
  k: () => choose("keep"), x: () => choose("reject"), u: () => choose(""), s: () => items[current] && pick(items[current]),
  f: () => items[current] && toggleFold(items[current]), c: compareChosen, Escape: clearSelection,
  "?": () => $("keys").showModal(), "Control a": selectAll };
const LOUPE_KEYS = { "Shift ArrowLeft": () => moveAllLoupes(-.25, 0), "Shift ArrowRight": () => moveAllLoupes(.25, 0),
  "Shift ArrowUp": () => moveAllLoupes(0, -.25), "Shift ArrowDown": () => moveAllLoupes(0, .25) };
const LARGE_KEYS = { ...LOUPE_KEYS, ArrowLeft: () => stepLarge(-1), ArrowRight: () => stepLarge(1), ArrowUp: () => stepLarge(-1),
  ArrowDown: () => stepLarge(1), Enter: closeLarge, " ": closeLarge, k: () => decideLarge("keep"),
  x: () => decideLarge("reject"), u: () => decideLarge(""), c: () => openCompare(burstOf(large)),
  "+": () => zoomBy(1, moveLarge), "=": () => zoomBy(1, moveLarge), "-": () => zoomBy(-1, moveLarge) };
const COMPARE_KEYS = { ...LOUPE_KEYS, ArrowLeft: () => stepCompared(-1), ArrowRight: () => stepCompared(1),
  Enter: () => $("compare").close(), " ": () => $("compare").close(), k: () => decideCompared("keep"),
  x: () => decideCompared("reject"), u: () => decideCompared(""), 1: () => keepOnly(0), 2: () => keepOnly(1),
  3: () => keepOnly(2), 4: () => keepOnly(3), "+": () => zoomBy(1, moveCompared), "=": () => zoomBy(1, moveCompared),
  "-": () => zoomBy(-1, moveCompared) };

function keysNow() {
  if ($("compare").open) return COMPARE_KEYS;
  if ($("large").open) return LARGE_KEYS;
  return document.querySelector("dialog[open]") ? {} : GRID_KEYS;
}

document.addEventListener("keydown", (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key, tag = event.target.tagName;
  const control = event.ctrlKey || event.metaKey, shift = event.shiftKey && event.key.length > 1;
  if (event.altKey || tag === "SELECT" || (/BUTTON|INPUT|SUMMARY/.test(tag) && (key === "Enter" || key === " "))) return;
  const name = (control && key !== "z" ? "Control " : shift ? "Shift " : "") + key;
  const action = { ...EVERYWHERE, ...keysNow() }[name];
  if (!action) return;
  event.preventDefault();
  action();
});

function start() {
  charts();
  controls();
  startLarge();
  startTaking();
  $("undo").onclick = $("toast-undo").onclick = undo;
  $("best").onclick = keepBestOfBursts;
  $("help").onclick = () => $("keys").showModal();
  $("clear").onclick = clearSelection;
  $("compare-selected").onclick = compareChosen;
  for (const choice of $("selection").querySelectorAll("[data-choice]")) choice.onclick = () => chooseSelected(choice.dataset.choice);
  for (const toggle of document.querySelectorAll("#tints, .show-blur")) toggle.onclick = toggleTints;
  for (const close of document.querySelectorAll("dialog .close")) close.onclick = () => close.closest("dialog").close();
  const wide = matchMedia("(min-width: 601px)");
  $("filters").open = wide.matches;
  wide.onchange = () => { $("filters").open = wide.matches; };
  for (const details of [$("filters"), $("charts")]) details.ontoggle = draw;
  refresh();
  performance.mark("first card");
  if (document.readyState === "loading") fillIn();
  document.addEventListener("DOMContentLoaded", fillIn);
  window.addEventListener("scroll", draw, { passive: true });
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (width !== window.innerWidth) layout();  // on phones the height changes with every scroll
    width = window.innerWidth;
    draw();
    if ($("large").open) moveLarge();
    if ($("compare").open) moveCompared();
  });
}

start();
