"use strict";
// The photos, as the page was given them: their words and figures first, their pictures further down in the page.
const $ = (id) => document.getElementById(id);
const photos = JSON.parse($("words").textContent);
const fields = JSON.parse($("fields").textContent);  // of { name, label, meaning }: what is said of each photo
const bursts = new Map();  // by id: the photos of one moment, the best first

for (const [index, photo] of photos.entries()) {
  photo.index = index;
  photo.kind = photo.error ? "error" : photo.verdict;
  if (!photo.burst) continue;
  if (!bursts.has(photo.burst)) bursts.set(photo.burst, []);
  bursts.get(photo.burst).push(photo);
}
for (const [id, members] of bursts) {
  members.sort((a, b) => rankOf(a) - rankOf(b) || a.index - b.index);
  if (members.length < 2) bursts.delete(id);
}

function rankOf(photo) { return photo.rank ?? 1e9; }

function burstOf(photo) { return bursts.get(photo.burst) || [photo]; }

// The small picture and the tint of its blur, as addresses; null while the page is loading, or where there is none.
function wholeOf(photo) {
  const node = $("whole" + photo.index);
  if (!node) return null;
  const [picture, tint] = node.textContent.split(" ");
  return { picture: "data:image/jpeg;base64," + picture, tint: tint && "data:image/png;base64," + tint };
}

// The crop of the photo's own pixels, and its box: left, top, right, bottom in pixels of the photo.
function cropOf(photo) {
  const node = $("crop" + photo.index);
  if (!node) return null;
  return { source: "data:image/jpeg;base64," + node.textContent, box: node.dataset.box.split(",").map(Number) };
}
