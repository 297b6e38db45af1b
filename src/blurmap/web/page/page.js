// The page: photos in, one after another to the server, and what it sees in each.
import { $, button, counted, download, element } from "../../browser/elements.js";
import { loupeOf, placeAt } from "../../browser/loupe.js";

const wantsToken = () => !$("token-label").hidden;
let waiting = 0;

const percent = (x) => Math.round(100 * x) + " %";

function tell() {
  $("status").textContent = waiting ? `looking at ${counted(waiting, "photo")} …` : "";
}

let queue = Promise.resolve();
function take(files) {
  const photos = [...files].map((file) => ({ file, name: file.name || "pasted photo", source: URL.createObjectURL(file) }));
  const first = $("results").firstChild;
  for (const photo of photos) $("results").insertBefore(listed(photo), first);
  waiting += photos.length;
  tell();
  for (const photo of photos) queue = queue.then(() => one(photo)).finally(() => { waiting--; tell(); });
}

// A photo has its line in the list at once; what is seen in it comes when the server has answered.
function listed(photo) {
  const thumbnail = element("img", { src: photo.source, alt: "", loading: "lazy" });
  thumbnail.onerror = () => thumbnail.replaceWith(photo.thumbnail = element("span", { class: "blank" }));
  photo.thumbnail = thumbnail;
  photo.words = element("p", { class: "faint" }, "waiting …");
  photo.title = element("h2", {}, photo.name);
  const words = element("div", { class: "words" }, photo.title, photo.words);
  photo.details = element("details", {}, element("summary", {}, thumbnail, words));
  return photo.article = element("article", { "aria-label": photo.name, "aria-busy": "true" }, photo.details);
}

async function ask(photo, query, accept) {
  const form = new FormData();
  form.append("photo", photo.file, photo.name);
  const headers = { Accept: accept, ...(wantsToken() ? { Authorization: "Bearer " + $("token").value } : {}) };
  let response;
  try { response = await fetch("v1/detect?" + query, { method: "POST", body: form, headers }); }
  catch (error) { throw new Error("the server does not answer, or broke off: is it still running, and the photo not too large?"); }
  if (response.ok) return response;
  let detail = "";
  try { detail = (await response.json()).detail; } catch (error) { /* not from our server */ }
  throw new Error(typeof detail === "string" && detail ? detail : `${response.status} ${response.statusText}`);
}

async function one(photo) {
  photo.words.textContent = "looking …";
  photo.model = $("model").value;
  try {
    const query = new URLSearchParams({ model: photo.model, max_side: "1600", include: "overlay" });
    show(photo, await (await ask(photo, query, "application/json")).json());
  } catch (error) { complain(photo, error); }
  photo.article.setAttribute("aria-busy", "false");
}

function complain(photo, error) {
  const text = String(error.message || error), named = text.startsWith(photo.name) ? text : `${photo.name}: ${text}`;
  photo.words.replaceWith(photo.words = element("p", { class: "error", role: "alert" }, named));
}

function show(photo, answer) {
  const { name } = photo, verdict = answer.verdict ? `${answer.verdict} (${percent(answer.confidence)} sure)` :
    answer.reason ? "no verdict" : percent(answer.blurred) + " blurred";
  photo.title.textContent = `${name}: ${verdict}`;
  photo.words.textContent = answer.reason || percent(answer.blurred) + " of the frame is blurred";
  if (photo.thumbnail.tagName !== "IMG") photo.thumbnail.replaceWith(element("img", { src: answer.pictures.overlay, alt: "" }));
  const at = middleOf(answer), loupe = loupeFor(photo, answer, at);
  const text = element("div", { class: "text" }), shares = element("p");
  if (answer.blurred !== null) shares.append(percent(answer.blurred) + " of the frame is blurred");
  if (answer.defocus !== null) shares.append(": ", element("span", { class: "defocus" }, "■ defocus " + percent(answer.defocus)),
    ", ", element("span", { class: "motion" }, "■ motion " + percent(answer.motion)));
  const size = answer.sharp_size ? `, sharp up to ${answer.sharp_size} pixels` : "";
  text.append(shares, element("p", { class: "faint" }, `${answer.width} × ${answer.height}${size}; model ${answer.model}, ` +
    `${Math.round(1000 * answer.seconds)} ms`), downloads(photo, answer));
  photo.details.append(element("div", { class: "stage" }, compared(photo, answer, at, loupe)),
    element("div", { class: "below" }, text, loupe.figure));
  photo.details.open = !document.querySelector("details[open]");
  photo.details.ontoggle = loupe.draw;
  loupe.draw();
}

