"""The API's reference in a browser, under the policy that allows nothing inline and nothing from elsewhere."""

import pytest

from tests.browser.test_reports import WIDEST, complaints


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_an_operation_unfolds_without_barriers_and_nothing_is_refused(
    browser, live_server, transactional_db, width, scheme
):
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: request.url.startswith((live_server.url, "data:")) or said.append(request.url))
    page.goto(f"{live_server.url}/api/docs/", wait_until="domcontentloaded")
    page.locator("#operations-tag-contacts").click(timeout=90_000)
    page.locator("#operations-contacts-createContact button").first.click()
    page.get_by_text("ada@example.com").first.wait_for()
    assert complaints(page) == []
    assert page.evaluate(WIDEST) == 0
    page.close()
    assert said == []
