"""Holdouts beside the models of credit: what is incremental, and whom it is told of."""

import re

import pytest

from analytics.ingest.ab_tests import take_tests
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

AT = "2026-03-{:02}T10:00:00Z"
ARMS = [{"name": "treated", "weight": 9}, {"name": "held out", "isControl": True}]
MODELS = {"view": "models", "range": "30d"}


@pytest.fixture
@copied
def holdout(bulk, workspace, now):
    """30 people each; 15 of the treated buy, after a click, and 6 who are held out, of whom u1 was sent it, too."""
    bulk("campaigns", [{"externalId": "c", "name": "Spring"}])
    test = {"externalId": "h", "name": "Spring holdout", "campaign": "c", "isHoldout": True, "variants": ARMS}
    take_tests(workspace, [test], received_at=now)
    bulk("contacts", [{"externalId": f"u{number}", "signedUpAt": AT.format(1)} for number in range(60)])
    given = [
        {"abTest": "h", "variant": ("treated", "held out")[number % 2], "contact": f"u{number}"} for number in range(60)
    ]
    bulk("assignments", [{**each, "assignedAt": AT.format(5)} for each in given])
    sent = {"campaign": "c", "channel": "EMAIL", "sentAt": AT.format(6), "clickedAt": AT.format(8)}
    bulk("messages", [{**sent, "externalId": f"m{n}", "contact": f"u{n}"} for n in (*range(0, 30, 2), 1)])
    event = {"type": "purchase", "occurredAt": AT.format(9), "properties": {"revenue": 10, "currency": "EUR"}}
    bulk("events", [{**event, "contact": f"u{n}"} for n in (*range(0, 30, 2), *range(1, 13, 2))])


@pytest.mark.long
def test_the_page_of_models_says_what_is_incremental(holdout, page, api):
    html = page("attribution", **MODELS)
    shown = text_of(html)
    assert "Spring holdout: +9.0 conversions of 30 treated people are incremental (95% CI" in shown
    assert "Of the held out, 1 were sent a message all the same (3.3%)." in shown
    assert "Spring holdout Last touch 60.0%" in shown
    file = api.get("/w/acme/reports/attribution/", {**MODELS, "format": "csv", "table": "holdouts"})
    head, line = file.getvalue().decode("utf-8-sig").splitlines()
    assert head.startswith("Holdout,Treated,Held out,Treated converted,Held out converted,Incremental conversions")
    assert line.startswith("Spring holdout,30,30,0.5,0.2,9.0,")


@pytest.mark.long
def test_whom_it_is_told_of_opens(holdout, page, api):
    html = page("attribution", **MODELS)
    links = [part.split('"')[0].replace("&amp;", "&") for part in html.split('href="')[1:]]
    people = [link for link in links if "/people/?" in link and "arm=" in link]
    assert len(people) == 4
    told = {"members=assigned": ["30 people", "30 people"], "members=converted": ["15 people", "6 people"]}
    for state, numbers in told.items():
        assert [number for number in numbers if number] == [
            re.search(r"\d+ people", text_of(api.get(link).text))[0] for link in people if state in link
        ]
    [sent] = [link for link in links if "members=sentAnyway" in link]
    assert "1 person" in text_of(api.get(sent).text)
    assert "Held out, but sent a message" in text_of(api.get(sent).text)


def test_without_a_holdout_nothing_is_said_of_it(page, some_data):
    assert "happened anyway" not in page("attribution", **MODELS)
