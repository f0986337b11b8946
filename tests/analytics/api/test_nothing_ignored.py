"""No parameter that a report is asked with is silently ignored: its answer changes, is refused, or names it."""

from functools import cache

import pytest

from analytics.models import Campaign
from analytics.registry import REPORTS
from tests.analytics.shop import add_holdout, add_plans_and_amounts, fill_shop
from tests.conftest import post_json
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("parameters are read before the database is asked")

BASES = {
    "api-funnel": {"steps": "visit,purchase"},
    "api-timeseries": {"metric": "events,human_opened"},
    "api-cohorts": {"interval": "day"},
    "api-campaign-tests": {},
    "api-what-changed": {"metric": "events", "compare": "year"},
}
COMPARED = {"range": "30d", "compare": "previous"}
PARAMETERS = {
    "days": ({}, {"days": "3"}),
    "period": ({}, {"period": "3d"}),
    "range": ({}, {"range": "7d"}),
    "from and to": ({}, {"from": "2026-03-24", "to": "2026-03-25"}),
    "compare": ({"range": "30d"}, {"compare": "previous"}),
    "compareTo": (
        {"range": "30d", "compare": "custom", "compareFrom": "2026-03-20", "compareTo": "2026-03-25"},
        {"compareTo": "2026-03-23"},
    ),
    "match": ({"from": "2026-03-26", "to": "2026-03-29", "compare": "previous"}, {"match": "date"}),
    "interval": ({"range": "30d"}, {"interval": "week"}),
    "opens": ({}, {"opens": "human"}),
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
    "campaign": ({}, {"campaign": "cmp_of_push"}),
    "metric": ({}, {"metric": "clicks"}),
    "steps": ({}, {"steps": "visit"}),
    "window": ({}, {"window": "1h"}),
    "rows": ({}, {"rows": "true"}),
    "format": ({}, {"format": "csv"}),
    "an unknown one": ({}, {"colour": "red"}),
}


ENDPOINTS = [endpoint for report in REPORTS for endpoint in report.endpoints]
OF_MANY_MESSAGES = {("api-attention", name) for name in ("compare", "compareTo", "match")}
"""What a comparison changes in it takes more messages than a shop of these tests has: a click rate that fell."""


@pytest.fixture
@copied
def shop(bulk, workspace, now):
    fill_shop(bulk)
    add_holdout(bulk, workspace, now)
    add_plans_and_amounts(bulk)


@pytest.fixture
def ask(api, workspace, shop):
    root = f"/api/workspaces/{workspace.api_id}"
    pros = post_json(api, f"{root}/segments", {"name": "Pros", "where": ["contact.plan:pro"]}).json()["id"]
    campaigns = {campaign.external_id: campaign.api_id for campaign in Campaign.objects.all()}

    def get(endpoint, query):
        place = endpoint.place.replace("(?P<campaign_id>[^/]+?)", campaigns["welcome"])
        named = {"seg_of_pros": pros, "cmp_of_push": campaigns["push"]}
        given = {name: text.replace(key, named[key]) for name, text in query.items() for key in named if key in text}
        return api.get(f"{root}/analytics{place}", {**query, **given})

    return get


def what_it_says(answer):
    """Without the clock, and without the question itself."""
    if answer.status_code != 200 or not answer["Content-Type"].startswith("application/json"):
        return answer.status_code, answer["Content-Type"]
    body = answer.json()
    return {
        **body,
        "meta": {name: said for name, said in body["meta"].items() if name not in ("generatedAt", "question")},
    }


@pytest.mark.long
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=[endpoint.name for endpoint in ENDPOINTS])
def test_an_answer_changes_or_says_why_not(ask, endpoint):
    before = cache(lambda base: what_it_says(ask(endpoint, dict(base))))
    silent = []
    for parameter, (base, more) in PARAMETERS.items():
        own = {**BASES.get(endpoint.name, {}), **base}
        after = ask(endpoint, {**own, **more})
        is_same = before(tuple(own.items())) == what_it_says(after) and after.status_code == 200
        if is_same and (endpoint.name, parameter) not in OF_MANY_MESSAGES:
            silent.append(parameter)
    assert silent == []
