"""Whether emails arrive: by mailbox provider, campaign, day and why they came back; harm with limits that are shown
only where the interval lies above them."""

import pytest

from tests.analytics.reports.items import contact, message, report
from tests.copied_rows import copied

DAYS = {"from": "2026-03-20", "to": "2026-03-31"}


@pytest.fixture
@copied
def emails(bulk):
    """Six to Google, twenty to a domain of twenty contacts, one to a private domain, one to nobody's address; and one
    that is no email."""
    people = [
        *({"externalId": f"g{n}", "email": f"g{n}@{'gmail.com' if n else 'googlemail.com'}"} for n in range(6)),
        *({"externalId": f"c{n}", "email": f"c{n}@corp.example"} for n in range(20)),
        {"externalId": "private", "email": "me@myself.example"},
        {"externalId": "nobody"},
    ]
    bulk("contacts", [{**contact(each["externalId"], "03-01 08:00"), **each} for each in people])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}, {"externalId": "spring", "name": "Spring"}])
    reached = {"sent": "03-24 09:00", "delivered": "03-24 09:01"}
    names = [each["externalId"] for each in people]
    back = {"g0", "c0", "c1", "c2", "c3"}
    sent = [
        message(
            f"m-{name}",
            "03-24 09:00" if name.startswith("c") else "03-25 09:00",
            contact=name,
            campaign="spring" if name.startswith("g") else "welcome",
            **({"sent": "03-24 09:00"} if name in back else reached),
        )
        for name in names
    ]
    bulk("messages", [*sent, message("push", "03-24 09:00", channel="PUSH", contact="c4", **reached)])
    bulk(
        "message-events",
        [
            {**report("m-g0", "bounced", "03-25 09:05"), "reason": "550 5.1.1 no such user", "bounce": "hard"},
            {**report("m-c0", "bounced", "03-24 09:07"), "reason": "5.7.1 blocked", "bounce": "soft"},
            {**report("m-c0", "bounced", "03-24 09:06"), "reason": "552 5.2.2 mailbox full", "bounce": "soft"},
            {**report("m-c1", "bounced", "03-24 09:06"), "reason": "452 4.2.2 over quota", "bounce": "soft"},
            {**report("m-c2", "bounced", "03-24 09:06"), "reason": "5.7.26 unauthenticated", "bounce": "hard"},
            report("m-c3", "bounced", "03-24 09:06"),
            report("m-c5", "deferred", "03-24 09:00"),
            report("m-c5", "deferred", "03-24 09:02"),
            report("m-private", "deferred", "03-25 09:02"),
            report("m-c6", "complained", "03-24 10:00"),
            report("m-c6", "unsubscribed", "03-24 10:00"),
            report("m-c7", "unsubscribed", "03-24 10:00"),
            {**report("m-c8", "clicked", "03-24 10:00"), "url": "https://shop.example/"},
        ],
    )


@pytest.fixture
def answer(api, workspace):
    def get(**query):
        response = api.get(f"/api/workspaces/{workspace.api_id}/analytics/deliverability", {**DAYS, **query})
        assert response.status_code == 200, response.content
        return response.json()

    return get


def numbers(row, *names):
    return tuple(row["emails"][name] for name in names)


COUNTS = ("sent", "delivered", "hardBounced", "softBounced", "deferred", "complained", "unsubscribed")


@pytest.mark.long
def test_emails_are_told_by_mailbox_provider_and_private_domains_together(answer, emails):
    body = answer()
    told = [(row["value"], row["name"], *numbers(row, *COUNTS)) for row in body["breakdown"]]
    assert told == [
        ("corp.example", "corp.example", 20, 16, 1, 2, 1, 1, 2),
        ("google", "Google", 6, 5, 1, 0, 0, None, 0),
        ("other", "Other (1)", 1, 1, 0, 0, 1, 0, 0),
        (None, None, 1, 1, 0, 0, 0, 0, 0),
    ]
    assert numbers(body, *COUNTS) == (28, 23, 2, 2, 2, 1, 2)
    assert numbers(body["breakdown"][0], "humanClicked", "complaintRate", "unsubscribeRate") == (1, 0.0625, 0.125)
    assert body["breakdown"][1]["emails"]["complaintRate"] is None
    assert body["breakdown"][1]["intervals"]["complaintRate"] is None
    assert body["breakdown"][0]["intervals"]["complaintRate"] == {"low": 0.0111, "high": 0.2833}


@pytest.mark.long
def test_a_complaint_about_an_email_to_google_counts_where_it_is_reported_all_the_same(answer, emails, bulk):
    bulk("message-events", [report("m-g1", "complained", "03-26 10:00")])
    [google] = [row for row in answer()["breakdown"] if row["value"] == "google"]
    assert numbers(google, "complained", "complaintRate") == (1, 0.2)


def test_the_first_report_says_why_an_email_came_back_and_classes_add_up(answer, emails):
    body = answer(by="class")
    told = [(row["value"], *numbers(row, "bounced", "hardBounced", "softBounced")) for row in body["breakdown"]]
    assert told == [("full", 2, 0, 2), ("address", 1, 1, 0), ("auth", 1, 1, 0), ("unknown", 1, 0, 0)]
    assert sum(row[1] for row in told) == body["emails"]["bounced"]
    assert numbers(body["breakdown"][0], "sent", "delivered", "complained", "bounceRate") == (None, None, None, 0.071)


