// How many photos there are of which verdict and sharp size.
import { $, element } from "../../browser/elements.js";
import { KINDS } from "./list.js";
import { photos } from "./photos.js";

function bars(id, entries, caption) {
  const most = Math.max(1, ...entries.map(([, n]) => n));
  for (const [label, n, colour] of entries) {
    const bar = element("div", { title: label + ": " + n });
    bar.style.height = (n ? Math.max(2, 100 * n / most) : 0) + "%";
    if (colour) bar.style.background = colour;
    $(id + "-bars").append(bar);
    $(id + "-labels").append(element("span", {}, label + (id === "verdict" ? " " + n : "")));
  }
  $(id + "-bars").setAttribute("aria-label", caption + ": " + entries.map(([l, n]) => l + " " + n).join(", "));
}

export function startCharts() {
  const count = (kind) => photos.filter((p) => p.kind === kind).length;
  bars("verdict", KINDS.filter(count).map((k) => [k, count(k), `var(--${k})`]), "Photos by verdict");
  const edges = [0, 250, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, Infinity];
  const entries = edges.slice(0, -1).map((low, i) => [String(low),
    photos.filter((p) => p.sharp_size !== null && p.sharp_size >= low && p.sharp_size < edges[i + 1]).length]);
  bars("size", entries, "Photos by sharp size");
}
