"""What marketers come for, step by step as they would do it."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from playwright.sync_api import expect

from analytics.ingest.ab_tests import take_tests
from analytics.models import Contact, SavedFunnel
from analytics.periods import local_day
from analytics.registry import REPORTS
from tests.browser.test_reports import WIDEST, complaints_light_and_dark, each_width

pytestmark = pytest.mark.django_db(transaction=True)
SOLD = {"revenue": 10, "currency": "EUR"}


def test_how_did_yesterdays_campaign_do(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.locator(".period summary").click()
    page.get_by_role("link", name="Yesterday").click()
    expect(page).to_have_url(re.compile("range=yesterday"))
    page.locator(".period summary").click()
    page.get_by_role("link", name="Last 30 days").click()
    page.get_by_role("link", name="Monthly newsletter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Monthly newsletter")
    expect(page.get_by_text("Open rate").first).to_be_visible()
    expect(page.get_by_text(re.compile("were opened within")).first).to_be_visible()
    expect(page.get_by_role("heading", name="A/B test: Subject line, opened")).to_be_visible()
    assert "https://bluebird.example/" in page.locator("#links").inner_text()
    visitor.follow(page.locator("main").get_by_role("link", name="Campaigns"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Campaigns")
    assert "range=30d" in page.url


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(
    ("better", "verdict"), [(45, "B is better than A: +25.0 points"), (24, "B against A: +4.0 points")]
)
def test_is_the_winner_of_a_test_real(visitor, bulk, workspace, better, verdict, javascript):
    """One click to the answer, another one to its numbers, of 100 people each."""
    start = datetime.now(UTC) - timedelta(days=20)
    test = {"externalId": "price", "name": "Price", "variants": [{"name": "A", "isControl": True}, {"name": "B"}]}
    assert not take_tests(workspace, [test], received_at=start).rejected
    people = [(variant, number) for variant in "AB" for number in range(100)]
    given = {"abTest": "price", "assignedAt": start.isoformat()}
    bulk("assignments", [{**given, "variant": variant, "contact": f"{variant}{number}"} for variant, number in people])
    bought = {"type": "purchase", "occurredAt": (start + timedelta(days=1)).isoformat()}
    buying = [f"{variant}{number}" for variant, number in people if number < {"A": 20, "B": better}[variant]]
    bulk("events", [{**bought, "messageId": f"p{name}", "contact": name} for name in buying])
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{workspace.slug}/reports/overview/")
    page = visitor.page
    page.get_by_role("link", name="A/B tests", exact=True).click()
    expect(page.locator("#tests tbody tr")).to_contain_text(verdict)
    page.get_by_role("link", name="Price", exact=True).click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text(verdict)
    expect(page.locator("#variants")).to_contain_text("Better" if better == 45 else "Undecided")
    assert visitor.said == []


@pytest.fixture
def buyers(bulk, workspace):
    """Last month Google brought 50 buyers after 40 in the month before, and a podcast 30 after 60."""
    month_before, last_month = (f"{day:%Y-%m}" for day in _two_months(local_day(datetime.now(UTC), workspace.zone)))
    bulk("contacts", [{"externalId": f"c{number}"} for number in range(100)])
    for month, numbers in ((month_before, (40, 60)), (last_month, (50, 30))):
        for source, number in zip(("google", "podcast"), numbers, strict=True):
            events = [
                {
                    "messageId": f"{month}{source}{name}{person}",
                    "type": name,
                    "contact": f"c{person}",
                    "occurredAt": f"{month}-10T1{hour}:00:00Z",
                    **({"utm": {"source": source, "medium": "cpc"}} if name == "visit" else {"properties": SOLD}),
                }
                for person in (range(number) if source == "google" else range(100 - number, 100))
                for hour, name in enumerate(("visit", "purchase"))
            ]
            bulk("events", events)


def _two_months(today):
    """The first days of the month before the last one, and of the last one."""
    last = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    return (last - timedelta(days=1)).replace(day=1), last


@pytest.mark.parametrize("javascript", [True, False])
def test_which_source_brings_buyers_against_the_month_before_in_three_clicks(visitor, buyers, workspace, javascript):
    """And the API and the file say the same."""
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{workspace.slug}/reports/overview/")
    page = visitor.page
    page.get_by_role("link", name="Attribution").click()
    page.locator(".period summary").click()
    page.get_by_role("link", name="Last month").click()
    google, podcast = (page.locator("#credit tbody tr", has_text=name) for name in ("google", "podcast"))
    expect(google).to_contain_text("50.00")
    expect(google).to_contain_text("+25.0%")
    expect(google).to_contain_text("500.00")
    expect(podcast).to_contain_text("−50.0%")
    asked = "range=lastmonth&compare=previous"
    api = page.request.get(
        f"{visitor.address}/api/workspaces/{workspace.api_id}/analytics/attribution?{asked}&model=last&breakdown=source"
    ).json()
    told = [(row["source"], row["credit"], row["changes"]["credit"]) for row in api["credit"]["breakdown"]]
    assert told == [("google", 50, 0.25), ("podcast", 30, -0.5)]
    file = page.request.get(
        f"{visitor.address}/w/{workspace.slug}/reports/attribution/?{asked}&format=csv&table=credit"
    )
    lines = {line["Source"]: line for line in csv.DictReader(StringIO(file.text().removeprefix("\ufeff")))}
    names = ("Credited conversions", "Credited conversions, change")
    credited = {source: tuple(map(line.get, names)) for source, line in lines.items()}
    assert (credited["google"], credited["podcast"]) == (("50.0", "0.25"), ("30.0", "-0.5"))
    page.get_by_role("navigation", name="Attribution").get_by_role("link", name="Sources").click()
    expect(page.locator("#sources tbody tr", has_text="google")).to_contain_text("+25.0%")
    page.get_by_role("navigation", name="Attribution").get_by_role("link", name="Credit").click()
    page.locator("select[name=model]").select_option("linear")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("Credits add up to 80 of 80 conversions: 80 with a touch, 0 without.")).to_be_visible()
    assert "range=lastmonth" in page.url
    assert visitor.said == []


@pytest.fixture
def letters(bulk, workspace):
    """Last month 40 of 50 recipients of one letter bought, after 50 in the month before, and 10 of 80 of another."""
    month_before, last_month = (f"{day:%Y-%m}" for day in _two_months(local_day(datetime.now(UTC), workspace.zone)))
    bulk("contacts", [{"externalId": f"c{number}"} for number in range(80)])
    bulk("campaigns", [{"externalId": name.lower(), "name": name} for name in ("Beans", "Cups")])
    sent = ((month_before, "beans", 50, 50), (last_month, "beans", 50, 40), (last_month, "cups", 80, 10))
    for month, campaign, recipients, buying in sent:
        day = f"{month}-1{0 if campaign == 'beans' else 5}"
        made = {"campaign": campaign, "channel": "EMAIL", "createdAt": f"{day}T09:00:00Z"}
        reached = {"sentAt": f"{day}T09:00:00Z", "deliveredAt": f"{day}T09:01:00Z"}
        messages = [
            {"externalId": f"{day}{number}", "contact": f"c{number}", **made, **reached} for number in range(recipients)
        ]
        bulk("messages", messages)
        clicked = {"type": "clicked", "at": f"{day}T10:00:00Z"}
        bulk("message-events", [{"message": f"{day}{number}", **clicked} for number in range(buying)])
        bought = {"type": "purchase", "occurredAt": f"{day}T11:00:00Z", "properties": SOLD}
        bulk(
            "events", [{"messageId": f"p{day}{number}", "contact": f"c{number}", **bought} for number in range(buying)]
        )


@pytest.mark.parametrize("javascript", [True, False])
def test_the_best_campaign_of_last_month_and_why_in_three_clicks(visitor, letters, workspace, javascript):
    """And the API and the file say the same."""
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{workspace.slug}/reports/overview/")
    page = visitor.page
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.locator(".period summary").click()
    page.get_by_role("link", name="Last month").click()
    best = page.locator("#campaigns tbody tr").first
    for said in ("Beans", "40.00", "−20.0%", "400.00", "8.00"):
        expect(best).to_contain_text(said)
    why = "Beans brought in most: 400.00 EUR from 40.00 conversions, 8.00 EUR for each of 50 recipients."
    expect(page.get_by_text(why).first).to_be_visible()
    asked = "range=lastmonth&compare=previous"
    analytics = f"{visitor.address}/api/workspaces/{workspace.api_id}/analytics"
    told = page.request.get(f"{analytics}/campaigns?{asked}&model=last").json()["campaigns"]
    credit = next(row["credit"] for row in told if row["name"] == "Beans")
    assert (credit["conversions"], credit["converted"], credit["revenuePerRecipient"]) == (40, 40_000, 800)
    assert credit["changes"]["converted"] == -0.2
    report = f"{visitor.address}/w/{workspace.slug}/reports/campaign/"
    file = page.request.get(f"{report}?{asked}&format=csv&table=campaigns").text()
    first, second = csv.DictReader(StringIO(file.removeprefix("\ufeff")))
    assert (first["Campaign"], first["Conversions"], first["Revenue (EUR)"]) == ("Beans", "40.0", "400.00")
    assert (second["Campaign"], second["Revenue (EUR)"]) == ("Cups", "100.00")
    assert visitor.said == []


@pytest.mark.parametrize("javascript", [True, False])
def test_who_clicked_in_an_email_and_bought_on_two_visits(visitor, shop, javascript):
    """A funnel of messages and events with a condition, its steps moved."""
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/funnel/?steps=page_view,purchase&range=all")
    page = visitor.page
    page.get_by_label("What is done in another step").select_option("Clicked a message")
    page.get_by_role("button", name="Show funnel").click()
    expect(page.locator("#steps tbody th").last).to_have_text("3. Clicked a message")
    page.get_by_role("button", name="Move step 3 up").click()
    expect(page.locator("#steps tbody th").nth(1)).to_have_text("2. Clicked a message")
    page.get_by_role("button", name="Move step 1 down").click()
    expect(page.locator("#steps tbody th")).to_have_text(["1. Clicked a message", "2. page_view", "3. purchase"])
    page.get_by_role("button", name="Condition for step 2").click()
    page.get_by_role("link", name="Medium", exact=True).click()
    expect(page.locator(".builder h2")).to_have_text("Medium")
    page.locator(".builder .choices-list a").first.click()
    expect(page.locator("#steps tbody th").nth(1)).to_contain_text("2. page_view where Medium is ")
    page.get_by_role("button", name="Remove step 3").click()
    expect(page.locator("#steps tbody th")).to_have_count(2)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_funnel_of_email_traffic_alone_split_by_plan_in_four_clicks(visitor, shop, javascript):
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/funnel/?range=all")
    page = visitor.page
    page.locator(".add-filter").click()
    page.locator("a.split[href*='contact.plan']").click()
    expect(page.locator(".chip", has_text="Split by plan")).to_be_visible()
    page.get_by_role("link", name="Medium", exact=True).click()
    page.locator(".builder .choices-list").get_by_role("link", name="email", exact=True).click()
    expect(page.locator(".chips").first).to_contain_text("Medium is email")
    expect(page.locator("#groups")).to_be_visible()
    assert "where=utm.medium%3Aemail" in page.url
    assert "breakdown=contact.plan" in page.url


@pytest.mark.parametrize("javascript", [True, False])
def test_build_save_and_share_a_funnel(visitor, shop, javascript, browser, live_server, viewer_client):
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    page.get_by_role("link", name="Funnels").click()
    steps = page.locator("input[name=rowName]")
    steps.nth(0).fill("page_view")
    steps.nth(1).fill("signup")
    steps.nth(2).fill("")
    page.get_by_role("button", name="Show funnel").click()
    expect(page.locator("#steps tbody th")).to_have_text(["1. page_view", "2. signup"])
    page.get_by_role("textbox", name="Name").fill("Visit to signup")
    page.get_by_role("button", name="Save for everyone").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Visit to signup")
    saved = SavedFunnel.objects.get()
    assert page.url.endswith(f"/reports/funnel/{saved.pk}/")
    assert viewer_client.get(f"/w/{shop.slug}/reports/funnel/{saved.pk}/").status_code == 200
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("link", name="Visit to signup")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_save_filters_as_a_segment_and_look_at_its_people(visitor, shop, javascript):
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/contacts/?where=contact.known:true")
    page = visitor.page
    page.get_by_text("Save as segment").click()
    page.get_by_role("textbox", name="Name").fill("Everyone we know")
    page.get_by_role("button", name="Save for everyone").click()
    expect(page.get_by_text("Everyone we know is saved")).to_be_visible()
    page.get_by_role("link", name="Segments").click()
    row = page.get_by_role("row", name=re.compile("Everyone we know"))
    size = row.locator("a.opens").inner_text()
    row.get_by_role("link", name="Contacts").click()
    expect(page.locator(".total strong")).to_have_text(size)
    expect(page.get_by_text("In segment Everyone we know")).to_be_visible()
    page.go_back()
    row.get_by_role("link", name="Use in overview").click()
    expect(page.get_by_text("In segment Everyone we know")).to_be_visible()
    page.get_by_role("link", name="Segments").click()
    row.get_by_role("link", name="Rename or delete").click()
    page.get_by_role("link", name="Delete segment").click()
    page.get_by_role("button", name="Delete segment").click()
    expect(page.get_by_text("No segments yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Everyone we know is there again.")).to_be_visible()


def test_compare_two_months(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    page.get_by_role("link", name="Trends").click()
    page.locator(".period summary").click()
    page.get_by_role("link", name="Last month").click()
    expect(page).to_have_url(re.compile("range=lastmonth"))
    page.get_by_text("vs previous period").first.click()
    visitor.follow(page.get_by_role("link", name="Match dates"))
    expect(page).to_have_url(re.compile("range=lastmonth.*match=date"))
    told = page.locator(".window").inner_text()
    shown, compared = re.findall(r"(?:^|with )1 – (\d+ \w+ \d+)", told)
    assert shown != compared
    labels = page.evaluate(
        "Chart.getChart(document.querySelector('figure canvas')).data.datasets.map((one) => one.label)"
    )
    assert labels == ["Events", "Events, previous period"]


def test_by_keyboard_alone(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    page.keyboard.press("w")
    expect(page).to_have_url(re.compile("range=7d"))
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page.get_by_role("heading", level=1)).to_have_text("Funnels")
    assert "range=7d" in page.url
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("from="))
    page.keyboard.press("x")
    page.get_by_role("link", name="Same period last year").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("compare=year"))
    page.locator("input[name=rowName]").first.focus()
    page.keyboard.type("d")  # in a field it is a letter
    assert page.locator("input[name=rowName]").first.input_value().count("d") == 1
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    assert "Last 7 days" in page.locator("#shortcuts").inner_text()
    page.get_by_label("Use keyboard shortcuts").uncheck()
    page.keyboard.press("Escape")
    address = page.url
    page.keyboard.press("d")
    page.wait_for_timeout(200)
    assert page.url == address


def test_a_link_is_copied_with_its_days(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("Copy link").click()
    page.get_by_role("link", name="Fixed dates").click()
    expect(page.get_by_role("link", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"/reports/overview/\?from=\d{4}-\d\d-\d\d&to=", copied)


@pytest.mark.parametrize("visitor", [(390, "light")], indirect=True)
def test_on_a_phone_filters_are_behind_one_button(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    expect(page.locator(".period")).not_to_be_visible()
    page.get_by_role("button", name="Last 30 days").click()
    page.locator(".period summary").click()
    page.get_by_role("link", name="Last 91 days").click()
    expect(page).to_have_url(re.compile("range=91d"))


def test_without_javascript_every_report_is_complete(visitor, shop):
    plain = visitor.without_javascript()
    plain.start_session()
    for name in [report.name for report in REPORTS]:
        days = "?range=7d" if name == "why" else ""  # the days before those shown otherwise have nothing
        plain.open(f"/w/{shop.slug}/reports/{name}/{days}")
        assert plain.page.locator("table tbody tr").count() > 1, name
        assert not plain.page.locator("canvas").first.is_visible(), name
    plain.open(f"/w/{shop.slug}/reports/retention/")
    plain.page.locator("select[name=metric]").select_option("clicks")
    plain.page.get_by_role("button", name="Show", exact=True).click()
    expect(plain.page).to_have_url(re.compile("metric=clicks"))


def test_without_javascript_lists_are_filtered_sorted_and_paged(visitor, shop):
    plain = visitor.without_javascript()
    plain.start_session()
    page = plain.page
    plain.open(f"/w/{shop.slug}/contacts/")
    total = int(page.locator(".total").get_attribute("data-total"))
    first = page.locator("tbody th").first.inner_text(), page.locator("tbody td").nth(1).inner_text()
    plain.follow(page.get_by_role("link", name="Next"))
    assert page.locator("tbody tr").count() == min(total - 50, 50)
    plain.follow(page.get_by_role("link", name="First page"))
    assert (page.locator("tbody th").first.inner_text(), page.locator("tbody td").nth(1).inner_text()) == first
    page.get_by_label("Search").fill(first[1])
    plain.follow(page.get_by_role("button", name="Filter", exact=True))
    assert 0 < int(page.locator(".total").get_attribute("data-total")) < total
    plain.follow(page.locator("tbody th a").first)
    expect(page.get_by_role("heading", level=1)).to_have_text(first[0])

    plain.open(f"/w/{shop.slug}/campaigns/")
    plain.follow(page.locator("thead").get_by_role("link", name="Sent", exact=True))
    sent = [int(number.replace(",", "")) for number in page.locator("tbody td:nth-of-type(5)").all_inner_texts()]
    assert sent == sorted(sent, reverse=True)
    assert sent[0] > 0
    page.get_by_role("search").get_by_label("Status").select_option("ACTIVE")
    plain.follow(page.get_by_role("button", name="Filter", exact=True))
    assert set(page.locator("tbody td:nth-of-type(3)").all_inner_texts()) == {"Active"}

    plain.open(f"/w/{shop.slug}/events/")
    page.get_by_label("Event", exact=True).fill("signup")
    plain.follow(page.get_by_role("button", name="Filter", exact=True))
    assert set(page.locator(".event strong").all_inner_texts()) == {"signup"}
    page.locator(".event summary").first.click()
    expect(page.locator(".event pre").first).to_be_visible()
    plain.follow(page.get_by_role("link", name="Next"))
    assert page.locator(".event").count() > 0
    assert plain.said == []


def test_without_javascript_a_number_of_a_report_leads_to_its_list(visitor, shop):
    plain = visitor.without_javascript()
    plain.start_session()
    plain.open(f"/w/{shop.slug}/reports/overview/")
    page = plain.page
    plain.follow(page.get_by_role("link", name="Campaigns", exact=True))
    page.locator(".period summary").click()
    plain.follow(page.get_by_role("link", name="Last 7 days"))
    plain.follow(page.locator("#campaigns thead").get_by_role("link", name="Campaign", exact=True))
    number = page.locator("#campaigns td[data-head=Messages] a").first
    shown = number.inner_text()
    plain.follow(number)
    assert page.locator(".total").get_attribute("data-total") == shown.replace(",", "")


def test_a_new_workspace_says_how_to_send_a_first_event(visitor, workspace):
    visitor.start_session()
    visitor.open("/w/")
    visitor.page.get_by_label("Name").fill("Second shop")
    visitor.page.get_by_role("button", name="Create workspace").click()
    visitor.page.wait_for_url("**/w/second-shop/reports/overview/")
    assert visitor.page.get_by_role("link", name="Send your first event").is_visible()


def test_a_wrong_password_is_told_and_what_was_typed_stays(visitor, workspace):
    visitor.open("/login/")
    visitor.page.get_by_label("Email").fill("owner@example.com")
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.follow(visitor.page.get_by_role("button", name="Log in"))
    assert visitor.page.get_by_role("alert").inner_text() == "The email or the password is wrong."
    assert visitor.page.get_by_label("Email").input_value() == "owner@example.com"


NEWSLETTER = "\ufeffexternalId;email;name;attributes.plan\r\n"


@pytest.mark.parametrize("javascript", [True, False])
def test_import_contacts_after_a_look_at_what_would_change(visitor, shop, javascript, monkeypatch):
    monkeypatch.setattr("analytics.views.imports.IMPORT_SECONDS", 0)
    monkeypatch.setattr("analytics.ingest.files.blocks.BLOCK_ROWS", 3)
    known = Contact.objects.filter(workspace=shop).exclude(name="").first()
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    page.get_by_role("link", name="Contacts", exact=True).click()
    page.get_by_role("link", name="Import").click()
    page.get_by_label("File").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": b"E-Mail\nx\n"})
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_text("'E-Mail' (perhaps 'email'?)")).to_be_visible()
    visitor.said.clear()  # that the answer was a 400

    rows = [f"{known.external_id};;Ada Lovelace;", "null;;;", *(f"fresh-{number};;;pro" for number in range(6))]
    content = (NEWSLETTER + "\r\n".join(rows)).encode()
    page.get_by_label("File").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("heading", name="nothing is changed yet")).to_be_visible()
    expect(page.locator("del", has_text=known.name)).to_be_visible()
    expect(page.get_by_role("cell", name="names nobody")).to_be_visible()
    assert not Contact.objects.filter(workspace=shop, external_id__startswith="fresh-").exists()

    page.get_by_role("button", name="Import 7 contacts").click()
    if not javascript:
        for _ in range(3):
            page.get_by_role("button", name="Continue import").click()
    expect(page.get_by_role("heading", name="list.csv is imported")).to_be_visible()
    page.get_by_role("link", name="View contacts").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")
    assert Contact.objects.get(pk=known.pk).name == "Ada Lovelace"
    assert Contact.objects.filter(workspace=shop, external_id__startswith="fresh-").count() == 6


@each_width
def test_what_would_be_imported_has_no_barriers(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/import/")
    rows = ["null;;;", *(f"fresh-{number};a-long-address-{number}@example.com;{'N' * 50};pro" for number in range(15))]
    content = (NEWSLETTER + "\r\n".join(rows)).encode()
    page.get_by_label("File").set_input_files({"name": f"{'list' * 20}.csv", "mimeType": "", "buffer": content})
    page.get_by_role("button", name="Preview import").click()
    for done in ("nothing is changed yet", "is imported"):
        expect(page.get_by_role("heading", name=done)).to_be_visible()
        assert page.evaluate(WIDEST) == 0
        assert complaints_light_and_dark(page) == []
        if done != "is imported":
            page.get_by_role("button", name="Import 15 contacts").click()


@pytest.fixture
def signups(bulk, workspace):
    """Of the 40 who signed up in the month before the last one 20 came back in the next month."""
    month_before, _ = _two_months(local_day(datetime.now(UTC), workspace.zone))
    bulk("contacts", [{"externalId": f"s{n}", "signedUpAt": f"{month_before:%Y-%m}-05T10:00:00Z"} for n in range(40)])
    at = month_before + timedelta(days=40)
    events = [{"messageId": f"b{n}", "type": "visit", "contact": f"s{n}"} for n in range(20)]
    bulk("events", [{**each, "occurredAt": f"{at:%Y-%m-%d}T10:00:00Z"} for each in events])
    return month_before


@pytest.mark.parametrize("javascript", [True, False])
def test_octobers_signups_by_month_in_three_clicks(visitor, signups, workspace, javascript):
    """Do those of a month come back? Its line says it after two clicks; the third opens who they are."""
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{workspace.slug}/reports/overview/")
    page = visitor.page
    page.locator(".side").get_by_role("link", name="Retention").click()
    page.get_by_role("link", name="By month").click()
    expect(page).to_have_url(re.compile("unit=month"))
    line = page.locator("#cohorts tbody tr", has_text=f"{signups:%b %Y}")
    expect(line.locator("td").nth(0)).to_have_text("40")
    expect(line.locator("td").nth(2)).to_have_text("50.0%")
    visitor.follow(line.locator("td").nth(2).get_by_role("link"))
    expect(page.get_by_text("Signed up").first).to_be_visible()
    assert page.locator("main table tbody tr").count() == 20


@pytest.mark.parametrize("visitor", [(390, "light")], indirect=True)
def test_on_a_phone_a_cohort_is_one_line(visitor, signups, workspace):
    visitor.start_session()
    visitor.open(f"/w/{workspace.slug}/reports/retention/?unit=month")
    page = visitor.page
    table = page.locator("#cohorts")
    assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    expect(table.get_by_role("columnheader", name="Month 0")).not_to_be_visible()
    page.get_by_label("All months").check()
    expect(table.get_by_role("columnheader", name="Month 0")).to_be_visible()
    assert page.evaluate(WIDEST) == 0
