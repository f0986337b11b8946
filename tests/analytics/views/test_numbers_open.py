"""Every number of every report page leads to a list of exactly as many rows."""

import csv
import re
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from io import StringIO
from itertools import product
from operator import itemgetter

import pytest

from analytics.registry import REPORTS
from tests.analytics.asked_once import EVERY, AskedOnce, largest_of_each, some_of_each
from tests.analytics.shop import add_holdout, add_orders, add_plans_and_amounts, fill_shop, state_rate
from tests.copied_rows import copied

pytestmark = [
    pytest.mark.long,
    pytest.mark.either_database("on both, the API's numbers are held to their lists, and these to recounts"),
]

HEAD = re.compile(r'<th scope="col"[^>]*data-label="([^"]*)" data-unit="(\w+)"')
CELL = re.compile(r"<t[dh][ >].*?</t[dh]>", re.DOTALL)
HOURS = re.compile(r"hours=(\d+)")
OPENS = re.compile(r'<a class="opens" href="([^"]+)">(?:<span title="([^"]*)">)?([^<]*)')
AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?) ([A-Z]{3})|(-?\d+\.\d+)")
CREDIT = re.compile(
    r'data-head="(?!Revenue)[^"]*"><a class="opens" href="([^"]*/conversions/[^"]*)">([\d,]+\.\d\d)</a>'
)
CREDITED_MONEY = re.compile(r'data-head="Revenue[^"]*"><a class="opens" href="[^"]*/conversions/[^"]*">')
"""Which the lists of conversions tell as stated, not converted: test_credit adds it up."""
OF_TOUCHES = re.compile(r"touch(?!points)\w*=")
OF_CAMPAIGN = re.compile(r"^(?!.*[?;&]touch=).*[?;&]touchCampaignId=cmp_")
TOTAL = re.compile(r'data-total="(\d+)"')
PAGES = {
    "overview": {"compare": "previous", "interval": "week"},
    "campaign": {"channel": "EMAIL"},
    "timeseries": {"metric": ["events", "enrollments_total", "opens", "human_opened"]},
    "timeseries, by campaign": {"breakdown": "campaign", "metric": ["messages_total", "clicks"], "interval": "week"},
    "timeseries, by channel": {"breakdown": "channel", "metric": ["delivered"], "compare": "previous"},
    "timeseries, by hour": {
        "interval": "hour",
        "from": "2026-03-24",
        "to": "2026-03-25",
        "metric": ["events", "enrollments_total", "messages_total", "opens"],
        "compare": "previous",
        "page": "1",
    },
    "timeseries, others": {"metric": ["contacts_new", "conversion_events", "bounced", "failed"]},
    "timeseries, by many campaigns": {
        "breakdown": "campaign",
        "metric": ["messages_total", "human_opened", "enrollments_total"],
    },
    "timeseries, by many campaigns of a channel": {"breakdown": "campaign", "channel": "EMAIL", "metric": ["opens"]},
    "attribution": {"view": "sources"},
    "revenue": {"compare": "previous", "interval": "week"},
    "revenue, by hour": {"from": "2026-03-26", "to": "2026-03-27", "interval": "hour", "refundsBy": "order"},
    "attribution, credit": {"view": "credit", "model": "linear"},
    "attribution, credit of touches": {
        "view": "credit",
        "model": "position",
        "rowsBy": "touch",
        "touchpoints": ["utm", "click", "open"],
    },
    "attribution, models": {"view": "models", "rowsBy": "campaign"},
    "attribution, paths": {"view": "paths", "touchpoints": ["utm", "open"], "lookback.utm": "20d"},
    "funnel": {"steps": "visit,purchase,visit"},
    "funnel, of messages": {"step": ["message:delivered where channel:email", "message:clicked", "visit", "purchase"]},
    "funnel, of all opens": {"step": ["visit where utm.source:*", "message:opened", "visit"], "opens": "all"},
    "retention, by week": {"unit": "week", "show": "counts", "metric": "opens"},
    "retention, in percent": {"metric": "conversions", "unit": "day"},
    "retention, of orders": {"metric": "revenue", "unit": "week", "show": "counts"},
    "retention, by revenue": {"metric": "revenue", "unit": "day", "by": "week", "start": "first:event:purchase"},
    "lifecycle, by source": {"breakdown": "utm.source", "interval": "week"},
    "stickiness, by plan": {"breakdown": "contact.plan"},
    "why": {"metric": "events", "range": "7d", "compare": "previous"},
    "ltv": {"by": "source", "cohort": "first_order"},
}
PAGES |= {"lifecycle": {}, "stickiness": {}}
PAGES |= {report.name: {} for report in REPORTS if report.name not in {name.partition(",")[0] for name in PAGES}}
"""A new report is held to it without its author knowing."""


@pytest.fixture
@copied
def shop(bulk, now, workspace):
    fill_shop(bulk)
    add_orders(bulk)
    add_holdout(bulk, workspace, now)
    state_rate(workspace)


