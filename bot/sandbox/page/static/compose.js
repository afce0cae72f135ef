// The command line with its completions: the pattern of an editable combobox with a list (WAI-ARIA practices).

import { act } from "./acts.js";
import { pin } from "./slots.js";

const line = document.getElementById("line");
const list = document.getElementById("offers");
const typed = [];
let offers = [];
let at = -1;
let asked = 0;
let back = 0;

export function compose(look) {
  line.addEventListener("input", () => offer());
  line.addEventListener("keydown", (event) => key(event));
  line.addEventListener("blur", () => setTimeout(() => line === document.activeElement || hide(), 150));
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    take(Number(option.dataset.at));
  });
  document.getElementById("compose").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = line.value.trim();
    hide();
    pin(false);
    const outcome = await act(look(), { act: "say", text, place: look().place, thread: look().thread });
    if (outcome.ok && line.value.trim() === text) {
      typed.push(text);
      back = typed.length;
      line.value = "";
    }
  });
}

export function put(text) {
  line.value = text;
  line.focus();
  hide();
}

async function offer() {
  const number = ++asked;
  const text = line.value;
  if (!text.startsWith("/")) return hide();
  const answer = await fetch(`/complete?text=${encodeURIComponent(text)}`).catch(() => null);
  if (!answer?.ok || number !== asked) return;
  offers = await answer.json();
  list.replaceChildren(...offers.map(option));
  at = -1;
  show(offers.length > 0);
}

function option(each, index) {
  const item = document.createElement("li");
  item.id = `offer-${index}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.at = index;
  const form = document.createElement("code");
  form.textContent = each.form;
  const help = document.createElement("small");
  help.textContent = each.help;
  item.append(form, " ", help);
  return item;
}

function key(event) {
  const open = !list.hidden;
  if (event.key === "Escape" && open) {
    event.preventDefault();
    hide();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && open) {
    event.preventDefault();
    choose(at + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "ArrowUp" && !open && typed.length) {
    event.preventDefault();
    back = Math.max(0, back - 1);
    put(typed[back]);
  } else if ((event.key === "Tab" && !event.shiftKey && open && (at >= 0 || offers.length === 1))
      || (event.key === "Enter" && open && at >= 0)) {
    event.preventDefault();
    take(Math.max(at, 0));
  }
}

function choose(next) {
  at = (next + offers.length) % offers.length;
  [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
  line.setAttribute("aria-activedescendant", `offer-${at}`);
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

function take(index) {
  line.value = offers[index].line;
  line.focus();
  offer();
}

function hide() {
  asked += 1;
  show(false);
}

function show(open) {
  list.hidden = !open;
  line.setAttribute("aria-expanded", String(open));
  line.removeAttribute("aria-activedescendant");
}
