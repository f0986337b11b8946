"""A rate of nothing is no bad rate: pages show a dash, their files an empty cell."""

import csv
import io
import re

import pytest

from analytics.models import Campaign
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")

RATE = re.compile(r"(?<![\d.+−±])0\.0%")


@pytest.fixture
@copied
def waiting(bulk, now):
    """A campaign, its test and their only message, which has not been sent, and nobody who did anything else."""
    test = {"externalId": "t", "name": "Subject", "variants": [{"name": "A"}, {"name": "B"}]}
    bulk("contacts", [{"externalId": "c"}])
    bulk("campaigns", [{"externalId": "p", "name": "P", "status": "ACTIVE", "abTests": [test]}])
    message = {"externalId": "m", "campaign": "p", "contact": "c", "channel": "EMAIL", "abTest": "t", "variant": "A"}
    bulk("messages", [{**message, "createdAt": "2026-03-21T10:00:00Z"}])
    return Campaign.objects.get()


@pytest.mark.parametrize(
    "path",
    [
        "reports/overview/",
        "reports/overview/?opens=all",
        "reports/campaign/",
        "reports/campaign/?campaign={}",
        "reports/timeseries/?metric=delivery_rate&metric=campaign_open_rate&metric=bounce_share",
        "reports/attribution/",
        "reports/funnel/?steps=a,b",
        "campaigns/?column=open_rate&column=click_rate&column=bounce_rate",
    ],
)
def test_a_page_shows_no_rate_of_nothing(api, workspace, waiting, path):
    html = api.get(f"/w/{workspace.slug}/{path.format(waiting.api_id)}").text
    shown = text_of(html)
    assert not RATE.search(shown)
    assert "100.0%" not in shown
    assert "–" in shown


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("campaigns/?column=open_rate&format=csv", "Open rate (of delivered)"),
        ("reports/campaign/?format=csv&table=campaigns", "Open rate (of delivered, bot opens excluded)"),
        ("reports/funnel/?steps=a,b&format=csv&table=steps", "Overall conversion"),
    ],
)
def test_a_pages_file_has_an_empty_cell(api, workspace, waiting, path, column):
    response = api.get(f"/w/{workspace.slug}/{path}")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    assert {row[column] for row in rows} == {""}


def test_the_api_says_a_rate_of_nothing_is_zero(api, workspace, waiting):
    report = api.get(f"/api/workspaces/{workspace.api_id}/analytics/campaigns/{waiting.api_id}").json()
    assert {report["messages"][name] for name in ("openRate", "clickRate", "bounceRate")} == {0.0}