@pytest.fixture
@copied
def plans_and_amounts(bulk, shop):
    add_plans_and_amounts(bulk)


@pytest.fixture
def opened(api, workspace, request, shop):
    once = AskedOnce(workspace, __name__, "plans_and_amounts" in request.fixturenames)

    def get(address, **query):
        def ask():
            response = api.get(address, query)
            assert response.status_code == 200, address
            return response.getvalue()

        return once(f"{address} {query}", ask).decode("utf-8-sig")

    return get


@pytest.mark.parametrize("page", PAGES)
def test_every_number_leads_to_as_many_rows(opened, workspace, shop, page):
    html = opened(f"/w/{workspace.slug}/reports/{page.split(',')[0]}/", **PAGES[page])
    check_links(opened, html)
    check_credits(opened, html)
    check_cells(html, page)


SPLIT_PAGES = {
    "overview, by plan": {"breakdown": "contact.plan", "compare": "previous"},
    "overview, by amount": {"breakdown": "property.amount", "limit": "2"},
    "campaign, by channel": {"breakdown": "channel", "opens": "all"},
    "campaign, by mailbox": {"breakdown": "domain", "where": "contact.plan:*"},
    "timeseries, by plan": {"breakdown": "contact.plan", "metric": ["events", "enrollments_total"], "interval": "week"},
    "timeseries, by amount": {"breakdown": "property.amount", "metric": ["conversion_events"], "interval": "week"},
    "attribution, by plan": {"breakdown": "contact.plan"},
    "attribution, by amount": {"breakdown": "property.amount", "limit": "2", "where": "utm.source:s1"},
    "attribution, by medium": {"breakdown": "utm.medium"},
    "revenue, by plan": {"breakdown": "property.plan", "compare": "previous", "limit": "1"},
    "revenue, by people": {"breakdown": "contact.known"},
    "funnel, by plan": {"breakdown": "contact.plan", "steps": "visit,purchase"},
    "funnel, by campaign": {"breakdown": "campaign", "step": ["message:sent", "visit where property.amount!:*"]},
    "retention, by plan": {"breakdown": "contact.plan", "show": "counts", "where": "property.amount>=20"},
}


@pytest.mark.parametrize("page", SPLIT_PAGES)
def test_every_number_of_a_group_leads_to_as_many_rows(opened, workspace, plans_and_amounts, page):
    html = opened(f"/w/{workspace.slug}/reports/{page.split(',')[0]}/", **SPLIT_PAGES[page])
    assert "breakdown cannot be" not in html
    assert 'id="groups"' in html or "medium" in page
    check_links(opened, html)
    check_cells(html, page)


CONDITIONS = {
    "people": {"where": "contact.plan:pro"},
    "behaviour": {"filter": '{"did":"purchase","times":{"lte":1},"within":"10d"}'},
    "events": {"where": ["property.amount>=30", "utm.source!:direct"]},
    "messages": {"where": ["channel:email", "domain~example"]},
    "events of some people": {"where": ["property.amount:*", "contact.plan!:free"]},
}
ONE_OF_EACH_REPORT = {page.partition(",")[0]: page for page in reversed(PAGES)}.values()
SHOWN_AT_ALL = {
    "people": PAGES,
    "behaviour": PAGES if EVERY else ONE_OF_EACH_REPORT,
    "events": [
        *("overview", "timeseries", "timeseries, others", "attribution", "attribution, credit", "attribution, paths"),
        *("revenue", "funnel", "retention, in percent"),
    ],
    "messages": [
        page
        for page in PAGES
        if page.startswith(("overview", "campaign", "timeseries", "retention, by week", "funnel, of messages"))
    ],
    "events of some people": [
        *("overview", "timeseries", "attribution", "attribution, credit", "attribution, models", "funnel"),
        "retention, in percent",
    ],
}


@pytest.mark.parametrize(("name", "page"), [(name, page) for name, pages in SHOWN_AT_ALL.items() for page in pages])
def test_every_number_leads_to_as_many_rows_under_conditions(opened, workspace, plans_and_amounts, name, page):
    html = opened(f"/w/{workspace.slug}/reports/{page.split(',')[0]}/", **PAGES[page], **CONDITIONS[name])
    assert "where cannot be" not in html
    assert "filter cannot be" not in html
    check_links(opened, html, largest)
    check_credits(opened, html, largest)
    check_cells(html, f"retention {page}")


def test_every_number_of_one_campaign_leads_to_as_many_rows(opened, workspace, shop):
    html = opened(f"/w/{workspace.slug}/reports/campaign/")
    found = re.findall(r"campaign=(cmp_\d+)", html)
    for number, opens in product(sorted(set(found))[:3], ("all", "human")):
        html = opened(f"/w/{workspace.slug}/reports/campaign/", campaign=number, opens=opens)
        check_links(opened, html)
        check_cells(html, "campaign")


