"""The funnel's page by rules: chosen in the form, shown in bars, times and the trend, and kept by saved funnels."""

import re

import pytest

from analytics.models import SavedFunnel
from tests.analytics.reports.items import event
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = [
    pytest.mark.usefixtures("now"),
    pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both"),
]
STEPS = {"steps": "visit,signup"}


@pytest.fixture(autouse=True)
@copied
def acts(bulk):
    """Ada in an hour, Bob in two days, Cy after a refund; Di came yesterday."""
    did = {
        "ada": ["visit 03-10 10:00", "signup 03-10 11:00"],
        "bob": ["visit 03-10 10:00", "signup 03-12 10:00"],
        "cy": ["visit 03-11 10:00", "refund 03-11 11:00", "signup 03-11 12:00"],
        "di": ["visit 03-30 10:00"],
    }
    split = [(who, *text.split(" ", 1)) for who, texts in did.items() for text in texts]
    bulk("events", [event(name, f"?{who}", when, properties={"plan": who[0]}) for who, name, when in split])


def test_a_window_tells_apart_who_may_still_complete(page):
    text = text_of(page("funnel", **STEPS, window="7d"))
    assert "Conversion, window over 100.0%" in text
    assert "3 of 4 people completed the funnel: 100.0% of those whose window is over." in text
    assert "Window not over yet" in text
    assert "Of 3 people who completed it, half took at most 2 h, nine of ten 2 d." in text
    assert "3 of 3 people who entered until Mon 23 Mar 2026 completed it: 100.0%." in text


@pytest.mark.long
def test_without_rules_times_and_the_trend_are_shown_as_well(page):
    shown = page("funnel", **STEPS)
    text = text_of(shown)
    assert "Overall conversion 75.0%" in text
    assert "Time to complete" in text
    assert "not over yet" not in text
    assert "1 hour to 6 hours" in text
    assert 'data-chart="reached"' in shown
    assert 'data-chart="maturing"' in page("funnel", **STEPS, window="7d")


def test_bins_and_times_open_to_their_people(page):
    shown = page("funnel", **STEPS, window="7d")
    for part in ("entrants=mature", "entrants=young", "tookSince=1", "tookBelow=21600", "enteredFrom=2026-03-10"):
        assert part in shown


def test_rules_are_chosen_in_the_form_and_stand_in_the_address(api, workspace):
    path = f"/w/{workspace.slug}/funnels/steps/"
    rows = {"rowAct": ["event", "event"], "rowName": ["visit", "signup"], "rowWhere": ["", ""]}
    exclusions = {"excludeWhat": ["refund", "share", ""], "excludeBetween": ["1-2", "", "1-2"]}
    chosen = api.get(path, {**rows, "window": "7d", "order": "strict", **exclusions})
    assert chosen["Location"].endswith(
        "?window=7d&order=strict&exclude=refund%401-2&exclude=share&steps=visit%2Csignup"
    )
    usual = api.get(path, {**rows, "window": "none", "order": "ordered", "excludeWhat": [""], "excludeBetween": [""]})
    assert usual["Location"].endswith("?steps=visit%2Csignup")
    shown = api.get(chosen["Location"]).content.decode()
    assert '<option value="7d" selected>Within 7 days of the first step</option>' in shown
    assert '<option value="strict" selected>' in shown
    first, second, another = re.findall(
        r'name="excludeWhat" value="(\w*)".*?</label>\s*<select(.*?)</select>', shown, re.DOTALL
    )
    assert [what for what, _ in (first, second, another)] == ["refund", "share", ""]
    assert '<option value="1-2" selected>between steps 1 and 2</option>' in first[1]
    assert '<option value="" selected>anywhere between the steps</option>' in second[1]
    assert 'data-chart="maturing"' in shown


def test_steps_may_be_any_of_several_or_signing_up(api, workspace):
    path = f"/w/{workspace.slug}/funnels/steps/"
    rows = {"rowAct": ["either", "signup", "event"], "rowName": ["visit|refund", "", ""], "rowWhere": ["", "", ""]}
    chosen = api.get(path, rows)["Location"]
    assert chosen.endswith("?step=visit%7Crefund&step=contact%3Asignup")
    shown = api.get(chosen).content.decode()
    assert '<option value="either" selected>' in shown
    assert '<option value="signup" selected>' in shown
    text = text_of(shown)
    assert "1. visit or refund" in text
    assert "2. Signed up as a contact" in text


def test_what_is_no_rule_is_left_out_with_a_notice(page):
    text = text_of(page("funnel", **STEPS, window="1y", order="odd", exclude="signup@2-1"))
    for name in ("window", "order", "exclude"):
        assert f"{name} cannot be" in text


def test_groups_tell_their_difference_to_the_others(page):
    text = text_of(page("funnel", **STEPS, window="7d", breakdown="property.plan"))
    assert "Difference to the others" in text


@pytest.mark.long
def test_a_saved_funnel_keeps_its_rules(api, workspace):
    path, report = f"/w/{workspace.slug}/funnels/", f"/w/{workspace.slug}/reports/funnel/"
    post = {"name": "Signup", "range": "30d", **STEPS, "window": "14d", "order": "any"}
    api.post(path, post)
    saved = SavedFunnel.objects.get(workspace=workspace)
    assert saved.rules == {"window": "14d", "order": "any"}
    shown = api.get(f"{report}{saved.pk}/").content.decode()
    assert '<option value="14d" selected>' in shown
    plain = api.get(f"{report}{saved.pk}/", {"window": "none", "order": "ordered"}).content.decode()
    assert 'data-chart="reached"' in plain
    by_key = api.get(report, {"funnel": saved.api_id}).content.decode()
    assert '<option value="14d" selected>' in by_key
    refused = api.post(path, {**post, "name": "Other", "window": "1s"}, follow=True)
    assert "window cannot be" in refused.content.decode()
