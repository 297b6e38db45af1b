// What outlives a reload of this page in this tab: the history to undo, and the filters.
const MOST = 1_000_000;  // characters that are kept of one thing; browsers give a page some millions

const key = (name) => `blurmap:${name}:${location.pathname}`;

export function keepInTab(name, value) {
  const text = JSON.stringify(value);
  try {
    if (text.length <= MOST) sessionStorage.setItem(key(name), text);
    else sessionStorage.removeItem(key(name));
  } catch (e) { /* a browser that keeps nothing: all is there until the page is loaded again */ }
}

export function keptInTab(name) {
  try { return JSON.parse(sessionStorage.getItem(key(name))); } catch (e) { return null; }
}
