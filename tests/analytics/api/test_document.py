"""What docs/api.md asks is answered, and as it says."""

import json
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings

from analytics.models import Campaign
from tests.analytics.reports.items import contact, event
from tests.analytics.shop import fill_shop
from tests.conftest import post_json

DOCUMENT = (settings.BASE_DIR / "docs" / "api.md").read_text()


def commands() -> Iterator[tuple[str, str, str]]:
    """Of each curl: where it leads, and what it asks there or sends there."""
    for line in re.findall(r"^curl .*$", DOCUMENT, re.MULTILINE):
        words = shlex.split(line)
        [place] = [word.removeprefix("$API/") for word in words if word.startswith("$API/")]
        asked = [word for option, word in pairwise(words) if option == "--data-urlencode"]
        query = urlencode([tuple(each.split("=", 1)) for each in asked])
        sent = [word for option, word in pairwise(words) if option in ("--json", "-d")]
        yield place, query, "".join(sent)


ASKED = [f"{place}?{query}" if query else place for place, query, sent in commands() if not sent]
QUERIES = {place: sent for place, _, sent in commands() if place.endswith("/query")}
POSTED = [(place, sent) for place, _, sent in commands() if sent and place not in QUERIES]
(EXAMPLE,) = re.findall(r"^```json\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def ask(api, workspace, bulk, now):
    fill_shop(bulk)
    bulk("contacts", [{**contact("u1", "03-03 08:00"), "attributes": {"plan": "pro"}}])
    bulk("events", [event("purchase", "u1", "03-28 10:00", properties={"amount": 120, "plan": "pro"})])
    campaign = Campaign.objects.get(external_id="welcome").api_id
    made: dict[str, str] = {}
    for place, body in POSTED:
        body = body.replace("qst_1", made.get("saved-questions", ""))
        answer = post_json(api, f"/api/workspaces/{workspace.api_id}/{place}", json.loads(body)).json()
        made.setdefault(place, answer["id"])
    segment = made["segments"]

    def get(place: str) -> Any:
        place = place.replace("cmp_1", campaign).replace("seg_4", segment).replace("fun_1", made["funnels"])
        place = place.replace("ab_1", made["ab-tests"]).replace("qst_1", made["saved-questions"])
        place = place.replace("brd_1", made["boards"])
        answer = api.get(f"/api/workspaces/{workspace.api_id}/{place}")
        if ".csv?" in place:
            assert len(b"".join(answer).splitlines()) > 1, place
            return {}
        assert answer.status_code == 200, answer.content
        return answer.json()

    return get


@pytest.mark.long
def test_every_address_is_answered_as_it_was_asked(ask):
    assert len([*ASKED, *POSTED, *QUERIES]) == DOCUMENT.count("\ncurl ") > 8
    for place in ASKED:
        answer = ask(place)
        if not answer:
            continue  # a file, which does not say what was asked
        question = answer.get("meta", {}).get("question", {})
        asked = dict(part.split("=", 1) for part in place.partition("?")[2].split("&") if part)
        shown = {name: value for name, value in asked.items() if name in ("range", "interval", "compare", "opens")}
        assert question.items() >= shown.items(), place


def test_a_question_in_a_body_is_answered_as_it_was_asked(api, workspace, now):
    for place, body in QUERIES.items():
        answer = post_json(api, f"/api/workspaces/{workspace.api_id}/{place}", json.loads(body))
        assert answer.status_code == 200, answer.content
        question = answer.json()["meta"]["question"]
        assert question.items() >= {"range": json.loads(body)["range"]}.items()


@pytest.mark.long
def test_the_example_is_what_is_answered(ask, workspace):
    answer = ask("analytics?rows=true&from=2026-03-20&to=2026-03-31")["messages"]
    host = "https://analytics.example.com/api/workspaces/ws_1"
    example = json.loads(EXAMPLE.replace(host, f"http://testserver/api/workspaces/{workspace.api_id}"))["messages"]
    addresses = example.pop("rows")
    assert answer["rows"].items() >= addresses.items()
    assert answer | example == answer
