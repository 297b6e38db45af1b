// The photos, as the page was given them: their words and figures first, their pictures further down in the page.
import { $ } from "../../browser/elements.js";

export const photos = JSON.parse($("words").textContent);
export const fields = JSON.parse($("fields").textContent);  // of { name, label, meaning }: what is said of each photo
export const bursts = new Map();  // by id: the photos of one moment, the best first

for (const [index, photo] of photos.entries()) {
  photo.index = index;
  photo.kind = photo.error ? "error" : photo.verdict || "unjudged";
  if (!photo.burst) continue;
  if (!bursts.has(photo.burst)) bursts.set(photo.burst, []);
  bursts.get(photo.burst).push(photo);
}
for (const [id, members] of bursts) {
  members.sort(byRank);
  if (members.length < 2) bursts.delete(id);
}

export function rankOf(photo) { return photo.rank ?? 1e9; }

export function byRank(a, b) { return rankOf(a) - rankOf(b) || a.index - b.index; }

export function burstOf(photo) { return bursts.get(photo.burst) || [photo]; }

export function place(photo) {  // of a photo in its burst, in words
  if (photo.rank === null || burstOf(photo).length < 2) return "";
  const tied = burstOf(photo).filter((other) => other.rank === photo.rank).length > 1;
  return (photo.rank === 1 ? "best" : "no. " + photo.rank) + (tied ? ", tied" : "");
}

export function sure(photo) {
  return photo.confidence === null || photo.error ? "" : ` ${Math.round(100 * photo.confidence)}\u00a0%`;
}

// The small picture and the tint of its blur, as addresses; null while the page is loading, or where there is none.
export function wholeOf(photo) {
  const node = $("whole" + photo.index);
  if (!node) return null;
  const [picture, tint] = node.textContent.split(" ");
  return { picture: "data:image/jpeg;base64," + picture, tint: tint && "data:image/png;base64," + tint };
}

// The address of a large picture of a photo that browsers do not show: in the page, or beside the table; "" without.
export function largeOf(photo) {
  const node = $("large" + photo.index);
  return node ? "data:image/jpeg;base64," + node.textContent : photo.large || "";
}

// The crop of the photo's own pixels, and its box: left, top, right, bottom in pixels of the photo.
export function cropOf(photo) {
  const node = $("crop" + photo.index);
  if (!node) return null;
  return { source: "data:image/jpeg;base64," + node.textContent, box: node.dataset.box.split(",").map(Number) };
}

export function middleOfCrop(photo) {
  const crop = cropOf(photo);
  if (!crop) return { x: .5, y: .5 };
  const [left, top, right, bottom] = crop.box;
  return { x: (left + right) / 2 / photo.width, y: (top + bottom) / 2 / photo.height };
}
