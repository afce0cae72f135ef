// Puts the pieces that the server sends into their slots: what did not change keeps its element, focus and scroll.

const near = 48;

export function apply(slots, fresh) {
  const told = [];
  for (const [name, pieces] of Object.entries(slots)) {
    const slot = document.querySelector(`[data-slot="${name}"]`);
    if (slot) told.push(...fill(slot, pieces, fresh));
  }
  if (told.length && !fresh) document.getElementById("said").textContent = told.slice(-2).join(". ");
}

function fill(slot, pieces, fresh) {
  const held = new Map([...slot.children].map((child) => [child.dataset.key, child]));
  const scroller = slot.closest("#feed, #log");
  const atEnd = scroller && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < near;
  const told = [];
  let added = false;
  let before = null;
  for (const piece of pieces) {
    let element = held.get(piece.key);
    held.delete(piece.key);
    if (piece.html !== undefined) {
      added = added || !element;
      element = replaced(element, made(piece));
      if (piece.said) told.push(piece.said);
    }
    if (!element) continue;
    const place = before ? before.nextSibling : slot.firstChild;
    if (element !== place) slot.insertBefore(element, place);
    before = element;
  }
  for (const gone of held.values()) gone.remove();
  if (scroller && (fresh || (atEnd && added))) scroller.scrollTop = scroller.scrollHeight;
  return told;
}

function made(piece) {
  const template = document.createElement("template");
  template.innerHTML = piece.html.trim();
  const element = template.content.firstElementChild ?? document.createElement("div");
  element.dataset.key = piece.key;
  return element;
}

function replaced(old, fresh) {
  if (!old) return fresh;
  const path = old.contains(document.activeElement) ? pathTo(document.activeElement, old) : null;
  const open = [...old.querySelectorAll("details")].map((each) => each.open);
  old.replaceWith(fresh);
  [...fresh.querySelectorAll("details")].forEach((each, at) => {
    if (at < open.length) each.open = open[at];
  });
  if (path) (found(fresh, path) ?? focusable(fresh))?.focus();
  return fresh;
}

// The same control in the new element: by its id, or by what it does.
function pathTo(element, root) {
  const { actionId, blockId, value, fill: line } = element.dataset;
  const all = [...root.querySelectorAll(element.tagName)];
  return { id: element.id, actionId, blockId, value, line, tag: element.tagName, at: all.indexOf(element) };
}

function found(root, path) {
  const every = [...root.querySelectorAll(path.tag)];
  if (path.id) return every.find((each) => each.id === path.id);
  if (path.actionId) {
    return every.find((each) => each.dataset.actionId === path.actionId && each.dataset.blockId === path.blockId)
      ?? every.find((each) => each.dataset.actionId === path.actionId);
  }
  return every[path.at];
}

function focusable(root) {
  return root.querySelector("button:not(:disabled), summary, a[href], input, select, textarea");
}
