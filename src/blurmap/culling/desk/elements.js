// What the page is made of.
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(text, attributes, action) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.onclick = action;
  return made;
}

function counted(number, noun) { return `${number} ${noun}${number === 1 ? "" : "s"}`; }

function sure(photo) {
  return photo.confidence === null || photo.error ? "" : ` ${Math.round(100 * photo.confidence)} %`;
}

function place(photo) {  // of a photo in its burst, in words
  if (photo.rank === null || burstOf(photo).length < 2) return "";
  const tied = burstOf(photo).filter((other) => other.rank === photo.rank).length > 1;
  return (photo.rank === 1 ? "best" : "no. " + photo.rank) + (tied ? ", tied" : "");
}

// Keep and reject; pressed again they take the choice back.
function decideButtons(photo, choose, tabIndex = 0) {
  return [["keep", "Keep"], ["reject", "Reject"]].map(([choice, text]) => {
    const pressed = choices[photo.path] === choice;
    const attributes = { "data-choice": choice, "aria-pressed": String(pressed), tabindex: tabIndex };
    return button(text, attributes, () => choose(pressed ? "" : choice));
  });
}
