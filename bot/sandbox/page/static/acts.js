// What a person does on the page becomes one POST each; what came of it is shown as a notice, or by the next repaint.

import { ask, follow } from "./dialogs.js";

const token = document.querySelector("meta[name=sandbox-token]").content;
const shown = 9000;

export function post(path, sight, asked) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Sandbox-Token": token },
    body: JSON.stringify({ person: sight.person, attack: sight.attack, ...asked }),
  });
}

export async function act(sight, asked) {
  document.body.setAttribute("aria-busy", "true");
  document.getElementById("toasts").replaceChildren();
  try {
    const answer = await post("/act", sight, asked);
    if (!answer.ok) throw new Error(await answer.text());
    const outcome = await answer.json();
    if (outcome.notice) notice(outcome.notice);
    return outcome;
  } catch (error) {
    const text = error instanceof TypeError ? "The sandbox does not answer. Is it still running?" : error.message;
    notice("", text);
    return { ok: false };
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

// Busy, not disabled: a disabled control would lose the focus.
function begin(control) {
  if (control.getAttribute("aria-busy")) return false;
  control.setAttribute("aria-busy", "true");
  return true;
}

function end(control) {
  control.removeAttribute("aria-busy");
}

export function notice(html, text) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const element = template.content.firstElementChild ?? document.createElement("p");
  if (text) {
    element.className = "bk bk-toast bk-alert bk-error";
    element.setAttribute("role", "alert");
    element.textContent = text;
  }
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), shown);
}

// `look` returns whose eyes these are; `become` changes that.
export function listen(look, become, openThread, goTo) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-type=button], [data-type=overflow], [data-type=icon_button]")) press(look(), button).then(() => goTo(button.dataset.url));
    else if (button.matches("[data-thread-ts]")) openThread(button.dataset.threadTs);
    else if (button.matches("[data-close]")) close(look());
    else if (button.matches("[data-shortcut]")) {
      const { shortcut, channel, ts } = button.dataset;
      act(look(), { act: "shortcut", action: shortcut, channel: channel ?? "", ts: ts ?? "" });
    }
  });
  document.addEventListener("change", (event) => {
    const chosen = event.target.closest("[data-action-id]");
    const value = chosen?.dataset.value || event.target.value;
    if (!chosen?.dataset.type || !value) return;
    press(look(), chosen, value, chosen.closest(".bk-input") ? "change" : "press");
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-view-id]");
    if (!form) return;
    event.preventDefault();
    submit(look(), form, event.submitter);
  });
  follow(() => close(look()));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("#do-step, #again, #verify");
    if (!button || !begin(button)) return;
    const acts = { "do-step": "tour", again: "again", verify: "verify" };
    const outcome = await act(look(), { act: acts[button.id] });
    end(button);
    if (outcome.become) become(outcome.become, Boolean(outcome.card));
  });
}

async function press(sight, control, value, kind = "press") {
  const { actionId, blockId, confirmTitle, confirmText, confirmYes, confirmNo, confirmStyle } = control.dataset;
  const asking = { title: confirmTitle, text: confirmText, yes: confirmYes, no: confirmNo, style: confirmStyle };
  if (!(await ask(asking))) return;
  const place = control.closest("[data-view-id]");
  const message = control.closest("article[data-ts]");
  const chosen = value ?? (control.dataset.type === "overflow" ? control.dataset.value : undefined);
  if (kind === "press" && !begin(control)) return;
  await act(sight, {
    act: kind,
    view: place?.dataset.viewId ?? "",
    channel: message?.dataset.channel ?? "",
    ts: message?.dataset.ts ?? "",
    action: actionId,
    block: blockId,
    value: chosen ?? null,
    filled: place?.tagName === "FORM" ? filled(place) : {},
  });
  end(control);
}

function close(sight) {
  const form = document.querySelector("#modal form[data-view-id]");
  if (form) act(sight, { act: "close", view: form.dataset.viewId });
}

async function submit(sight, form, button) {
  if (button && !begin(button)) return;
  await act(sight, { act: "submit", view: form.dataset.viewId, filled: filled(form) });
  if (button) end(button);
}

export function filled(form) {
  const found = {};
  for (const element of form.querySelectorAll(".bk-input [data-action-id]")) {
    const { blockId, actionId } = element.dataset;
    const value = valueOf(element);
    if (value !== null) (found[blockId] ??= {})[actionId] = value;
  }
  return found;
}

function valueOf(element) {
  const { type, value, values } = element.dataset;
  if (type === "multi_external_select") return JSON.parse(values || "[]");
  if (type === "external_select") return value || null;
  if (element.tagName !== "FIELDSET") return element.value || null;
  const checked = [...element.querySelectorAll("input:checked")].map((each) => each.value);
  return type === "radio_buttons" ? (checked[0] ?? null) : checked;
}
