"""A campaign beside what is usual on its channel, and its people apart by how far they got."""

from dataclasses import replace

import pytest

from analytics.ledger import Ledger
from analytics.ledger.rebuild import rebuild
from analytics.lists import ListConditions, PeopleList
from analytics.metrics import Numbers
from analytics.models import Campaign, Message
from analytics.questions.filters import AllOf, Did, EventAct, all_of
from analytics.questions.parts import parts_of
from analytics.questions.questions import CampaignQuestion, Opens
from analytics.questions.slices import Slice
from analytics.reports.campaigns.outcomes import HowFar, campaign_outcomes
from analytics.reports.campaigns.usual import NOTHING_USUAL, UsualRates, usual_rates
from tests.analytics.asking import ask

OLD, RECENT = "2026-03-10T10:00:00Z", "2026-03-31T08:00:00Z"


@pytest.fixture
def sent(bulk):
    """A campaign's messages, each to somebody of their own, of which the first so many were opened and clicked."""
    bulk("contacts", [{"externalId": f"p{n}", "signedUpAt": "2026-01-20T10:00:00Z"} for n in range(120)])

    def send(name, delivered, opened=0, clicked=0, *, at=OLD, channel="EMAIL", bounced=0, acts_at=None):
        bulk("campaigns", [{"externalId": name, "name": name, "channel": channel}])
        items = []
        for n in range(delivered + bounced):
            reached = ["sentAt", *(["deliveredAt"] if n < delivered else ["bouncedAt"])]
            reached += ["openedAt"] * (n < opened) + ["clickedAt"] * (n < clicked)
            item = {"externalId": f"{name}{at}{n}", "campaign": name, "contact": f"p{n}", "channel": channel}
            acts = dict.fromkeys({"openedAt", "clickedAt"} & {*reached}, acts_at or at)
            items.append({**item, "createdAt": at, **dict.fromkeys(reached, at), **acts})
        bulk("messages", items)
        return Campaign.objects.get(external_id=name)

    return send


@pytest.fixture
def question(workspace, now):
    def of(campaign, **more):
        return ask(workspace, now).with_params(CampaignQuestion, campaign_id=campaign.pk, **more)

    return of


@pytest.mark.long
def test_usual_is_the_median_of_the_channels_last_campaigns(workspace, sent, question):
    own = sent("own", 100, opened=60, clicked=10)
    for name, opened in (("one", 20), ("two", 30), ("three", 70)):
        sent(name, 100, opened=opened, clicked=10)
    sent("few", 20, opened=20)
    sent("text", 100, opened=100, channel="SMS")
    usual = usual_rates(Ledger(workspace), question(own))
    assert usual.campaigns == 3
    assert usual.rates["campaign_open_rate"] == 0.3
    assert usual.rates["delivery_rate"] == 1
    assert usual.is_beyond("campaign_open_rate") == 1, "60 of 100 is at least 50 %"
    assert usual.is_beyond("campaign_click_rate") == 0
    below = usual_rates(Ledger(workspace), question(Campaign.objects.get(external_id="one")))
    assert below.rates["campaign_open_rate"] == 0.6
    assert below.is_beyond("campaign_open_rate") == -1


@pytest.mark.long
def test_only_what_is_as_old_is_compared(workspace, sent, question):
    """What was sent today is still to be opened: of the campaign itself, and of the others."""
    own = sent("own", 100, opened=30)
    sent("own", 100, at=RECENT)
    for name in ("one", "two", "three"):
        sent(name, 100, opened=30)
        sent(name, 100, at=RECENT)
    usual = usual_rates(Ledger(workspace), question(own))
    assert usual.settled["delivered"] == 100
    assert usual.rates["campaign_open_rate"] == 0.3
    assert usual.is_beyond("campaign_open_rate") == 0


@pytest.mark.long
def test_what_was_opened_later_than_three_days_counts_on_neither_side(workspace, sent, question):
    """Older campaigns have more late opens: held against them, one that is four days old would always be below."""
    own = sent("own", 100, opened=40)
    sent("own", 100, opened=40, at="2026-03-11T10:00:00Z", acts_at="2026-03-14T10:00:01Z")
    for name, opened in (("one", 20), ("two", 30), ("three", 70)):
        sent(name, 100, opened=opened, clicked=10, acts_at="2026-03-13T10:00:00Z")
        sent(name, 20, opened=20, clicked=20, at="2026-03-11T10:00:00Z", acts_at="2026-03-20T10:00:00Z")
    usual = usual_rates(Ledger(workspace), question(own))
    assert usual.rates["campaign_open_rate"] == usual.rates["campaign_human_open_rate"] == 0.25, "30 of 120"
    assert usual.rates["campaign_click_rate"] == 0.083
    assert usual.own_rate("campaign_open_rate") == 0.2, "40 of 200"
    assert usual.own_rate("delivery_rate") is None
    assert usual.is_beyond("campaign_open_rate") == 0


