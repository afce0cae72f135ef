// Puts the pieces that the server sends into their slots: what did not change keeps its element, focus and scroll.

const near = 48;

// The card that the tour has just dealt with stays in view, until the person scrolls, types or goes elsewhere.
let pinned = false;

export function pin(wanted) {
  pinned = wanted;
  if (wanted) hold(document.getElementById("feed"));
}

function hold(feed) {
  const card = [...feed.querySelectorAll(":scope > :has(article :is([data-action-id], .bk-header))")].at(-1);
  if (card) scroll(feed, card.offsetTop - feed.offsetTop);
}

// Brings a message to the top of the feed, and the focus to it; says whether it is there.
export function reveal(ts) {
  const feed = document.getElementById("feed");
  const piece = [...feed.children].find((each) => each.querySelector(`article[data-ts="${CSS.escape(ts)}"]`));
  if (!piece) return false;
  pinned = false;
  scroll(feed, piece.offsetTop - feed.offsetTop);
  feed.focus({ preventScroll: true });
  return true;
}

function scroll(scroller, top) {
  scroller.scrollTop = top;
  scroller.dataset.put = String(scroller.scrollTop);
}

function following(scroller) {
  const left = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  return left < near || Math.abs(scroller.scrollTop - Number(scroller.dataset.put ?? -near)) < 2;
}

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
  const follows = scroller && (fresh || following(scroller));
  const told = [];
  let added = null;
  let before = null;
  for (const piece of pieces) {
    let element = held.get(piece.key);
    held.delete(piece.key);
    // A stream that begins anew sends everything: what stands there already is left alone.
    if (piece.html !== undefined && element?.firebreakHtml !== piece.html) {
      const come = !element;
      element = replaced(element, made(piece));
      if (come) added ??= element;
      if (come && !fresh) element.classList.add("come");
      if (piece.said) told.push(piece.said);
    }
    if (!element) continue;
    const place = before ? before.nextSibling : slot.firstChild;
    if (element !== place) slot.insertBefore(element, place);
    before = element;
  }
  for (const gone of held.values()) gone.remove();
  // The head of what is new stays in view, however tall it is.
  if (follows && added && !(pinned && slot.id === "feed")) {
    scroll(scroller, fresh ? scroller.scrollHeight : Math.min(scroller.scrollHeight, added.offsetTop - scroller.offsetTop));
  }
  if (pinned && slot.id === "feed" && follows) hold(slot);
  return told;
}

function made(piece) {
  const template = document.createElement("template");
  template.innerHTML = piece.html.trim();
  const element = template.content.firstElementChild ?? document.createElement("div");
  element.dataset.key = piece.key;
  element.firebreakHtml = piece.html;
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
