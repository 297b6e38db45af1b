// Two to four photos side by side, their loupes at one place and moving together.
let compared = [];  // of { photo, loupe, figure, frame }
let comparedCurrent = 0;

function openCompare(some) {
  const chosen = [...some].sort((a, b) => rankOf(a) - rankOf(b) || a.index - b.index).filter((photo) => !photo.error).slice(0, 4);
  if (chosen.length < 2) return;
  if (!$("compare").open) $("compare").showModal();
  const at = middleOfCrop(chosen[0]);
  comparedCurrent = 0;
  compared = chosen.map((photo, i) => columnOf(photo, at, i));
  $("columns").style.setProperty("--count", chosen.length);
  $("columns").replaceChildren(...compared.map((column) => column.figure));
  zoomButtons(moveCompared);
  drawColumns();
  moveCompared();
}

function columnOf(photo, at, i) {
  const loupe = loupeOf(photo, at, moveCompared, true), whole = wholeOf(photo);
  const frame = element("div", { class: "seen" }), map = element("div", { class: "map" });
  if (whole) {
    const inner = element("div", {}, element("img", { src: whole.picture, alt: "", draggable: "false" }), frame);
    inner.style.aspectRatio = `${photo.width} / ${photo.height}`;
    map.append(inner);
    aimed(inner, at, moveCompared, () => {});
  }
  const caption = element("figcaption", {}, element("strong", {}, photo.name), " ",
    element("span", { class: "verdict " + photo.kind }, photo.kind + sure(photo)), place(photo) && ` · ${place(photo)}`);
  const figure = element("figure", { tabindex: "-1" }, map, loupe.view, caption, element("div", { class: "decide" }));
  figure.onclick = () => { comparedCurrent = i; drawColumns(); };
  return { photo, loupe, figure, frame };
}

function moveCompared() {
  for (const { loupe, frame } of compared) { loupe.draw(); showSeen(frame, loupe); }
  const whole = compared.every(({ loupe }) => loupe.whole);
  $("compare-note").textContent = whole ? "Drag one: all move." : "Of some only crops are at hand, each at its own sharpest place.";
}

function drawColumns() {
  for (const [i, { photo, figure }] of compared.entries()) {
    const focused = figure.contains(document.activeElement) && document.activeElement.dataset.choice;
    figure.classList.toggle("current", i === comparedCurrent);
    figure.lastElementChild.replaceChildren(...decideButtons(photo, (choice) => decide([[photo, choice]], said(photo, choice))),
      button("Only this", { "data-choice": "only", title: `Key ${i + 1}` }, () => keepOnly(i)));
    if (focused) figure.querySelector(`[data-choice=${focused}]`).focus();
  }
}

function keepOnly(i) {
  if (!compared[i]) return;
  decide(compared.map(({ photo }, j) => [photo, i === j ? "keep" : "reject"]), `${compared[i].photo.name} kept, the others rejected`);
  comparedCurrent = i;
  drawColumns();
}

function stepCompared(by) {
  comparedCurrent = Math.max(0, Math.min(comparedCurrent + by, compared.length - 1));
  drawColumns();
}

function decideCompared(choice) {
  const { photo } = compared[comparedCurrent];
  decide([[photo, choice]], said(photo, choice));
}

function moveAllLoupes(dx, dy) {  // by shares of what is seen
  const loupe = $("compare").open ? compared[comparedCurrent].loupe : largeLoupe;
  if (loupe.seen) loupe.by(dx * loupe.seen[2], dy * loupe.seen[3]);
}