// Photo and map, one over the other, and what divides them: dragged with mouse and finger, moved with keys.
function compared(photo, answer, at, loupe) {
  const shown = element("img", { src: photo.source, alt: photo.name, draggable: "false" });
  // what the browser cannot show (HEIC, RAW) is shown as the map alone
  shown.onerror = () => { shown.onerror = null; shown.src = answer.pictures.overlay; };
  const map = element("img", { class: "map", src: answer.pictures.overlay, alt: "what is blurred in " + photo.name, draggable: "false" });
  const slider = element("input", { type: "range", min: "0", max: "100", step: "any", value: "50", class: "slider",
    "aria-label": "Left of the divider the photo, right of it the map" });
  const inner = element("div", { class: "compare" }, shown, map, slider, element("div", { class: "divider" }));
  slider.oninput = () => inner.style.setProperty("--cut", slider.value + "%");
  let down = null;
  const share = (event) => {
    const box = inner.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  inner.onpointerdown = (event) => {
    down = event;
    inner.setPointerCapture(event.pointerId);
    slider.focus({ preventScroll: true });
    event.preventDefault();
  };
  inner.onpointermove = (event) => {
    if (!down || Math.abs(event.clientX - down.clientX) < 3 && !down.dragged) return;
    down.dragged = true;
    slider.value = String(100 * share(event).x);
    slider.oninput();
  };
  inner.onpointerup = (event) => {
    if (down && !down.dragged) { const { x, y } = share(event); placeAt(at, x, y); loupe.draw(); }  // a click puts the loupe there
    down = null;
  };
  inner.onpointercancel = () => { down = null; };
  return inner;
}

function middleOf(answer) {  // of the subject, as shares of the sides
  if (!answer.subject) return { x: .5, y: .5 };
  const [left, top, right, bottom] = answer.subject;
  return { x: (left + right) / 2 / answer.width, y: (top + bottom) / 2 / answer.height };
}

// The photo's own pixels, at the middle of its subject first: dragged, moved with arrow keys, or put where the picture is clicked.
function loupeFor(photo, answer, at) {
  const words = element("figcaption", { class: "faint" }, "100 %, at the subject: drag it, or click in the picture");
  const loupe = loupeOf({ name: photo.name, width: answer.width, height: answer.height, file: photo.source }, {
    at, moved: () => loupe.draw(),
    failed: () => { loupe.view.remove(); words.textContent = "This browser cannot show the format at 100 %."; },
  });
  const { view } = loupe;
  for (const [name, value] of Object.entries({ tabindex: "0", role: "application", "aria-label": `${photo.name} at 100 %; arrow keys move it` }))
    view.setAttribute(name, value);
  view.onkeydown = (event) => {
    const step = { ArrowLeft: [-40, 0], ArrowRight: [40, 0], ArrowUp: [0, -40], ArrowDown: [0, 40] }[event.key];
    if (!step) return;
    event.preventDefault();
    const pixels = window.devicePixelRatio;  // of the photo per pixel of the page
    loupe.by(step[0] * pixels / answer.width, step[1] * pixels / answer.height);
  };
  return { figure: element("figure", {}, view, words), draw: loupe.draw };
}

// Pictures of the photo's own size are made when they are asked for.
function downloads(photo, answer) {
  const stem = photo.name.replace(/\.[^.]*$/, ""), size = `${answer.width} × ${answer.height}`;
  const picture = (what, text) => {
    const node = button(text, {}, async () => {
      node.disabled = true;
      try {
        const query = new URLSearchParams({ model: photo.model, what });
        download(await (await ask(photo, query, "image/png")).blob(), `${stem}_${what}.png`);
      } catch (error) { complain(photo, error); }
      node.disabled = false;
    });
    return node;
  };
  const { pictures, ...rest } = answer, json = button("JSON", {}, () =>
    download(new Blob([JSON.stringify(rest, null, 1)], { type: "application/json" }), stem + ".json"));
  return element("div", { class: "downloads" }, picture("mask", "Mask"), picture("overlay", "Overlay"), json,
    element("span", { class: "faint" }, `at the photo's own size, ${size}`));
}

$("file").onchange = () => { take($("file").files); $("file").value = ""; };
for (const kind of ["dragover", "dragleave", "drop"]) document.addEventListener(kind, (event) => {
  event.preventDefault();
  $("drop").classList.toggle("over", kind === "dragover");
  if (kind === "drop") take(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (files.length) { event.preventDefault(); take(files); }
});
