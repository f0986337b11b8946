"""Reports asked as pages are: any days, compared, by week or month, of a part, as a file."""

import csv
import io

import pytest

from analytics.models import Campaign
from tests.analytics.reports.items import contact, event, message
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now", "data")
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
FEW_DAYS = {"from": "2026-03-23", "to": "2026-03-29"}


@pytest.fixture
@copied
def data(bulk):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}, {"externalId": "sale", "name": "Sale"}])
    bulk("contacts", [contact("ada", "03-02 09:00"), contact("bob", "03-10 09:00"), contact("cy", "03-25 09:00")])
    reached = {"sent": "03-24 09:00", "delivered": "03-24 09:00"}
    bulk(
        "messages",
        [
            message("m1", "03-24 09:00", **reached, opened="03-25 09:00", clicked="03-25 09:00"),
            message("m2", "03-24 09:00", **reached, opened="03-25 09:00"),
            message("m3", "03-17 09:00", sent="03-17 09:00", delivered="03-17 09:00", channel="SMS"),
            message("m4", "03-24 10:00", **reached, campaign="sale"),
        ],
    )
    google = {"utm": {"source": "google", "medium": "cpc", "campaign": "Sale"}}
    bulk(
        "events",
        [
            event("visit", "ada", "03-17 09:00", **google),
            event("visit", "ada", "03-24 09:00", **google),
            event("visit", "bob", "03-24 10:00", utm={"source": "google", "medium": "organic"}),
            event("purchase", "ada", "03-24 11:00"),
            event("purchase", "cy", "03-26 11:00"),
        ],
    )


@pytest.fixture
def refusal(api, workspace):
    def get(path, **query):
        response = api.get(f"/api/workspaces/{workspace.api_id}/analytics{path}", query)
        assert response.status_code == 400
        return response.json()

    return get


@pytest.fixture
def rows_of_file(api, workspace):
    def get(path, **query):
        response = api.get(f"/api/workspaces/{workspace.api_id}/analytics{path}", {**query, "format": "csv"})
        text = b"".join(response.streaming_content).decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        assert int(response["X-Row-Count"]) == len(rows)
        return rows

    return get


@pytest.mark.long
def test_any_days(report):
    answer = report("", **FEW_DAYS)
    assert (answer["messages"]["total"], answer["events"]["total"], answer["contacts"]["new"]) == (3, 4, 1)
    assert answer["meta"]["from"] == "2026-03-23T00:00:00+01:00"
    assert answer["meta"]["question"] == {**FEW_DAYS, "opens": "all"}
    assert report("", range="mtd")["messages"]["total"] == 4
    assert "question" not in report("")["meta"]
    assert "question" not in report("", days=7)["meta"]


def test_a_comparison_has_the_report_of_the_days_that_are_over_and_of_their_partners(report):
    answer = report("", **FEW_DAYS, compare="previous", match="date")
    complete, compared = answer["comparison"]["complete"], answer["comparison"]["compared"]
    assert complete["messages"] == answer["messages"]
    assert compared["messages"]["total"] == 1
    assert compared["meta"]["from"] == "2026-03-16T00:00:00+01:00"
    assert compared == {**report("", **{"from": "2026-03-16", "to": "2026-03-22"}), "meta": compared["meta"]}
    assert answer["meta"]["question"]["compare"] == "previous"


def test_the_day_that_runs_is_left_out_of_what_is_compared(report):
    answer = report("/timeseries", days=7, compare="previous")
    assert answer["series"][-1]["date"] == "2026-03-31"
    assert answer["comparison"]["complete"]["series"][-1]["date"] == "2026-03-30"
    assert len(answer["comparison"]["compared"]["series"]) == 6
    assert report("/timeseries", range="today", compare="previous")["comparison"] is None


def test_opens_of_people(report, workspace):
    ids = {"all": report("", **MARCH, opens="all"), "human": report("", **MARCH, opens="human")}
    for whose, answer in ids.items():
        expected = {"all": "opened", "human": "humanOpened"}[whose]
        assert answer["messages"]["opened"] == ids["all"]["messages"][expected]
    campaign = Campaign.objects.get(external_id="welcome")
    answer = report(f"/campaigns/{campaign.api_id}", **MARCH, opens="human")
    reached = {row["status"]: row["_count"] for row in answer["statusBreakdown"]}
    assert reached.get("OPENED", 0) == answer["messages"]["opened"] == answer["messages"]["humanOpened"]


def test_weeks_and_months(report):
    weeks = report("/timeseries", **MARCH, interval="week")["series"]
    assert [row["date"] for row in weeks] == ["2026-03-01", *(f"2026-03-{day:02}" for day in (2, 9, 16, 23, 30))]
    assert [row["messages"] for row in weeks] == [0, 0, 0, 1, 3, 0]
    (march,) = report("/timeseries", **MARCH, interval="month")["series"]
    assert (march["messages"], march["events"], march["contacts"]) == (4, 5, 3)


def test_further_metrics(report):
    answer = report("/timeseries", **FEW_DAYS, metric="delivered,campaign_open_rate")
    assert answer["series"][1]["numbers"] == {"delivered": 3, "campaign_open_rate": 0.667}
    assert answer["series"][0]["numbers"] == {"delivered": 0, "campaign_open_rate": None}
    assert answer["total"] == {"delivered": 3, "campaign_open_rate": 0.667}


