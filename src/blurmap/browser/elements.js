// What pages are made of.
export const $ = (id) => document.getElementById(id);

export function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function button(text, attributes, action) {
  const node = element("button", { type: "button", ...attributes }, text);
  node.onclick = action;
  return node;
}

export function counted(number, noun) { return `${number} ${noun}${number === 1 ? "" : "s"}`; }

// Gives a file to the person in front of the page.
export function download(content, name) {
  const link = element("a", { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
