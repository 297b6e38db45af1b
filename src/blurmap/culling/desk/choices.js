// What is kept and what is rejected: by path of the photo, remembered by the browser, and taken back step by step.
import { photos } from "./photos.js";
import { change, state } from "./state.js";

const storageKey = (path) => "blurmap:choice:" + path;  // of the photo: a report made again finds it

for (const photo of photos) {
  let choice = null;
  try { choice = localStorage.getItem(storageKey(photo.path)); } catch (e) { state.remembers = false; }
  if (choice === "keep" || choice === "reject") state.choices[photo.path] = choice;
}

export function choiceOf(photo) { return state.choices[photo.path] || ""; }

function remember(photo, choice) {
  if (choice) state.choices[photo.path] = choice; else delete state.choices[photo.path];
  try {
    if (choice) localStorage.setItem(storageKey(photo.path), choice);
    else localStorage.removeItem(storageKey(photo.path));
  } catch (e) { state.remembers = false; }  // a private window, or too many
}

// Takes pairs of photo and choice ("keep", "reject" or ""); returns how many of them are news.
export function decide(pairs, what) {
  const news = pairs.filter(([photo, choice]) => choiceOf(photo) !== choice);
  if (!news.length) return 0;
  state.steps.push({ what, before: news.map(([photo]) => [photo, choiceOf(photo)]) });
  for (const [photo, choice] of news) remember(photo, choice);
  change("choices", news.map(([photo]) => photo));
  return news.length;
}

export function undo() {
  const step = state.steps.pop();
  if (!step) return;
  for (const [photo, choice] of step.before) remember(photo, choice);
  change("choices", step.before.map(([photo]) => photo));
  change("done", "Undone: " + step.what, false);
}
