// What is kept and what is rejected: by path of the photo, remembered by the browser, and taken back step by step.
import { counted } from "../../browser/elements.js";
import { photos } from "./photos.js";
import { keepInTab, keptInTab } from "./session.js";
import { change, state } from "./state.js";

const STEPS = 100;  // that outlive a reload
const storageKey = (path) => "blurmap:choice:" + path;  // of the photo: a report made again finds it
const byPath = new Map(photos.map((photo) => [photo.path, photo]));

const times = new Map();  // of each choice, in milliseconds, by photo; 0: not known

function stored(photo) {  // such as "keep 1790848800000"; versions of before kept no time
  const [choice, time] = (localStorage.getItem(storageKey(photo.path)) || "").split(" ");
  return choice === "keep" || choice === "reject" ? [choice, Number(time) || 0] : ["", 0];
}

function take(photo, choice, time) {
  if (choice) state.choices[photo.path] = choice; else delete state.choices[photo.path];
  times.set(photo, time);
}

for (const photo of photos) {
  try { take(photo, ...stored(photo)); } catch (e) { state.remembers = false; }
}
for (const { what, changes } of keptInTab("steps") || [])
  state.steps.push({ what, changes: changes.map(([path, ...both]) => [byPath.get(path), ...both]).filter(([photo]) => photo) });

export function choiceOf(photo) { return state.choices[photo.path] || ""; }

// When it was chosen; 0 where that is not known, or nothing is chosen.
export function timeOf(photo) { return choiceOf(photo) ? times.get(photo) : 0; }

function remember(photo, choice, time) {
  take(photo, choice, time);
  try {
    if (choice) localStorage.setItem(storageKey(photo.path), `${choice} ${time}`);
    else localStorage.removeItem(storageKey(photo.path));
  } catch (e) { state.remembers = false; }  // a private window, or too many
}

function keepSteps() {
  keepInTab("steps", state.steps.slice(-STEPS).map(({ what, changes }) =>
    ({ what, changes: changes.map(([photo, before, after]) => [photo.path, before, after]) })));
}

// Takes photo, choice ("keep", "reject" or "") and when it was chosen (now, if not given) of each; returns how many of
// them are news.
export function decide(chosen, what) {
  const now = Date.now(), news = chosen.filter(([photo, choice]) => choiceOf(photo) !== choice);
  for (const [photo, choice, time = now] of chosen)  // the same again is news of its time
    if (choiceOf(photo) === choice && time > timeOf(photo)) remember(photo, choice, time);
  if (!news.length) return 0;
  state.steps.push({ what, changes: news.map(([photo, choice]) => [photo, choiceOf(photo), choice]) });
  for (const [photo, choice, time = now] of news) remember(photo, choice, time);
  keepSteps();
  change("choices", news.map(([photo]) => photo));
  return news.length;
}

// What was chosen anew since, as in another tab, stays.
export function undo() {
  const step = state.steps.pop();
  if (!step) return;
  const back = step.changes.filter(([photo, , after]) => choiceOf(photo) === after);
  for (const [photo, before] of back) remember(photo, before, Date.now());
  keepSteps();
  change("choices", back.map(([photo]) => photo));
  const left = step.changes.length - back.length;
  change("done", "Undone: " + step.what + (left ? `; ${left} chosen anew since, left alone` : ""), false);
}

// What other tabs have chosen since: the browser keeps one choice of a photo, the latest.
export function readAgain() {
  if (!state.remembers) return;
  const news = [];
  for (const photo of photos) {
    const [choice, time] = stored(photo);
    if (choice !== choiceOf(photo)) news.push(photo);
    take(photo, choice, time);
  }
  if (!news.length) return;
  change("choices", news);
  change("done", `${counted(news.length, "choice")} made in another tab taken over`, false);
}

export function startChoices() {
  let waiting = 0;
  window.addEventListener("storage", () => { clearTimeout(waiting); waiting = setTimeout(readAgain, 100); });
}
