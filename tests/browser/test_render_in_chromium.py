"""What a real browser makes of hostile text: the same text, and nothing that runs."""

from typing import Final

from playwright.async_api import Page

from bot.sandbox.page.render import MessageView, Names, message, modal, stylesheet

HOSTILE: Final = (
    "<script>window.hit=1</script>",
    '"><img src=x onerror=window.hit=1>',
    "</textarea></code></pre></title><svg onload=window.hit=1>",
    "<javascript:window.hit=1|press>",
    "&lt;img src=x onerror=window.hit=1&gt;",
    "{{ 7*7 }} ${7*7} <!-- --><![CDATA[x]]>",
    "\u202egnp.exe שלום مرحبا 👩‍🚒",
)


def everywhere(text: str) -> list[dict[str, object]]:
    """Return blocks with this text wherever a text can stand."""
    plain, marked = {"type": "plain_text", "text": text}, {"type": "mrkdwn", "text": text}
    option = {"text": plain, "value": text}
    rich = [
        {
            "type": kind,
            "elements": [{"type": "text", "text": text}, {"type": "link", "url": text, "text": text}],
        }
        for kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted")
    ]
    button = {"type": "button", "action_id": text, "value": text, "text": plain, "accessibility_label": text}
    asked = {"title": plain, "text": marked, "confirm": plain, "deny": plain}
    return [
        {"type": "header", "text": plain, "block_id": text},
        {"type": "section", "text": marked, "fields": [plain, marked], "accessory": {**button, "confirm": asked}},
        {"type": "rich_text", "elements": rich},
        {"type": "table", "rows": [[{"type": "raw_text", "text": text}]]},
        {"type": "container", "title": plain, "is_collapsible": True, "child_blocks": [{"type": "header", "text": plain}]},
        {"type": "markdown", "text": text},
        {"type": "image", "image_url": text, "alt_text": text},
        {"type": "context", "elements": [marked, {"type": "image", "image_url": text, "alt_text": text}]},
        {"type": text},
        {"type": "input", "block_id": text, "label": plain, "hint": plain, "element": {"type": "plain_text_input", "multiline": True, "initial_value": text}},
        {"type": "input", "label": plain, "element": {"type": "external_select", "placeholder": plain, "initial_option": option}},
        {"type": "input", "label": plain, "element": {"type": "checkboxes", "options": [option]}},
    ]  # fmt: skip


async def test_hostile_text_runs_nothing_and_asks_nobody_in_a_real_browser(page: Page) -> None:
    names = Names(users={"U0": HOSTILE[1]}, groups={}, channels={})
    for text in HOSTILE:
        shown = message(
            MessageView(author=text, ts="1772590449.0001", blocks=tuple(everywhere(text)), names=names)
        )
        view = {
            "type": "modal",
            "id": text,
            "title": {"type": "plain_text", "text": text},
            "blocks": everywhere(text),
        }
        body = f"{shown}{modal(view, names, errors={text: text})}"
        await page.set_content(f"<!doctype html><title>x</title><style>{stylesheet()}</style>{body}")

        assert await page.locator("script, img, svg, iframe, object, [onerror], [onload]").count() == 0
        assert await page.evaluate("() => window.hit") is None
        assert await page.locator(".bk-message h4").first.text_content() == text
        assert await page.locator("textarea").last.input_value() == text
        for address in await page.locator("a").evaluate_all("all => all.map((one) => one.protocol)"):
            assert address in {"http:", "https:", "mailto:"}