def test_a_channel_or_campaign_has_no_events_and_contacts(report):
    sale = Campaign.objects.get(external_id="sale").api_id
    answer = report("/timeseries", **MARCH, interval="month", campaign=sale)
    assert answer["series"] == [
        {"date": "2026-03-01", "events": None, "contacts": None, "messages": 1, "opens": 0, "clicks": 0}
    ]
    assert answer["meta"]["notApplicable"] == ["events", "contacts"]
    assert report("/timeseries", **MARCH, interval="month", channel="sms")["series"][0]["messages"] == 1


def test_cohorts_by_week_and_month(report):
    (march,) = report("/cohorts", **MARCH, interval="month")["cohorts"]
    assert (march["cohort"], march["to"], march["size"]) == ("2026-03-01", "2026-03-31", 3)
    assert march["retention"] == {"week_0": 1, "week_1": 0, "week_2": 2, "week_3": 1, "week_4": 0}
    weeks = report("/cohorts", **MARCH, interval="week")["cohorts"]
    assert [(row["cohort"], row["size"]) for row in weeks] == [("2026-03-02", 1), ("2026-03-09", 1), ("2026-03-23", 1)]


def test_sources_as_a_tree_with_the_conversions_credited_to_them(report):
    answer = report("/attribution", **MARCH, breakdown="utm.campaign")
    nodes = {(row["source"], row["medium"], row["campaign"]): row for row in answer["breakdown"]}
    assert nodes["google", None, None] | {"source": ""} == {
        "source": "",
        "medium": None,
        "campaign": None,
        "uniqueVisitors": 2,
        "totalEvents": 3,
        "conversions": 1,
        "share": 0.6,
    }
    assert nodes["google", "cpc", "Sale"]["conversions"] == 1
    assert answer["direct"] == {"totalEvents": 2, "conversions": 1, "share": 0.4}
    assert answer["all"] == {"totalEvents": 5, "conversions": 2, "share": 1.0}
    assert len(report("/attribution", **MARCH, breakdown="utm.source")["breakdown"]) == 1


def test_campaigns_side_by_side(report):
    rows = report("/campaigns", **MARCH)["campaigns"]
    assert [(row["name"], row["messages"]["total"]) for row in rows] == [("Welcome", 3), ("Sale", 1)]
    for row in rows:
        assert row["messages"] == report(f"/campaigns/{row['id']}", **MARCH)["messages"]


def test_campaigns_side_by_side_count_the_opens_that_are_asked_for(report, bulk):
    bulk("messages", [message("m5", "03-24 11:00", sent="03-24 11:00")])
    bulk("message-events", [{"message": "m5", "type": "opened", "at": "2026-03-24T12:00:00Z", "providerHint": "bot"}])
    of_all, of_people = (report("/campaigns", **MARCH, opens=opens)["campaigns"][0] for opens in ("all", "human"))
    assert of_all["messages"]["opened"] == of_people["messages"]["opened"] + 1
    assert of_people["messages"] == report(f"/campaigns/{of_people['id']}", **MARCH, opens="human")["messages"]


def test_every_report_as_a_file(report, rows_of_file):
    sale = Campaign.objects.get(external_id="sale").api_id
    assert [row["events"] for row in rows_of_file("/timeseries", **FEW_DAYS)] == ["0", "3", "0", "1", "0", "0", "0"]
    (overview,) = rows_of_file("", **FEW_DAYS)
    assert (overview["messages.total"], overview["messages.openRate"]) == ("3", "0.667")
    assert rows_of_file(f"/campaigns/{sale}", **MARCH)[0]["messages.delivered"] == "1"
    assert [row["source"] for row in rows_of_file("/attribution", **MARCH)] == ["google", "google"]
    assert [row["count"] for row in rows_of_file("/funnel", **MARCH, steps="visit,purchase")] == ["2", "1"]
    assert rows_of_file("/cohorts", **MARCH)[0]["retention.week_0"] == "0"
    assert [row["name"] for row in rows_of_file("/campaigns", **MARCH)] == ["Welcome", "Sale"]


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        ("", {"range": "fortnight"}, "range"),
        ("", {"from": "2026-03-02", "to": "2026-03-01"}, "from"),
        ("/timeseries", {"interval": "hour", "days": "60"}, "interval"),
        ("/timeseries", {"campaign": "cmp_99999"}, "campaign"),
        ("/timeseries", {"channel": "sms", "metric": "events"}, "metric"),
        ("/attribution", {"breakdown": "channel"}, "breakdown"),
        ("/attribution", {"breakdown": "utm.source", "limit": "5"}, "limit"),
        ("/timeseries", {"breakdown": "contact.signedUpAt"}, "breakdown"),
        ("", {"breakdown": "segment:seg_1,x"}, "breakdown"),
        ("", {"breakdown": "segment:seg_999"}, "breakdown"),
        ("", {"breakdown": "event", "limit": "1001"}, "limit"),
        ("", {"limit": "5"}, "limit"),
        ("/ltv", {"compare": "previous"}, "compare"),
        ("", {"format": "xml"}, "format"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(refusal, path, query, parameter):
    body = refusal(path, **query)
    assert (body["parameter"], body["given"]) == (parameter, query[parameter])
    assert body["allowed"]
