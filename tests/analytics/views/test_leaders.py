"""Who brought in most is said only where it is ahead by more than chance."""

import pytest

from analytics.ingest import take_campaigns
from tests.analytics.views.texts import text_of

SOLD = {"revenue": 10, "currency": "EUR"}
AT = "2026-03-{}T1{}:00:00Z"


@pytest.fixture
def buyers(bulk, workspace, now):
    """So many customers of each of two emails visit from a source of its name, click in it, and buy."""

    def sell(spring, autumn):
        names = ["spring", "autumn"]
        take_campaigns(workspace, [{"externalId": name, "name": name.title()} for name in names], received_at=now)
        people = [(name, n) for name, number in zip(names, (spring, autumn), strict=True) for n in range(number)]
        bulk("contacts", [{"externalId": f"{name}{n}"} for name, n in people])
        instants = {"sentAt": AT.format("10", 1), "clickedAt": AT.format("10", 2)}
        sent = {"channel": "EMAIL", **instants}
        bulk(
            "messages",
            [{**sent, "externalId": f"{name}{n}", "campaign": name, "contact": f"{name}{n}"} for name, n in people],
        )
        visit = {"type": "visit", "occurredAt": AT.format("10", 0)}
        bought = {"type": "purchase", "occurredAt": AT.format("10", 3), "properties": SOLD}
        for kind in (visit, bought):
            utm = {"source": "", "medium": "cpc"} if kind is visit else {}
            bulk(
                "events",
                [
                    {**kind, "contact": f"{name}{n}", **({"utm": {**utm, "source": name}} if utm else {})}
                    for name, n in people
                ],
            )

    return sell


@pytest.mark.parametrize(("numbers", "is_ahead"), [((60, 30), True), ((40, 30), False), ((20, 2), False)])
def test_the_best_campaign_and_the_best_source_are_ahead_by_more_than_chance(buyers, page, numbers, is_ahead):
    buyers(*numbers)
    campaigns = text_of(page("campaign", range="30d", compare="off"))
    models = text_of(page("attribution", range="30d", view="models", compare="off", touchpoints="utm"))
    assert ("Spring brought in most" in campaigns) is is_ahead
    assert ("No campaign is clearly ahead. The most revenue is that of Spring" in campaigns) is not is_ahead
    assert ("spring brings most by every model here" in models) is is_ahead
    assert ("No row is clearly ahead. spring has most by every model here" in models) is not is_ahead
