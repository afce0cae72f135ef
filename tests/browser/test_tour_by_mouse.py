"""The tour by mouse alone, what a person may notice about the page on the way, and its way through a bot's restart."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.chromium import PHONE, visiting
from tests.browser.looking import overflow, violations
from tests.browser.touring import (
    STEPS,
    Sandbox,
    arrive,
    asked,
    at_step,
    has_asked,
    in_view,
    look_as,
    pods_talk,
    sandbox,
    says,
)

pytestmark = pytest.mark.slow
CONTAINED = "Contain in prod"
"""How the card of the request is headed."""


async def test_six_clicks_lead_to_a_restored_world_and_a_verified_log(page: Page, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as here:
        await page.set_viewport_size({"width": 1280, "height": 900})
        await arrive(page, here)
        assert await violations(page) == []
        for step in range(STEPS):
            await page.click("#do-step")
            await at_step(page, step + 1)
            await _shows(step, page, here)
        await page.wait_for_selector(".verdict.sound")
        assert here.stage.now() == here.stage.before
        assert "SOUND" in await page.inner_text(".verdict")
        refusal = page.locator(".entry.refusal")
        assert "Mallory" in await refusal.first.inner_text()
        assert await violations(page) == []


async def _shows(step: int, page: Page, here: Sandbox) -> None:
    """Look at what a step has brought."""
    if step == 0:
        assert await page.locator("#log .entry").count() > 2
        await in_view(page.get_by_role("heading", name=CONTAINED).last)
        assert here.stage.now() == here.stage.before
    if step == 1:
        await in_view(page.locator("#feed").get_by_text("still allowed, every 20 s").last)
        assert await page.locator(".strips li.passed").count() > 1
        assert await page.locator(".line.beacon.talking .flow").count() == 1
    if step == 2:
        await in_view(page.locator("#feed").get_by_text("STAYS OPEN").last)
        assert await page.locator(".line.beacon.cut").count() == 0
    if step == 4:
        await page.get_by_text("The alert is over: nothing of it is offered any more").wait_for()
        assert await page.locator(".line.own.cut").count() == 5
        pods_talk(here)
        await page.locator(".strips li.dropped", has_text="beacon:443").wait_for()
        assert await page.locator(".line.beacon.talking").count() == 0
    if step in (0, 2, 4):
        assert await violations(page) == []


async def test_the_report_opens_beside_the_page_and_is_no_part_of_it(page: Page, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as here:
        await arrive(page, here)
        await has_asked(page)
        (request,) = asked(here)
        await says(page, f"/ir report {request}")
        await page.get_by_role("button", name="in the thread").last.click()
        file = page.locator(".bk-file", has_text=f"{request}-report.html")
        await file.wait_for()
        assert await violations(page) == []
        async with page.expect_popup() as popup:
            await file.get_by_role("link", name="Open").click()
        report = await popup.value
        await report.get_by_role("heading", name=f"Report of {request}").wait_for()
        assert await report.evaluate("() => self.origin") == "null"
        async with page.expect_download() as saving:
            await file.get_by_role("link", name="Save").click()
        saved = await (await saving.value).path()
        assert request in saved.read_text(encoding="utf-8")


async def test_a_file_that_would_run_does_not(page: Page, tmp_path: Path) -> None:
    core_script = b"<!doctype html><title>still</title><script>document.title = 'ran'</script>"
    async with sandbox(tmp_path) as here:
        files = here.scene.workspace._core.files
        made = files.expect("x.html", len(core_script))
        files.receive(made.id, core_script)
        await page.goto(f"{here.address}file/{made.id}")

        assert await page.title() == "still"


async def test_the_home_leads_to_the_card(page: Page, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as here:
        await page.set_viewport_size({"width": 1280, "height": 900})
        await arrive(page, here)
        await has_asked(page)
        await look_as(page, "Bob")
        await page.get_by_role("button", name="App Home").click()
        await page.get_by_role("button", name="Open the card").click()
        await in_view(page.get_by_role("heading", name=CONTAINED).last)
        assert await page.evaluate("() => document.activeElement.id") == "feed"


async def test_what_is_typed_wrong_is_answered_where_one_looks(page: Page, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as here:
        await arrive(page, here)
        box, notices = page.locator("#line"), page.locator("#toasts")
        await box.press("Enter")
        await notices.get_by_text("Type a command").wait_for()
        await says(page, "hello")
        await notices.get_by_text("begin with /ir").wait_for()
        assert await notices.get_by_text("Type a command").count() == 0
        await says(page, "/ir quarantin x")
        answer = page.get_by_text("Did you mean: quarantine").last
        await in_view(answer)


async def test_on_a_phone_and_in_the_dark_the_page_fits_and_speaks(browser: Browser, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as here, visiting(browser, width=PHONE, theme="dark") as page:
        await arrive(page, here)
        await has_asked(page)
        for name in ("World", "Record", "Slack"):
            await page.get_by_role("button", name=name, exact=True).click()
            assert await overflow(page) <= 0
            assert await violations(page) == []


async def test_a_denial_asks_for_its_reason_in_a_form(page: Page, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as here:
        await arrive(page, here)
        await says(page, f"/ir block {here.scene.incident.beacon} for 1h because a try")
        await page.wait_for_selector("[data-action-id=ir_deny]")
        await look_as(page, "Bob")
        deny = page.locator("[data-action-id=ir_deny]").last
        await deny.click()
        form = page.locator("#modal[open] form")
        await form.wait_for()
        assert await violations(page) == []
        for _ in range(6):
            await page.keyboard.press("Tab")
            assert await page.evaluate("() => !document.activeElement.closest('main, .top, .tour')")
        await page.keyboard.press("Escape")
        await form.wait_for(state="detached")
        await page.wait_for_function("() => document.activeElement.dataset.actionId === 'ir_deny'")
        await deny.click()
        await form.locator("textarea, input[type=text]").first.fill("it is the load test")
        await form.locator("[type=submit]").click()
        await page.get_by_text("it is the load test").first.wait_for()


async def test_a_request_with_a_wrong_signature_is_said_to_be_turned_away(page: Page, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as here:
        await arrive(page, here)
        await look_as(page, "Mallory")
        await page.select_option("#attack", "WRONG_SIGNATURE")
        await page.fill("#line", "/ir list")
        await page.get_by_role("button", name="Send").click()
        await page.get_by_text("HTTP 401").wait_for()


async def test_a_form_searches_for_pods_as_slack_would(page: Page, tmp_path: Path) -> None:
    async with sandbox(tmp_path) as here:
        await arrive(page, here)
        await page.get_by_role("button", name="Contain…").first.click()
        form = page.locator("#modal[open] form")
        kinds = form.locator("select").first
        wanted = await kinds.locator("option", has_text="quarantine:").get_attribute("value")
        await kinds.select_option(wanted)
        search = form.locator("[data-type$=external_select]").last
        await search.fill("api")
        await form.locator("[role=option][data-value]").first.wait_for()
        await search.press("ArrowDown")
        await search.press("Enter")
        await form.locator(".bk-picked li", has_text="payments/api").wait_for()
        assert await violations(page) == []
        await form.locator("[type=submit]").click()
        await page.locator("#modal[open]").get_by_text("off the network").first.wait_for()
