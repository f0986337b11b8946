"""No parameter of an address is silently ignored: a page's figures change, or it says why they do not."""

import re

import pytest

from analytics.ingest.ab_tests import take_tests
from analytics.models import Campaign
from tests.analytics.asked_once import AskedOnce
from tests.analytics.reports.items import at
from tests.analytics.shop import add_plans_and_amounts, fill_shop
from tests.analytics.views.texts import text_of
from tests.conftest import post_json
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("pages and parameters are the same on each")

PAGES = {
    "overview": {},
    "campaign": {},
    "campaign, one": {"campaign": "welcome"},
    "timeseries": {"metric": ["events", "messages_total", "human_opened", "opens"]},
    "attribution": {"view": "sources"},
    "attribution, credit": {"view": "credit", "rowsBy": "touch"},
    "attribution, models": {"view": "models"},
    "attribution, paths": {"view": "paths"},
    "revenue": {},
    "funnel": {"steps": "visit,purchase"},
    "retention": {},
    "retention, opens": {"metric": "opens"},
    "retention, revenue": {"metric": "revenue"},
    "ltv": {},
    "rfm": {},
    "experiments": {},
}
PARAMETERS = {
    "range": ({}, {"range": "yesterday"}),
    "from and to": ({}, {"from": "2026-03-24", "to": "2026-03-25"}),
    "compare": ({"range": "30d", "compare": "previous"}, {"compare": "year"}),
    "compareFrom": (
        {"range": "30d", "compare": "custom", "compareFrom": "2026-03-20", "compareTo": "2026-03-25"},
        {"compareFrom": "2026-03-22"},
    ),
    "compareFrom alone": ({"range": "30d", "compare": "previous"}, {"compareFrom": "2026-03-22"}),
    "match": ({"from": "2026-03-26", "to": "2026-03-29", "compare": "previous"}, {"match": "date"}),
    "interval": ({}, {"interval": "month"}),
    "opens": ({"range": "30d"}, {"opens": "all"}),
    "where on people": ({}, {"where": "contact.plan:pro"}),
    "where on events": ({}, {"where": "property.amount>=30"}),
    "where on messages": ({}, {"where": "channel:push"}),
    "filter": ({}, {"filter": '{"did":"purchase","times":{"lte":1}}'}),
    "segment": ({}, {"segment": "seg_of_pros"}),
    "breakdown by people": ({}, {"breakdown": "contact.plan"}),
    "breakdown by events": ({}, {"breakdown": "property.amount"}),
    "breakdown by messages": ({}, {"breakdown": "channel"}),
    "breakdown by source": ({}, {"breakdown": "utm.source"}),
    "breakdown by segments": ({}, {"breakdown": "segment:seg_of_pros"}),
    "limit": ({"breakdown": "contact.plan"}, {"limit": "1"}),
    "limit alone": ({}, {"limit": "1"}),
    "limit of segments": ({"breakdown": "segment:seg_of_pros"}, {"limit": "1"}),
    "channel": ({}, {"channel": "push"}),
    "campaign": ({}, {"campaign": "push"}),
    "metric": ({}, {"metric": "contacts_new"}),
    "model": ({}, {"model": "first"}),
    "touchpoints": ({}, {"touchpoints": "click"}),
    "lookback": ({}, {"lookback.utm": "1h"}),
    "lookback of none": ({}, {"lookback.open": "1h"}),
    "reuse": ({}, {"reuse": "false"}),
    "rowsBy": ({}, {"rowsBy": "medium"}),
    "min": ({}, {"min": "2"}),
    "max": ({}, {"max": "1"}),
    "refundsBy": ({"from": "2026-03-20", "to": "2026-03-27"}, {"refundsBy": "order"}),
    "an unknown one": ({}, {"colour": "red"}),
}


@pytest.fixture
@copied
def shop(bulk, now, workspace):
    """With a test that was over before the last days."""
    fill_shop(bulk)
    add_plans_and_amounts(bulk)
    variants = [{"name": "A", "isControl": True}, {"name": "B"}]
    test = {"externalId": "early", "name": "Early", "variants": variants, "windowDays": 1, "endedAt": at("03-12 09:00")}
    assert take_tests(workspace, [test], received_at=now).rejected == []
    given = [{"abTest": "early", "variant": name, "contact": f"u{n}"} for n, name in enumerate("AB", start=1)]
    bulk("assignments", [{**each, "assignedAt": at("03-10 09:00")} for each in given])


@pytest.fixture
def look(api, workspace, shop):
    """The figures of a page, and its notices."""
    made = post_json(
        api, f"/api/workspaces/{workspace.api_id}/segments", {"name": "Pros", "where": ["contact.plan:pro"]}
    )
    names = {"seg_of_pros": made.json()["id"]}
    campaigns = {campaign.external_id: campaign.api_id for campaign in Campaign.objects.all()}

    def said(name, value):
        if name == "campaign":
            return campaigns[value]
        return value.replace("seg_of_pros", names["seg_of_pros"]) if isinstance(value, str) else value

    once = AskedOnce(workspace, __name__, names["seg_of_pros"])

    def get(page, query):
        given = {name: said(name, value) for name, value in query.items()}
        address = f"/w/{workspace.slug}/reports/{page.partition(',')[0]}/"

        def ask():
            response = api.get(address, given)
            assert response.status_code == 200
            return response.content

        html = once(f"{address} {given}", ask).decode()
        return figures(html), [text_of(notice) for notice in NOTICE.findall(html)]

    return get


NOTICE = re.compile(r'<div class="notice[^>]*>.*?</div>', re.DOTALL)
FIGURE = re.compile(
    r'data-value="[^"]*"|class="tile-(?:value|change)">.*?</div>|<script id[^>]*>.*?</script>|<td[ >].*?</td>'
    r"|<th scope=\"row\".*?</th>",
    re.DOTALL,
)


def figures(html):
    compared = re.findall(r"compared with [^.]*", html.partition('class="muted window"')[2])[:1]
    return compared + [text_of(figure) if figure[0] == "<" else figure for figure in FIGURE.findall(html)]


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_figures_change_or_a_notice_says_why_not(look, page):
    own = PAGES[page]
    silent = []
    for parameter, (base, more) in PARAMETERS.items():
        if parameter == "campaign" and "campaign" in own:
            continue
        before, _ = look(page, {**own, **base})
        after, notices = look(page, {**own, **base, **more})
        is_told = any(name in notice or "compares with no" in notice for name in more for notice in notices)
        if before == after and not is_told:
            silent.append((parameter, notices))
    assert silent == []
