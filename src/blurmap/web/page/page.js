"use strict";
const WANTS_TOKEN = <!-- token -->;
const $ = (id) => document.getElementById(id);
$("token-label").hidden = !WANTS_TOKEN;
let waiting = 0;

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const percent = (x) => Math.round(100 * x) + " %";

function tell() {
  $("status").textContent = waiting ? `looking at ${waiting} photo${waiting > 1 ? "s" : ""} …` : "";
}

let queue = Promise.resolve();
function look(files) {
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
  const headers = { Accept: accept, ...(WANTS_TOKEN ? { Authorization: "Bearer " + $("token").value } : {}) };
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
  const { name } = photo, verdict = answer.verdict ? `${answer.verdict} (${percent(answer.confidence)} sure)` : percent(answer.blurred) + " blurred";
  photo.title.textContent = `${name}: ${verdict}`;
  photo.words.textContent = answer.reason || percent(answer.blurred) + " of the frame is blurred";
  if (photo.thumbnail.tagName !== "IMG") photo.thumbnail.replaceWith(element("img", { src: answer.pictures.overlay, alt: "" }));
  const at = { x: .5, y: .5 }, loupe = loupeOf(photo, answer, at);
  const text = element("div", { class: "text" }), shares = element("p", {}, percent(answer.blurred) + " of the frame is blurred");
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
    if (down && !down.dragged) { Object.assign(at, share(event)); loupe.draw(); }  // a click puts the loupe there
    down = null;
  };
  inner.onpointercancel = () => { down = null; };
  return inner;
}

// The photo's own pixels, at the middle of its subject first: dragged, moved with arrow keys, or put where the picture is clicked.
function loupeOf(photo, answer, at) {
  if (answer.subject) {
    const [left, top, right, bottom] = answer.subject;
    Object.assign(at, { x: (left + right) / 2 / answer.width, y: (top + bottom) / 2 / answer.height });
  }
  const image = element("img", { src: photo.source, alt: "", draggable: "false" });
  const view = element("div", { class: "loupe", tabindex: "0", role: "application",
    "aria-label": `${photo.name} at 100 %; arrow keys move it` }, image);
  const words = element("figcaption", { class: "faint" }, "100 %, at the subject: drag it, or click in the picture");
  const figure = element("figure", {}, view, words);
  image.onerror = () => { view.remove(); words.textContent = "This browser cannot show the format at 100 %."; };
  const draw = () => {
    const scale = 1 / window.devicePixelRatio, width = answer.width * scale, height = answer.height * scale;
    const put = (share, whole, seen) => whole < seen ? (seen - whole) / 2 : Math.min(0, Math.max(seen / 2 - share * whole, seen - whole));
    at.x = Math.min(Math.max(at.x, 0), 1);
    at.y = Math.min(Math.max(at.y, 0), 1);
    image.style.width = width + "px";
    image.style.height = height + "px";
    image.style.transform = `translate(${put(at.x, width, view.clientWidth)}px, ${put(at.y, height, view.clientHeight)}px)`;
  };
  const move = (dx, dy) => {
    at.x += dx * window.devicePixelRatio / answer.width;
    at.y += dy * window.devicePixelRatio / answer.height;
    draw();
  };
  let last = null;
  view.onpointerdown = (event) => { view.setPointerCapture(event.pointerId); last = event; };
  view.onpointermove = (event) => {
    if (!last) return;
    move(last.clientX - event.clientX, last.clientY - event.clientY);
    last = event;
  };
  view.onpointerup = view.onpointercancel = () => { last = null; };
  view.onkeydown = (event) => {
    const step = { ArrowLeft: [-40, 0], ArrowRight: [40, 0], ArrowUp: [0, -40], ArrowDown: [0, 40] }[event.key];
    if (!step) return;
    event.preventDefault();
    move(...step);
  };
  return { figure, draw };
}

// Pictures of the photo's own size are made when they are asked for.
function downloads(photo, answer) {
  const stem = photo.name.replace(/\.[^.]*$/, ""), size = `${answer.width} × ${answer.height}`;
  const save = (content, name) => {
    const link = element("a", { href: URL.createObjectURL(content), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const picture = (what, text) => {
    const button = element("button", { type: "button" }, text);
    button.onclick = async () => {
      button.disabled = true;
      try {
        const query = new URLSearchParams({ model: photo.model, what });
        save(await (await ask(photo, query, "image/png")).blob(), `${stem}_${what}.png`);
      } catch (error) { complain(photo, error); }
      button.disabled = false;
    };
    return button;
  };
  const { pictures, ...rest } = answer, json = element("button", { type: "button" }, "JSON");
  json.onclick = () => save(new Blob([JSON.stringify(rest, null, 1)], { type: "application/json" }), stem + ".json");
  return element("div", { class: "downloads" }, picture("mask", "Mask"), picture("overlay", "Overlay"), json,
    element("span", { class: "faint" }, `at the photo's own size, ${size}`));
}

$("file").onchange = () => { look($("file").files); $("file").value = ""; };
for (const kind of ["dragover", "dragleave", "drop"]) document.addEventListener(kind, (event) => {
  event.preventDefault();
  $("drop").classList.toggle("over", kind === "dragover");
  if (kind === "drop") look(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (files.length) { event.preventDefault(); look(files); }
});
