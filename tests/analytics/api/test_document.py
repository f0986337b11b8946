"""What docs/api.md asks is answered, and as it says."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings

from analytics.models import Campaign
from tests.analytics.reports.items import contact, event
from tests.analytics.shop import fill_shop
from tests.conftest import post_json

DOCUMENT = (settings.BASE_DIR / "docs" / "api.md").read_text()
_CURL = re.compile(r"""^curl -H "\$KEY" "\$API/([^"]+)"(?: --get --data-urlencode '(\w+)=([^']+)')?$""", re.MULTILINE)
ASKED = [f"{place}?{name}={quote(text)}" if name else place for place, name, text in _CURL.findall(DOCUMENT)]
((POSTED, BODY),) = re.findall(r"""^curl -H "\$KEY" "\$API/([^"]+)" --json '([^']+)'$""", DOCUMENT, re.MULTILINE)
(EXAMPLE,) = re.findall(r"^```json\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def ask(api, workspace, bulk, now):
    fill_shop(bulk)
    bulk("contacts", [{**contact("u1", "03-03 08:00"), "attributes": {"plan": "pro"}}])
    bulk("events", [event("purchase", "u1", "03-28 10:00", properties={"amount": 120})])
    campaign = Campaign.objects.get(external_id="welcome").api_id
    segment = post_json(api, f"/api/workspaces/{workspace.api_id}/{POSTED}", json.loads(BODY)).json()["id"]

    def get(place: str) -> Any:
        place = place.replace("cmp_1", campaign).replace("seg_4", segment)
        answer = api.get(f"/api/workspaces/{workspace.api_id}/{place}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return get


def test_every_address_is_answered_as_it_was_asked(ask):
    assert len([*ASKED, POSTED]) == DOCUMENT.count("\ncurl ") > 8
    for place in ASKED:
        question = ask(place).get("meta", {}).get("question", {})
        asked = dict(part.split("=", 1) for part in place.partition("?")[2].split("&") if part)
        shown = {name: value for name, value in asked.items() if name in ("range", "interval", "compare", "opens")}
        assert question.items() >= shown.items(), place


def test_the_example_is_what_is_answered(ask, workspace):
    answer = ask("analytics?rows=true&from=2026-03-20&to=2026-03-31")["messages"]
    host = "https://analytics.example.com/api/workspaces/ws_1"
    example = json.loads(EXAMPLE.replace(host, f"http://testserver/api/workspaces/{workspace.api_id}"))["messages"]
    addresses = example.pop("rows")
    assert answer["rows"].items() >= addresses.items()
    assert answer | example == answer
