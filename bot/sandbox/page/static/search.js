// Search boxes of modals: the bot is asked for options as a person types, as Slack does.

import { post } from "./acts.js";

let asked = 0;

export function searching(look) {
  const box = (event) => event.target.closest?.("input[data-type=external_select], input[data-type=multi_external_select]");
  document.addEventListener("input", (event) => box(event) && offer(look(), box(event)));
  document.addEventListener("focusin", (event) => box(event) && offer(look(), box(event)));
  document.addEventListener("focusout", (event) => box(event) && setTimeout(hide, 150, box(event)));
  document.addEventListener("keydown", (event) => box(event) && key(event, box(event)), true);
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest(".bk-combobox [role=option]");
    if (!option) return;
    event.preventDefault();
    take(option.closest(".bk-combobox").querySelector("input"), option);
  });
}

const listOf = (input) => document.getElementById(input.getAttribute("aria-controls"));

async function offer(sight, input) {
  const typed = input.dataset.value ? "" : input.value;
  if (typed.length < Number(input.dataset.minQuery ?? 0)) return hide(input);
  const number = ++asked;
  const view = input.closest("form[data-view-id]").dataset.viewId;
  const question = { act: "search", view, action: input.dataset.actionId, text: typed };
  const answer = await post("/search", sight, question).catch(() => null);
  if (!answer?.ok || number !== asked || !input.isConnected) return;
  const list = listOf(input);
  const groups = await answer.json();
  list.replaceChildren(...groups.flatMap((group, at) => group.options.map((each, n) => option(list, group, each, `${at}-${n}`))));
  if (!list.childElementCount) list.append(nothing());
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
}

function option(list, group, each, at) {
  const item = document.createElement("li");
  item.id = `${list.id}-${at}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.value = each.value;
  item.textContent = each.text.text;
  const more = each.description?.text ?? group.label?.text;
  if (more) {
    const words = document.createElement("small");
    words.textContent = ` ${more}`;
    item.append(words);
  }
  item.dataset.words = each.text.text;
  return item;
}

function nothing() {
  const item = document.createElement("li");
  item.setAttribute("role", "option");
  item.setAttribute("aria-disabled", "true");
  item.textContent = "Nothing found";
  return item;
}

function key(event, input) {
  const list = listOf(input);
  const every = [...list.querySelectorAll("[data-value]")];
  const at = every.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    event.stopPropagation();
    hide(input);
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && every.length && !list.hidden) {
    event.preventDefault();
    const next = (at + (event.key === "ArrowDown" ? 1 : -1) + every.length) % every.length;
    every.forEach((each, n) => each.setAttribute("aria-selected", String(n === next)));
    input.setAttribute("aria-activedescendant", every[next].id);
    every[next].scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && !list.hidden && every.length) {
    event.preventDefault();
    take(input, every[Math.max(at, 0)]);
  } else if (event.key.length === 1 || event.key === "Backspace") {
    if (input.dataset.value) input.value = "";
    if (input.dataset.value !== undefined) input.dataset.value = "";
  }
}

function take(input, option) {
  const { value, words } = option.dataset;
  if (input.dataset.values === undefined) {
    input.dataset.value = value;
    input.value = words;
  } else {
    const values = [...new Set([...JSON.parse(input.dataset.values || "[]"), value])];
    input.dataset.values = JSON.stringify(values);
    const picked = document.createElement("li");
    picked.textContent = words;
    input.parentElement.querySelector(".bk-picked").append(picked);
    input.value = "";
  }
  hide(input);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function hide(input) {
  asked += 1;
  const list = listOf(input);
  if (list) list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}
