// Keep and reject: one photo, a stack, a selection, all bursts.
function said(photo, choice) { return `${photo.name} ${{ keep: "kept", reject: "rejected" }[choice] || "undecided"}`; }

// Of the photos of one moment the best is kept, and with it what is tied; what cannot be read stays undecided.
function bestKept(members) {
  const readable = members.filter((photo) => !photo.error), best = Math.min(...readable.map(rankOf));
  return readable.map((photo) => [photo, rankOf(photo) === best ? "keep" : "reject"]);
}

function chooseItem(i, choice) {
  const item = items[i];
  if (!isStack(item)) { decide([[item.photo, choice]], said(item.photo, choice)); return; }
  const what = { keep: "best kept, the others rejected", reject: "all rejected" }[choice] || "all undecided";
  const words = `Burst of ${item.photos.length}: ${what}`;
  if (decide(choice === "keep" ? bestKept(item.photos) : item.photos.map((photo) => [photo, choice]), words)) tellDone(words);
}

// By key: what is selected, or the card that has the focus, which then goes on to the next.
function choose(choice) {
  if (selected.size) { chooseSelected(choice); return; }
  const item = items[current];
  if (!item) return;
  chooseItem(current, choice);
  const stays = items[current] && items[current].photo === item.photo;
  go(choice && stays ? current + 1 : current);
}

function chooseSelected(choice) {
  const what = `${counted(selected.size, "photo")} ${{ keep: "kept", reject: "rejected" }[choice] || "undecided"}`;
  decide([...selected].map((photo) => [photo, choice]), what);
  clearSelection();
  tellDone(what);
}

// Of each burst the best is kept and the rest rejected, but for bursts in which anything is decided already.
function keepBestOfBursts() {
  const open = [...bursts.values()].filter((members) => !members.some((photo) => choices[photo.path]));
  const changes = open.flatMap(bestKept), kept = changes.filter(([, choice]) => choice === "keep").length;
  const begun = bursts.size - open.length;
  const what = `${counted(open.length, "burst")}: ${kept} kept, ${changes.length - kept} rejected`;
  if (changes.length) decide(changes, what);
  tellDone(what + (begun ? `; ${begun} with choices of your own left alone` : ""), changes.length > 0);
}

function compareChosen() {
  if (selected.size) openCompare(selected);
  else if (items[current]) openCompare(burstOf(items[current].photo));
}
