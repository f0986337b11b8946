"""What changed, over the API: a small history by hand, and what is refused."""

from datetime import date, timedelta

import pytest

from analytics.questions.fields import field_of
from analytics.questions.filters import AllOf, Is
from analytics.questions.what_changed import METRICS_OF_CHANGES
from analytics.segments import save_segment
from tests.copied_rows import copied

WEEK = {"from": "2026-03-16", "to": "2026-03-22", "compare": "previous"}
"""Against 9 to 15 March."""


@pytest.fixture
@copied
def history(bulk, workspace, now):
    """Before, 100 messages of `old` at 10 %; now 50 at 10 % and 150 of `new` at 40 %; one click is too late."""
    bulk("campaigns", [{"externalId": name, "name": name.title()} for name in ("old", "new")])
    bulk("contacts", [{"externalId": f"c{n}", "email": f"c{n}@gmail.com"} for n in range(10)])
    messages = [
        *_messages("old", "2026-03-10", 100, 10),
        *_messages("old", "2026-03-17", 50, 5, prefix="now"),
        *_messages("new", "2026-03-18", 150, 60),
    ]
    messages[30]["clickedAt"] = "2026-03-14T10:00:00Z"
    bulk("messages", messages)


def _messages(campaign, day, number, clicked, prefix=""):
    at = f"{day}T10:00:00Z"
    return [
        {
            **{
                "externalId": f"{prefix}{campaign}{n}",
                "campaign": campaign,
                "contact": f"c{n % 10}",
                "channel": "EMAIL",
            },
            **{"createdAt": at, "sentAt": at, "deliveredAt": at},
            **({"clickedAt": at} if n < clicked else {}),
        }
        for n in range(number)
    ]


@pytest.fixture
def asked(api, workspace):
    def ask(expected=200, **query):
        answer = api.get(f"/api/workspaces/{workspace.api_id}/analytics/what-changed", query)
        assert answer.status_code == expected, answer.content
        return answer

    return ask


def part_of(body, dimension, name):
    parts = next(each for each in body["dimensions"] if each["dimension"] == dimension)["parts"]
    return next(part for part in parts if part["name"] == name)


@pytest.mark.long
def test_a_rate_is_divided_into_mix_and_rate(asked, history):
    body = asked(**WEEK, metric="campaign_click_rate").json()
    assert (body["metric"], body["unit"], body["age"]) == ("campaign_click_rate", "share", 3)
    assert body["complete"] == {
        **{"from": "2026-03-16", "to": "2026-03-22"},
        **{"value": 0.325, "counts": {"clicked": 65, "delivered": 200}},
    }
    assert body["compared"] == {
        **{"from": "2026-03-09", "to": "2026-03-15"},
        **{"value": 0.1, "counts": {"clicked": 10, "delivered": 100}},
    }
    assert body["change"] == 0.225
    assert body["beyondChance"]
    assert body["uncut"]["compared"]["counts"] == {"clicked": 11, "delivered": 100}
    old, new = (part_of(body, "campaign", name) for name in ("Old", "New"))
    assert (old["new"], old["gone"], new["new"], new["gone"]) == (False, False, True, False)
    middle = (0.325 + 0.1) / 2
    assert old["mix"] == pytest.approx((50 / 200 - 1) * (0.1 - middle))
    assert old["rate"] == 0
    assert new["mix"] == pytest.approx(150 / 200 * (0.4 - middle))
    assert new["beyondChance"]
    for dimension in body["dimensions"]:
        assert sum(part["change"] for part in dimension["parts"]) == pytest.approx(0.225, abs=1e-12)
        assert dimension["mix"] + dimension["rate"] == pytest.approx(0.225, abs=1e-12)
    assert [dimension["dimension"] for dimension in body["dimensions"]] == ["campaign", "time"]


def test_a_count_is_a_product_of_its_factors(asked, history):
    body = asked(**WEEK, metric="clicked").json()
    assert (body["complete"]["value"], body["compared"]["value"], body["change"]) == (65, 10, 55)
    assert part_of(body, "campaign", "New")["change"] == 60
    assert [(factor["numerator"], factor["denominator"]) for factor in body["factors"]] == [
        ("sent", None), ("delivered", "sent"), ("clicked", "delivered"),
    ]  # fmt: skip
    assert [(factor["compared"], factor["complete"]) for factor in body["factors"]] == [
        (100, 200),
        (1, 1),
        (0.1, 0.325),
    ]
    assert sum(factor["change"] for factor in body["factors"]) == pytest.approx(55)


@pytest.mark.long
def test_each_part_opens_to_its_rows_of_both_periods(api, asked, history):
    body = asked(**WEEK, metric="campaign_click_rate", rows="true").json()
    for part in (
        body,
        part_of(body, "campaign", "Old"),
        part_of(body, "campaign", "New"),
        part_of(body, "time", "2026-03-17/2026-03-17"),
    ):
        for side in ("complete", "compared"):
            for key, number in part[side]["counts"].items():
                found = api.get(f"{part[side]['rows'][f'counts.{key}']}&pageSize=200").json()
                assert len(found["results"]) == number, (key, side)


def test_days_with_messages_that_are_too_young_are_left_out(asked, history):
    """It is Tuesday 31 March, 10:00 in Berlin: messages of 27 March are not three days old all day."""
    body = asked(range="7d").json()
    assert (body["complete"]["from"], body["complete"]["to"]) == ("2026-03-25", "2026-03-27")
    assert (body["compared"]["from"], body["compared"]["to"]) == ("2026-03-18", "2026-03-20")
    events = asked(range="7d", metric="events").json()
    assert (events["complete"]["to"], events["age"], events["uncut"]) == ("2026-03-30", None, None)
    young = asked(range="yesterday").json()
    assert (young["complete"], young["change"], young["dimensions"]) == (None, None, [])
    assert young["uncut"]["complete"]["from"] == "2026-03-30"