@pytest.mark.long
def test_what_is_usual_of_rare_campaigns_is_of_a_year_and_an_old_one_is_held_against_it(workspace, sent, question):
    own = sent("own", 100, opened=60, at="2025-01-10T10:00:00Z")
    for name, opened in (("one", 20), ("two", 30), ("three", 70)):
        sent(name, 100, opened=opened, at="2025-11-10T10:00:00Z")
    usual = usual_rates(Ledger(workspace), question(own))
    assert (usual.campaigns, usual.rates["campaign_open_rate"]) == (3, 0.3)
    assert (usual.own_rate("campaign_open_rate"), usual.is_too_early) == (0.6, False)
    sent("four", 100, opened=50, at="2024-10-10T10:00:00Z")
    assert usual_rates(Ledger(workspace), question(own)).campaigns == 3, "more than a year ago"


def test_of_what_is_too_young_only_deliveries_are_held_against_the_usual():
    rates = {"campaign_open_rate": 0.3, "delivery_rate": 0.9}
    young = UsualRates(3, rates, Numbers())
    assert (young.is_too_early, young.known_rate("campaign_open_rate"), young.known_rate("delivery_rate")) == (
        *(True, None),
        0.9,
    )
    assert UsualRates(3, rates, Numbers(delivered=1)).known_rate("campaign_open_rate") == 0.3


@pytest.mark.long
def test_two_campaigns_say_nothing_of_what_is_usual(workspace, sent, question):
    own = sent("own", 100)
    for name in ("one", "two"):
        sent(name, 100)
    usual = usual_rates(Ledger(workspace), question(own))
    assert (usual.campaigns, dict(usual.rates)) == (2, {})


@pytest.mark.long
def test_of_some_people_nothing_is_usual(workspace, sent, question):
    """What others reached of everybody is no measure of some, nor is what the campaign itself did."""
    own = sent("own", 100, opened=60)
    for name in ("one", "two", "three"):
        sent(name, 100, opened=30)
    asked = question(own)
    some = replace(asked, part=Slice(where=parts_of(all_of(Did(EventAct("visit"), AllOf())))))
    assert usual_rates(Ledger(workspace), asked).rates
    assert usual_rates(Ledger(workspace), some) == NOTHING_USUAL


@pytest.mark.long
def test_people_are_apart_by_how_far_they_got(workspace, sent, question):
    own = sent("own", 40, opened=25, clicked=10, bounced=5)
    sent("own", 20, opened=20, at="2026-03-11T10:00:00Z")  # to the first twenty, once more
    sent("other", 50, opened=50, clicked=50)
    groups = campaign_outcomes(Ledger(workspace), question(own))
    assert {outcome: group.people for outcome, group in groups.items()} == {
        HowFar.CLICKED: 10,
        HowFar.OPENED: 15,
        HowFar.DELIVERED: 15,
        HowFar.NOT_DELIVERED: 5,
    }


@pytest.mark.long
def test_only_people_open_unless_all_are_asked_for(workspace, sent, question):
    own = sent("own", 3, opened=2)
    Message.objects.filter(opened_at__isnull=False).update(human_opened_at=None)
    list(rebuild(workspace))
    asked = question(own)
    for opens, opened in ((Opens.HUMAN, 0), (Opens.ALL, 2)):
        groups = campaign_outcomes(Ledger(workspace), replace(asked, opens=opens))
        assert groups[HowFar.OPENED].people == opened
        assert groups[HowFar.DELIVERED].people == 3 - opened


def test_each_group_is_the_list_that_it_opens(workspace, sent, question, now):
    own = sent("own", 40, opened=25, clicked=10, bounced=5)
    for group in campaign_outcomes(Ledger(workspace), question(own)).values():
        listed = PeopleList(conditions=ListConditions(group.condition)).find(workspace, now=now)
        assert listed.total == group.people > 0
