// The page: whose eyes, which place, one stream of pieces. Everything that is shown comes from the server.

import { act, listen } from "./acts.js";
import { compose, put } from "./compose.js";
import { settle } from "./dialogs.js";
import { searching } from "./search.js";
import { apply, pin, reveal } from "./slots.js";

const $ = (id) => document.getElementById(id);
const sight = { person: "", place: "channel", thread: "", attack: "", aim: "" };
let stream = null;
let start = "";

function connect() {
  stream?.close();
  const { person, place, thread } = sight;
  const source = new EventSource(`/events?${new URLSearchParams({ person, place, thread })}`);
  let fresh = true;
  stream = source;
  source.onmessage = (event) => {
    if (source !== stream) return;
    const news = JSON.parse(event.data);
    if (start && news.start !== start) location.reload();
    start = news.start;
    apply(news.slots, fresh);
    fresh = false;
    if (sight.aim && reveal(sight.aim)) sight.aim = "";
    settle();
    $("state").textContent = "live";
    document.body.dataset.live = "yes";
  };
  source.onerror = () => {
    fresh = true;
    $("state").textContent = "the connection dropped: trying again";
    document.body.dataset.live = "no";
    if (source.readyState === EventSource.CLOSED) setTimeout(() => source === stream && connect(), 1000);
  };
}

function become(person) {
  const radio = document.querySelector(`input[name=person][value="${CSS.escape(person)}"]`);
  if (!radio) return;
  radio.checked = true;
  const forges = "forges" in radio.dataset;
  Object.assign(sight, { person, thread: "" });
  $("forging").hidden = !forges;
  if (!forges) sight.attack = $("attack").value = "";
  $("note").textContent = radio.dataset.note;
  $("line").placeholder = `Type /ir and what ${radio.dataset.name} wants`;
  look();
}

function look() {
  for (const button of document.querySelectorAll("[data-place]")) {
    if (button.dataset.place === sight.place) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  $("thread").hidden = !sight.thread;
  $("compose").hidden = sight.place === "home";
  if (sight.place === "home") act(sight, { act: "home" });
  connect();
}

// A link to a message of this workspace leads to it; no other link of a button is followed.
function goTo(link) {
  const found = link?.match(/\/archives\/(\w+)\/p(\d+)(\d{6})$/);
  if (!found) return;
  Object.assign(sight, { place: found[1].startsWith("D") ? "direct" : "channel", thread: "", aim: `${found[2]}.${found[3]}` });
  panel("slack");
  look();
}

function panel(name) {
  document.body.dataset.panel = name;
  for (const button of document.querySelectorAll(".panels button")) {
    button.setAttribute("aria-pressed", String(button.dataset.panel === name));
  }
}

function theme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").setAttribute("aria-pressed", String(dark));
}

$("cast").addEventListener("change", (event) => become(event.target.value));
for (const gesture of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  $("feed").addEventListener(gesture, () => pin(false), { passive: true });
}
$("attack").addEventListener("change", (event) => { sight.attack = event.target.value; });
$("theme").addEventListener("click", () => theme($("theme").getAttribute("aria-pressed") !== "true"));
$("back").addEventListener("click", () => { sight.thread = ""; look(); });
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href*='.slack.com/archives/']");
  if (link) {
    event.preventDefault();
    goTo(link.href);
  }
  const button = event.target.closest("button");
  if (button?.matches(".panels [data-panel]")) panel(button.dataset.panel);
  if (button?.matches("[data-place]")) {
    Object.assign(sight, { place: button.dataset.place, thread: "" });
    pin(false);
    look();
  }
  if (button?.matches("[data-fill]")) {
    sight.place = "channel";
    panel("slack");
    become(button.dataset.person);
    put(button.dataset.fill);
  }
});

$("theme").setAttribute("aria-pressed", String(matchMedia("(prefers-color-scheme: dark)").matches));
listen(() => ({ ...sight }), (person, card) => { sight.place = "channel"; pin(card); become(person); }, (ts) => {
  sight.thread = ts;
  look();
}, goTo);
compose(() => ({ ...sight }));
searching(() => ({ ...sight }));
become(document.querySelector("input[name=person]:checked").value);