def test_one_dimension_can_be_asked_for(asked, history):
    body = asked(**WEEK, metric="clicked", breakdown="domain").json()
    [dimension] = body["dimensions"]
    assert (dimension["dimension"], [part["value"] for part in dimension["parts"]]) == ("domain", ["google"])


def test_a_segment_divides_by_who_is_in_it(owner, workspace, asked, history):
    known = AllOf((Is(field_of("contact.known"), ("true",)),))
    made = save_segment(workspace=workspace, name="First", condition=known, by=owner).api_id
    body = asked(**WEEK, metric="clicked", breakdown=f"segment:{made}").json()
    [dimension] = body["dimensions"]
    assert [(part["value"], part["name"], part["change"]) for part in dimension["parts"]] == [
        (made, "First", 55), ("other", "Not in First", 0),
    ]  # fmt: skip


def test_its_file_has_a_line_for_each_part(asked, history):
    lines = asked(**WEEK, metric="clicked", format="csv").getvalue().decode().splitlines()
    assert lines[0].startswith("dimension,value,name,new,gone,complete.value,complete.counts.clicked")
    assert sum(line.startswith("campaign,") for line in lines) == 2


def test_nothing_is_nothing(asked, workspace, now):
    body = asked(metric="revenue").json()
    assert (body["change"], body["dimensions"], body["beyondChance"]) == (0, [], False)
    rate = asked().json()
    assert (rate["change"], rate["complete"]["value"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"metric": "nonsense"}, "metric"),
        ({"metric": "sent,opened"}, "metric"),
        ({"compare": "off"}, "compare"),
        ({"metric": "events", "breakdown": "channel"}, "metric"),
        ({"metric": "events", "channel": "email"}, "metric"),
        ({"breakdown": "time"}, "breakdown"),
    ],
)
def test_what_means_nothing_is_refused(asked, now, query, parameter):
    assert asked(400, **query).json()["parameter"] == parameter


@pytest.mark.long
def test_every_metric_that_trends_have_can_be_asked_for(asked, history):
    for metric in METRICS_OF_CHANGES:
        assert asked(**WEEK, metric=metric).json()["metric"] == metric


@pytest.mark.parametrize(("metric", "monday"), [("delivered", (12, 4, 8)), ("campaign_click_rate", (0.333, 0.0, None))])
def test_long_periods_are_divided_by_weekday(api, asked, bulk, workspace, now, metric, monday):
    """Mondays alone are other than before."""
    bulk("contacts", [{"externalId": f"c{n}", "email": f"c{n}@gmail.com"} for n in range(10)])
    bulk("campaigns", [{"externalId": "old", "name": "Old"}])
    for month, days in (("02", range(1, 29)), ("03", range(1, 28))):
        for day in days:
            is_busy = month == "03" and day % 7 == 2
            bulk("messages", _messages("old", f"2026-{month}-{day:02}", 3 if is_busy else 1, is_busy, f"{month}{day}"))
    days = {"from": "2026-03-01", "to": "2026-03-27", "compareFrom": "2026-02-01", "compareTo": "2026-02-28"}
    body = asked(**days, compare="custom", metric=metric, rows="true").json()
    parts = next(each for each in body["dimensions"] if each["dimension"] == "weekday")["parts"]
    assert sorted(part["value"] for part in parts) == [str(number) for number in range(1, 8)]
    assert sum(part["change"] for part in parts) == pytest.approx(body["change"], abs=1e-12)
    found = part_of(body, "weekday", "Monday")
    value, before, change = monday
    assert (found["complete"]["value"], found["compared"]["value"]) == (value, before)
    assert change is None or found["change"] == change
    for part in parts:
        for side in ("complete", "compared"):
            for key, number in part[side]["counts"].items():
                rows = api.get(f"{part[side]['rows'][f'counts.{key}']}&pageSize=200").json()
                assert len(rows["results"]) == number, (part["name"], side, key)


def test_of_weekdays_as_many_days_are_compared(asked, bulk, workspace, now):
    """Twenty messages each Sunday are no fewer where a period has three Sundays, and the other four."""
    bulk("contacts", [{"externalId": f"c{n}"} for n in range(10)])
    bulk("campaigns", [{"externalId": "old", "name": "Old"}])
    sundays = [date(2026, 1, 25) + timedelta(days=7 * week) for week in range(9)]
    for day in map(str, sundays):
        bulk("messages", _messages("old", day, 20, 0, day))
    days = {"from": "2026-02-22", "to": "2026-03-22", "compareFrom": "2026-01-24", "compareTo": "2026-02-21"}
    body = asked(**days, compare="custom", match="date", metric="messages_total").json()
    [sunday] = [
        part
        for each in body["dimensions"]
        if each["dimension"] == "weekday"
        for part in each["parts"]
        if part["name"] == "Sunday"
    ]
    assert (sunday["complete"]["value"], sunday["compared"]["value"], sunday["change"]) == (60, 80, -20)
    assert sunday["p"] == 1.0
    assert not sunday["beyondChance"]


def test_short_periods_are_not_divided_by_weekday(asked, history):
    assert "weekday" not in [each["dimension"] for each in asked(**WEEK).json()["dimensions"]]
