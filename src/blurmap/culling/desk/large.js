// One photo, large: the whole of it with the blur, the loupe, and what is known of it.
let large = null;  // the photo that is shown
let largeAt = { x: .5, y: .5 }, largeLoupe = null;

function openLarge(photo) {
  if (!$("large").open) $("large").showModal();
  large = photo;
  largeAt = middleOfCrop(photo);
  const order = items.flatMap((item) => item.photos), index = order.indexOf(photo);
  $("previous").disabled = index <= 0;
  $("next").disabled = index < 0 || index === order.length - 1;
  $("large").setAttribute("aria-label", `${photo.name}, ${index + 1} of ${order.length}`);
  $("large-compare").hidden = burstOf(photo).length < 2;
  largeLoupe = loupeOf(photo, largeAt, moveLarge);
  drawStage(photo);
  $("large-loupe").replaceChildren(largeLoupe.view, element("p", { class: "source" }));
  $("facts").replaceChildren(...factsOf(photo));
  zoomButtons(moveLarge);
  drawDecision();
  moveLarge();
}

function stepLarge(by) {
  const order = items.flatMap((item) => item.photos), next = order[order.indexOf(large) + by];
  if (next) openLarge(next);
}

function drawStage(photo) {
  const whole = wholeOf(photo), inner = element("div", {});
  if (whole) inner.append(element("img", { src: whole.picture, alt: photo.name, draggable: "false" }));
  if (whole && whole.tint) inner.append(element("img", { src: whole.tint, class: "tint", alt: "", draggable: "false" }));
  if (whole) inner.append(element("div", { class: "seen" }));
  else inner.append(photo.error ? "not readable" : "no picture");
  $("stage").replaceChildren(inner);
  if (whole) aimed(inner, largeAt, moveLarge, stepLarge);
}

function moveLarge() {
  const inner = $("stage").firstElementChild, [picture] = inner.getElementsByTagName("img");
  if (picture) {
    const scale = Math.min($("stage").clientWidth / large.width, $("stage").clientHeight / large.height);
    Object.assign(inner.style, { width: large.width * scale + "px", height: large.height * scale + "px" });
    if (largeLoupe.whole && picture.src !== large.file) picture.src = large.file;
  }
  largeLoupe.draw();
  if (picture) showSeen(inner.lastElementChild, largeLoupe);
  $("large-loupe").lastElementChild.textContent = largeLoupe.source;
}

function drawDecision() {
  const focused = $("large-decide").contains(document.activeElement) && document.activeElement.dataset.choice;
  $("large-decide").replaceChildren(...decideButtons(large, decideLarge));
  if (focused) $("large-decide").querySelector(`[data-choice=${focused}]`).focus();
}

function decideLarge(choice) {
  const order = items.flatMap((item) => item.photos), next = order[order.indexOf(large) + 1];  // before filters apply
  decide([[large, choice]], said(large, choice));
  if (choice && next) openLarge(next);
}

function factsOf(photo) {
  const facts = [element("h2", {}, photo.name),
    element("p", {}, element("span", { class: "verdict " + photo.kind }, photo.kind + sure(photo)), place(photo) && ` · ${place(photo)} of its burst`),
    element("p", {}, photo.error || photo.reason)];
  const size = photo.width && `${photo.width} × ${photo.height}`;
  const bytes = photo.bytes && (photo.bytes < 1e6 ? Math.round(photo.bytes / 1e3) + " kB" : (photo.bytes / 1e6).toFixed(1) + " MB");
  const also = photo.also && "and " + photo.also.map((file) => file.path.split(/[\\/]/).pop()).join(", ");
  const sharp = photo.sharp_size && `sharp up to ${photo.sharp_size} pixels`;
  const taken = photo.taken && photo.taken.slice(0, 19).replace("T", " ");
  for (const line of [[taken, photo.camera], [size, photo.format, bytes, also], [sharp], [photo.path]])
    if (line.some(Boolean)) facts.push(element("p", { class: "exif" }, line.filter(Boolean).join(" · ")));
  return facts;
}

function startLarge() {
  $("previous").onclick = () => stepLarge(-1);
  $("next").onclick = () => stepLarge(1);
  $("large-compare").onclick = () => openCompare(burstOf(large));
  $("large").onclose = goToLarge;
}

// Back in the grid, the photo that was large has the focus.
function goToLarge() {
  const index = items.findIndex((item) => item.photos.includes(large));
  go(index < 0 ? current : index);  // a choice may have filtered it away
}

function closeLarge() {
  $("large").close();
  goToLarge();  // at once: the event comes later than the next key may
}
