"""A workspace that holds the published page's totals answers the page's numbers, key for key."""

import os
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")

SHARE = int(os.environ.get("GOLDEN_SHARE", "100"))
RECENTLY = datetime(2026, 3, 20, 9, tzinfo=UTC)
STATUSES = ("sentAt", "deliveredAt", "openedAt", "clickedAt", "bouncedAt", "failedAt")


def at(instant=RECENTLY, **later):
    return (instant + timedelta(**later)).isoformat()


def message(number, contact, channel="EMAIL", created=RECENTLY, **reached):
    """A message that reached the statuses whose limit its number lies below."""
    item = {"externalId": f"m{number}", "campaign": "welcome", "contact": contact, "channel": channel}
    item["createdAt"] = at(created)
    for minutes, status in enumerate(STATUSES, start=1):
        if number < reached.get(status, 0):
            item[status] = at(created, minutes=minutes)
    return item


def assert_golden(answer, golden):
    """Every key of the page, with its value and type; more keys are allowed."""
    if isinstance(golden, dict):
        assert isinstance(answer, dict)
        for key, value in golden.items():
            assert key in answer, key
            assert_golden(answer[key], value)
    elif isinstance(golden, list):
        assert isinstance(answer, list)
        assert len(answer) == len(golden)
        for one, value in zip(answer, golden, strict=True):
            assert_golden(one, value)
    else:
        assert answer == golden
        assert type(answer) is type(golden)


@pytest.mark.long
def test_overview_at_a_share_of_the_pages_totals(bulk, report):
    """A hundredth, for time; `make torture` takes all of them."""
    contacts, new, messages, sent, opened, clicked, events = (
        total // SHARE for total in (50_000, 1_200, 150_000, 145_000, 43_500, 14_500, 500_000)
    )
    old = contacts - new
    bulk("contacts", [{"externalId": f"old{n}", "signedUpAt": at(days=-60)} for n in range(old)])
    bulk("contacts", [{"externalId": f"new{n}", "signedUpAt": at()} for n in range(new)])
    campaigns = [
        {"externalId": f"c{n}", "name": f"Campaign {n}", "status": "ACTIVE" if n < 8 else "DRAFT"} for n in range(24)
    ]
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome Series"}, *campaigns])
    reached = {"sentAt": sent, "deliveredAt": sent, "openedAt": opened, "clickedAt": clicked}
    bulk("messages", [message(n, f"old{n % old}", **reached) for n in range(messages)])
    bulk("messages", [message(900_000 + n, "old1", created=RECENTLY - timedelta(days=60)) for n in range(7)])
    bulk(
        "events",
        [
            {"messageId": f"e{n}", "type": "page_view", "occurredAt": at(seconds=n), "contact": f"old{n % old}"}
            for n in range(events)
        ],
    )

    assert_golden(
        report(),
        {
            "contacts": {"total": contacts, "new": new},
            "campaigns": {"total": 25, "active": 8},
            "messages": {
                "total": messages,
                "sent": sent,
                "opened": opened,
                "clicked": clicked,
                "openRate": 0.30,
                "clickRate": 0.10,
            },
            "events": {"total": events},
        },
    )


@pytest.fixture
@copied
def welcome(bulk):
    variants = [{"name": "Variant A", "isControl": True}, {"name": "Variant B"}]
    bulk(
        "campaigns",
        [
            {
                "externalId": "welcome",
                "name": "Welcome Series",
                "abTests": [{"externalId": "subject", "name": "Subject Line Test", "variants": variants}],
            }
        ],
    )


def campaign_messages():
    """12,000 messages: 10,000 by email; 500 in each variant, of which 150 and 200 opened."""
    reached = {"sentAt": 11500, "deliveredAt": 11200, "openedAt": 3360, "clickedAt": 1120}
    messages = [message(n, f"k{n % 5000}", "EMAIL" if n < 10000 else "PUSH", **reached) for n in range(12000)]
    for item in messages[11000:11200]:
        item["bouncedAt"] = at(minutes=5)
    for item in messages[11900:]:
        item["failedAt"] = at(minutes=6)
    members = {
        "Variant A": (*range(150), *range(4000, 4350)),
        "Variant B": (*range(150, 350), *range(5000, 5300)),
    }
    for variant, numbers in members.items():
        for number in numbers:
            messages[number] |= {"abTest": "subject", "variant": variant}
    return messages


