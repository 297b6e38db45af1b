// What the page shows and what was decided. Who changes something tells it; who shows it has subscribed.
export const state = {
  choices: {},  // "keep" or "reject" by path of the photo
  steps: [],  // of { what, changes }: what a step was, and of each photo its choice before and after
  remembers: true,  // whether the browser keeps choices
  only: new Set(), unfolded: new Set(),  // verdicts that are shown (none: all), ids of bursts
  shown: [],  // photos
  items: [],  // what has a card: a photo, or a folded burst
  folding: true,
  current: 0,  // the item that has the focus
  columns: 1,  // of the grid
  selected: new Set(),  // photos
  zoom: window.devicePixelRatio > 1.5 ? 2 : 1,
  large: null,  // the photo that is shown large
  largeLoupe: null,
  compared: [],  // on this page of the comparison, of { photo, loupe, figure, frame }
};

const listeners = {};

// `what` is one of: choices (photos), list (), cards (photos), selection (photos), focus (number of an item), zoom (),
// open (photo), compare (photos), done (words, undoable).
export function subscribe(what, listener) { (listeners[what] ||= []).push(listener); }

export function change(what, ...details) { for (const listener of listeners[what] || []) listener(...details); }
