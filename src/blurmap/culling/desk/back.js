// The browser's Back closes what lies over the grid, and leaves the page only from there.
const OPEN = "open";  // the state of the one entry of the history that stands for what is open

function add() {
  if (history.state !== OPEN) history.pushState(OPEN, "");
}

function back(event) {
  const open = [...document.querySelectorAll("dialog[open]")];
  const top = open.find((dialog) => dialog.id === "compare") || open[0];
  if (top) {
    top.close();
    if (open.length > 1) add();  // for the one below
  } else if (event.state !== OPEN) history.back();  // closed by the page before: the entry stood for nothing
}

export function startBack() {
  const watch = new MutationObserver((changes) => { if (changes.some((change) => change.target.open)) add(); });
  for (const dialog of document.querySelectorAll("dialog")) watch.observe(dialog, { attributeFilter: ["open"] });
  window.addEventListener("popstate", back);
}
