// What is kept and what is rejected: by path of the photo, remembered by the browser, and taken back step by step.
const storageKey = (path) => "blurmap:choice:" + path;  // of the photo: a report made again finds it
const choices = {};
const steps = [];  // of { what, before }: what a step was, and pairs of photo and choice before it
let remembers = true;  // whether the browser keeps choices

for (const photo of photos) {
  let choice = null;
  try { choice = localStorage.getItem(storageKey(photo.path)); } catch (e) { remembers = false; }
  if (choice === "keep" || choice === "reject") choices[photo.path] = choice;
}

function remember(photo, choice) {
  if (choice) choices[photo.path] = choice; else delete choices[photo.path];
  try {
    if (choice) localStorage.setItem(storageKey(photo.path), choice);
    else localStorage.removeItem(storageKey(photo.path));
  } catch (e) { remembers = false; }  // a private window, or too many
}

// Takes pairs of photo and choice ("keep", "reject" or ""); returns how many of them are news.
function decide(changes, what) {
  const news = changes.filter(([photo, choice]) => (choices[photo.path] || "") !== choice);
  if (!news.length) return 0;
  steps.push({ what, before: news.map(([photo]) => [photo, choices[photo.path] || ""]) });
  for (const [photo, choice] of news) remember(photo, choice);
  decided(news.map(([photo]) => photo));
  return news.length;
}

function undo() {
  const step = steps.pop();
  if (!step) return;
  for (const [photo, choice] of step.before) remember(photo, choice);
  decided(step.before.map(([photo]) => photo));
  tellDone("Undone: " + step.what, false);
}

function decided(changed) {  // everything that shows choices
  if ($("chosen").value) refresh(); else redraw(new Set(changed));
  tell();
  if ($("large").open) drawDecision();
  if ($("compare").open) drawColumns();
}

function tell() {
  let kept = 0, rejected = 0;
  for (const photo of photos) {
    if (choices[photo.path] === "keep") kept++;
    if (choices[photo.path] === "reject") rejected++;
  }
  const part = shown.length === photos.length ? "" : `${shown.length} of ${photos.length} shown, `;
  const lost = remembers ? "" : "; this browser forgets them: take them with you";
  $("status").textContent = `${part}${kept} kept, ${rejected} rejected, ${photos.length - kept - rejected} undecided${lost}`;
  $("meter").children[0].style.width = 100 * kept / Math.max(photos.length, 1) + "%";
  $("meter").children[1].style.width = 100 * rejected / Math.max(photos.length, 1) + "%";
  $("undo").disabled = !steps.length;
}

let toastEnds = 0;
function tellDone(what, undoable = true) {
  $("said").textContent = what;
  $("toast").hidden = false;
  $("toast-undo").hidden = !undoable;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => { $("toast").hidden = true; }, 8000);
}