@pytest.mark.long
def test_by_campaign_and_by_day_all_numbers_add_up_to_the_whole(answer, emails):
    of_all = answer()
    for by in ("campaign", "day", "domain"):
        body = answer(by=by)
        assert body["emails"] == of_all["emails"]
        for name in COUNTS:
            assert sum(row["emails"][name] or 0 for row in body["breakdown"]) == of_all["emails"][name], (by, name)
    by_campaign = [(row["name"], *numbers(row, "sent", "deferred")) for row in answer(by="campaign")["breakdown"]]
    assert by_campaign == [("Welcome", 22, 2), ("Spring", 6, 0)]
    by_day = {row["value"]: numbers(row, "sent", "deferred") for row in answer(by="day")["breakdown"]}
    assert (by_day["2026-03-24"], by_day["2026-03-25"], by_day["2026-03-26"]) == ((20, 1), (8, 1), (0, 0))


@pytest.mark.long
def test_a_limit_has_a_status_only_where_the_whole_interval_lies_above_it(answer, emails, bulk):
    def status():
        return {limit["rate"]: limit["status"] for limit in answer()["limits"]}

    assert status() == {"complaintRate": "over", "bounceRate": "over", "unsubscribeRate": "over"}
    sent = {"sent": "03-26 09:00", "delivered": "03-26 09:00"}
    bulk("messages", [message(f"n{n}", "03-26 09:00", contact="c9", **sent) for n in range(600)])
    assert status() == {"complaintRate": None, "bounceRate": None, "unsubscribeRate": None}


@pytest.mark.long
def test_conditions_and_breakdowns_apply(answer, emails):
    assert numbers(answer(where="domain:google"), *COUNTS) == (6, 5, 1, 0, 0, 0, 0)
    assert numbers(answer(where="channel:push"), "sent", "deferred") == (0, 0)
    body = answer(breakdown="domain", by="class")
    assert [(group["value"], group["emails"]["sent"]) for group in body["groups"]][:2] == [
        ("corp.example", 20),
        ("google", 6),
    ]


@pytest.mark.long
def test_the_comparison_has_both_reports_and_their_changes(answer, emails):
    body = answer(compare="previous")
    assert body["comparison"]["complete"]["emails"]["sent"] == 28
    assert body["comparison"]["compared"]["emails"]["sent"] == 0
    assert body["comparison"]["changes"]["emails"]["sent"] is None


@pytest.mark.long
def test_the_file_has_a_line_for_each_row(api, workspace, emails):
    file = api.get(f"/api/workspaces/{workspace.api_id}/analytics/deliverability.csv", {**DAYS, "by": "class"})
    head, *lines = file.getvalue().decode("utf-8-sig").splitlines()
    assert head.startswith("value,name,emails.messages,emails.sent")
    assert [line.split(",")[0] for line in lines] == ["full", "address", "auth", "unknown"]


def test_another_way_to_take_emails_together_is_refused(api, workspace):
    response = api.get(f"/api/workspaces/{workspace.api_id}/analytics/deliverability", {"by": "hour"})
    assert response.status_code == 400
    assert "domain, campaign, day, class" in response.json()["detail"]


def test_nothing_sent_is_no_rate_and_no_status(answer):
    body = answer()
    assert body["breakdown"] == []
    assert body["emails"]["complaintRate"] == 0
    assert {limit["status"] for limit in body["limits"]} == {None}
    assert body["intervals"]["complaintRate"] is None


SIX_DAYS = {"from": "2026-03-25", "to": "2026-03-30", "compare": "previous", "match": "date"}


@pytest.mark.long
@pytest.mark.parametrize("name", ["deliverability", "campaigns"])
def test_rates_are_compared_at_equal_age_also_where_all_days_are_over(api, workspace, bulk, now, name):
    """A fifth clicked of both weeks' emails that are three days old; of those of yesterday nobody has so far."""
    bulk("contacts", [contact(f"p{n}", "03-01 08:00") for n in range(40)])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    sent = {"03-20": 8, "03-26": 8, "03-30": 0}
    bulk("messages", [_delivered(day, n, n < clicked) for day, clicked in sent.items() for n in range(40)])
    body = api.get(f"/api/workspaces/{workspace.api_id}/analytics/{name}", SIX_DAYS).json()
    if name == "campaigns":
        [row] = body["campaigns"]
        assert row["changes"]["clickRate"] == 0.0
    else:
        changes = body["comparison"]["changes"]["emails"]
        assert (body["emails"]["delivered"], changes["delivered"]) == (80, 1.0)
        assert changes["humanClickRate"] == 0.0


def _delivered(day, n, is_clicked):
    at = f"{day} 09:00"
    reached = {"sent": at, "delivered": at, **({"opened": at, "clicked": at} if is_clicked else {})}
    return message(f"{day}-{n}", at, contact=f"p{n}", campaign="welcome", **reached)