def test_every_number_of_the_list_of_campaigns_leads_to_as_many_rows(opened, workspace, shop):
    columns = ["messages", "sent", "delivered", "opened", "clicked", "bounced", "failed"]
    html = opened(f"/w/{workspace.slug}/campaigns/", column=columns)
    numbers = re.findall(r'<td class="num"[^>]*><a class="opens" href="([^"]+)">([\d,]+)</a>', html)
    assert len(numbers) > 5
    for address, shown in numbers:
        assert TOTAL.search(opened(unescape(address)))[1] == shown.replace(",", "")


def first_and_last(links):
    return some_of_each(links, itemgetter(0), size)


def largest(links):
    return largest_of_each(links, itemgetter(0), size)


def size(link):
    return float(re.sub(r"[^\d.]", "", link[1] or link[-1]) or 0)


def check_links(opened, html, choose=first_and_last):
    """Of the lines of hours since a message was sent, one in 24 is followed."""
    links = [
        link
        for link in OPENS.findall(CREDITED_MONEY.sub("", html))
        if not HOURS.search(link[0]) or HOURS.search(link[0])[1] in "24 48 72"
    ]
    assert links
    followed, people = {}, people_of_rows(html)
    for address, exact, text in choose(links):
        if address not in followed:
            followed[address] = int(TOTAL.search(opened(unescape(address)))[1])
        shown = (exact or text).replace(",", "").replace("−", "-")
        if "/conversions/?" in address and "." in shown:
            assert followed[address], address  # the shares of a credit are added up below
            if OF_CAMPAIGN.search(address) and (amount := AMOUNT.fullmatch(shown)):
                of_campaign = credited_at(opened, unescape(address), amount[2] or "EUR")
                assert Decimal(amount[1] or amount[3]) in of_campaign, (address, shown)
        elif amount := AMOUNT.fullmatch(shown):
            found = amounts_at(opened, unescape(address), amount[2] or "EUR", people.get(address))
            assert Decimal(amount[1] or amount[3]) in found, (address, shown)
        elif not shown.endswith("%"):
            assert int(shown) == followed[address], address


def check_credits(opened, html, choose=first_and_last):
    """The shares of the conversions of a list add up to the credit that leads there."""
    for address, shown in choose(CREDIT.findall(html)):
        lines = [*csv.DictReader(StringIO(opened(f"{unescape(address)}&format=csv")))]
        is_of_touches = OF_TOUCHES.search(address)
        credit = sum(Decimal(line["Credit"] or 0) for line in lines) if is_of_touches else Decimal(len(lines))
        if "model=markov" not in address:  # which shares no single conversion out
            assert f"{credit:,.2f}" == shown, address


def credited_at(opened, address, currency):
    """What the parts of a list of conversions add up to: of conversions, and of what they are worth."""
    html = opened(address)
    amounts = re.findall(rf'data-head="Credited revenue">[^<]*?(−?)([\d,.]+) {currency}', html)
    return {
        sum(map(Decimal, re.findall(r'data-value="([\d.]+)" data-head="Credit"', html))),
        sum((Decimal(amount.replace(",", "")) * (-1 if sign else 1) for sign, amount in amounts), Decimal()),
    }


def people_of_rows(html):
    """By the addresses in a row of a cohort, how many people are in it."""
    found = {}
    for line in re.findall(r"<tr.*?</tr>", html, re.DOTALL):
        links = OPENS.findall(line)
        people = [text for address, _, text in links if "/people/?" in address and "cohort=" in address]
        found |= {address: int(people[0].replace(",", "")) for address, _, _ in links if people}
    return found


def amounts_at(opened, address, currency, people=None):
    """What a list of orders amounts to in a currency, and on average of the orders or of so many people."""
    html = opened(address)
    sums = [*map(Decimal, re.findall(rf'data-net(?:-{currency.lower()})?="([^"]*)"', html))]
    counted = people or int(TOTAL.search(opened(f"{address}&withoutAmount=0&unconverted=0"))[1])
    return {
        value
        for each in sums
        for value in (abs(each), each, *([(each / counted).quantize(each, ROUND_HALF_UP)] if counted else []))
    }


DIVIDED = {
    "Revenue per recipient",
    "Net revenue per contact",
    "Net revenue per person",
    "Mean per person",
    "Difference",
    "95% CI from",
    "95% CI to",
}
"""Amounts that are the sum of no list."""


def check_cells(html, page):
    """No count of a table is without its link, but for zeros."""
    checked = 0
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        heads = HEAD.findall(table)
        for line in re.findall(r"<tr.*?</tr>", table.split("</thead>", 1)[-1], re.DOTALL) if heads else ():
            for (label, unit), cell in zip(heads, CELL.findall(line), strict=True):
                value = re.search(r'data-value="(-?[\d.]+)"', cell)
                if unit in ("count", "money") and label not in DIVIDED and value and float(value[1]):
                    assert 'class="opens"' in cell, (page, label, cell)
                    checked += 1
    assert checked or page.startswith(("retention", "ltv", "attribution, models"))
