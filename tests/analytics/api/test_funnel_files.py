"""A funnel's tables as files, each of its own."""

import pytest

from tests.analytics.reports.items import contact, event
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")
STEPS = {"steps": "visit,purchase,refund", "range": "30d", "window": "1d"}


@pytest.fixture
@copied
def visits(bulk):
    """Ada buys an hour after her visit and gives back two later, bob buys after two; x alone comes by no link."""
    bulk("contacts", [contact("ada", "03-01 09:00"), contact("bob", "03-01 09:00")])
    news = {"utm": {"source": "news"}}
    bulk("events", [event("visit", "ada", "03-10 09:00", **news), event("purchase", "ada", "03-10 10:00")])
    bulk("events", [event("refund", "ada", "03-10 12:00"), event("visit", "bob", "03-12 09:00", **news)])
    bulk("events", [event("purchase", "bob", "03-12 11:00"), event("visit", "?x", "03-12 09:00")])


@pytest.fixture
def file(api, workspace):
    """The lines of a file, without the mark before the first."""

    def get(**query):
        answer = api.get(f"/api/workspaces/{workspace.api_id}/analytics/funnel.csv", {**STEPS, **query})
        assert answer.status_code == 200, answer.content
        return answer.getvalue().decode("utf-8-sig").splitlines()

    return get


def test_steps_and_groups(visits, file):
    head, *steps = file(part="steps", breakdown="utm.source")
    assert head.startswith("step,count,dropoff,conversionFromPrevious")
    assert [line.split(",")[:2] for line in steps] == [["visit", "3"], ["purchase", "2"], ["refund", "1"]]
    head, *groups = file(part="groups", breakdown="utm.source")
    assert head.startswith("value,name,step,count")
    assert [line.split(",")[:4] for line in groups] == [
        *(["news", "news", step, count] for step, count in (("visit", "2"), ("purchase", "2"), ("refund", "1"))),
        *(["", "", step, count] for step, count in (("visit", "1"), ("purchase", "0"), ("refund", "0"))),
    ]
    last = dict(zip(head.split(","), groups[2].split(","), strict=True))
    assert (last["difference.difference"], last["difference.rest"]) == ("0.5", "0.0")
    assert -1 <= float(last["difference.low"]) <= 0.5 <= float(last["difference.high"]) <= 1
    assert [line.split(",")[:4] for line in file(breakdown="utm.source")[1:]] == [
        line.split(",")[:4] for line in groups
    ]
    assert [line.split(",")[:2] for line in file()[1:]] == [line.split(",")[:2] for line in steps]


def test_times_and_how_many_took_how_long(visits, file):
    head, *times = file(part="times")
    assert head == "fromStep,toStep,people,mean,p10,p25,p50,p75,p90"
    assert [line.split(",")[:4] for line in times] == [
        ["1", "2", "2", "5400.0"],
        ["2", "3", "1", "7200.0"],
        ["1", "3", "1", "10800.0"],
    ]
    head, *bins = file(part="bins")
    assert head == "fromStep,toStep,from,to,people"
    assert [line for line in bins if not line.endswith(",0")] == [
        "1,2,3600,21600,2",
        "2,3,3600,21600,1",
        "1,3,3600,21600,1",
    ]


def test_the_trend(visits, file):
    head, *days = file(part="trend", by="day")
    assert head == "date,entrants,finishers,rate,complete"
    assert [line for line in days if ",0,0," not in line] == ["2026-03-10,1,1,1.0,True", "2026-03-12,2,0,0.0,True"]


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ({"part": "nothing"}, "steps, groups, times, bins, trend"),
        ({"part": "groups"}, "one with breakdown"),
        ({"part": "trend"}, "one with by"),
        ({"part": "times", "steps": "visit"}, "of several steps"),
        ({"part": "steps", "format": "json"}, "JSON has all parts"),
    ],
)
def test_a_part_that_is_not_there_is_refused(visits, api, workspace, query, allowed):
    address = f"/api/workspaces/{workspace.api_id}/analytics/funnel"
    answer = api.get(address, {**STEPS, "format": "csv", **query})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "part")
    assert allowed in answer.json()["message"]