@pytest.mark.long
def test_campaign(bulk, report, welcome, api, workspace):
    bulk("contacts", [{"externalId": f"k{n}", "signedUpAt": at(days=-90)} for n in range(5000)])
    enrollments = [{"campaign": "welcome", "contact": f"k{n}", "enrolledAt": at()} for n in range(5000)]
    for enrollment in enrollments[:3800]:
        enrollment |= {"status": "COMPLETED", "completedAt": at(days=3)}
    bulk("enrollments", enrollments)
    bulk("messages", campaign_messages())
    listed = api.get(f"/api/workspaces/{workspace.api_id}/campaigns").json()
    [campaign_id] = [row["id"] for row in listed["results"] if row["externalId"] == "welcome"]

    assert_golden(
        report(f"/campaigns/{campaign_id}"),
        {
            "campaign": {"id": campaign_id, "name": "Welcome Series"},
            "enrollments": {"total": 5000, "active": 1200, "completed": 3800},
            "messages": {
                "total": 12000,
                "sent": 11500,
                "delivered": 11200,
                "opened": 3360,
                "clicked": 1120,
                "bounced": 200,
                "failed": 100,
                "openRate": 0.30,
                "clickRate": 0.10,
                "bounceRate": 0.018,
            },
            "statusBreakdown": [
                {"status": "QUEUED", "_count": 12000},
                {"status": "SENT", "_count": 11500},
                {"status": "DELIVERED", "_count": 11200},
                {"status": "OPENED", "_count": 3360},
                {"status": "CLICKED", "_count": 1120},
                {"status": "BOUNCED", "_count": 200},
                {"status": "FAILED", "_count": 100},
            ],
            "channelBreakdown": [{"channel": "EMAIL", "_count": 10000}, {"channel": "PUSH", "_count": 2000}],
            "abTests": [
                {
                    "name": "Subject Line Test",
                    "variants": [
                        {"name": "Variant A", "sent": 500, "opened": 150},
                        {"name": "Variant B", "sent": 500, "opened": 200},
                    ],
                }
            ],
        },
    )


@pytest.mark.long
def test_timeseries(bulk, report, welcome):
    day = datetime(2026, 3, 15, 10, tzinfo=UTC)
    bulk("contacts", [{"externalId": f"k{n}", "signedUpAt": at(day, seconds=n)} for n in range(40)])
    bulk("messages", [message(n, "k1", created=day, sentAt=500, openedAt=150, clickedAt=50) for n in range(500)])
    bulk(
        "events",
        [
            {"messageId": f"e{n}", "type": "page_view", "occurredAt": at(day, seconds=n), "contact": "k1"}
            for n in range(1500)
        ],
    )

    answer = report("/timeseries", days=30)

    assert answer["period"] == "30d"
    assert len(answer["series"]) == 30
    golden = {"date": "2026-03-15", "events": 1500, "contacts": 40, "messages": 500, "opens": 150, "clicks": 50}
    assert_golden([row for row in answer["series"] if row["date"] == "2026-03-15"], [golden])
    assert sum(row["events"] for row in answer["series"]) == 1500


@pytest.mark.long
def test_attribution(bulk, report):
    numbers = count()

    def event(person, utm, event_type="page_view", minutes=0):
        number = next(numbers)
        return {
            "messageId": f"e{number}",
            "type": event_type,
            "occurredAt": at(minutes=minutes),
            "anonymousId": person,
            **({"utm": utm} if utm else {}),
        }

    google = {"source": "Google", "medium": "CPC", "campaign": "summer-sale"}
    items = [event(f"g{n % 500}", google) for n in range(1200)]
    for source in ("a", "b", "c", "d"):
        items += [event(f"{source}{n}", {"source": source}) for n in range(950)]
    items += [event(f"g{n}", None, "purchase", minutes=1) for n in range(150)]
    items += [event(f"g{n}", None, "purchase", minutes=-1) for n in range(30)]
    items += [event(f"nobody{n}", None, "purchase", minutes=1) for n in range(20)]
    bulk("events", items)

    answer = report("/attribution")

    assert_golden(answer, {"period": "30d", "totalAttributedEvents": 5000, "conversions": 150})
    golden = {
        "source": "google",
        "medium": "cpc",
        "campaign": "summer-sale",
        "uniqueVisitors": 500,
        "totalEvents": 1200,
    }
    assert_golden(answer["sources"][0], golden)
    assert answer["sources"][1]["medium"] is None


@pytest.mark.long
def test_funnel(bulk, report):
    steps = [("page_view", 10000), ("signup", 1000), ("purchase", 200)]
    bulk(
        "events",
        [
            {"messageId": f"{step}{n}", "type": step, "occurredAt": at(minutes=minute), "anonymousId": f"p{n}"}
            for minute, (step, people) in enumerate(steps)
            for n in range(people)
        ],
    )

    assert_golden(
        report("/funnel", steps="page_view,signup,purchase", days=30),
        {
            "period": "30d",
            "steps": [
                {"step": "page_view", "count": 10000, "dropoff": 0, "conversionFromPrevious": 1.0},
                {"step": "signup", "count": 1000, "dropoff": 9000, "conversionFromPrevious": 0.10},
                {"step": "purchase", "count": 200, "dropoff": 800, "conversionFromPrevious": 0.20},
            ],
            "overallConversion": 0.02,
        },
    )


def test_cohorts(bulk, report):
    signup = datetime(2026, 3, 5, 9, tzinfo=UTC)
    bulk("contacts", [{"externalId": f"k{n}", "signedUpAt": at(signup)} for n in range(100)])
    bulk(
        "events",
        [
            {
                "messageId": f"w{week}-{n}",
                "type": "app_open",
                "occurredAt": at(signup, days=7 * week + 1),
                "contact": f"k{n}",
            }
            for week, active in enumerate((100, 80, 65, 60))
            for n in range(active)
        ],
    )

    assert_golden(
        report("/cohorts", days=30),
        {
            "period": "30d",
            "metric": "events",
            "cohorts": [
                {
                    "cohort": "2026-03-05",
                    "size": 100,
                    "activeContacts": 60,
                    "retentionRate": 0.60,
                    "retention": {"week_0": 100, "week_1": 80, "week_2": 65, "week_3": 60},
                }
            ],
        },
    )
