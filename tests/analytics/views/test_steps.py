"""The steps of a funnel on its page: built row by row, under conditions, and opened to lists of people."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from analytics.models import Campaign, SavedFunnel, Variant
from analytics.presentation.steps import step_sentence
from analytics.questions.condition_values import ConditionValues
from analytics.questions.step_texts import StepReader
from tests.analytics.api.test_steps import sale  # noqa: F401  the same shop
from tests.analytics.views.texts import text_of

pytestmark = [
    pytest.mark.usefixtures("now"),
    pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both"),
]


def hrefs(html, *parts):
    found = [unescape(address) for address in re.findall(r'href="([^"]*)"', html)]
    return [address for address in found if all(part in address for part in parts)]


def fields(html, name):
    return [unescape(value) for value in re.findall(rf'name="{name}" value="([^"]*)"', html)]


@pytest.fixture
def steps(sale):  # noqa: F811
    of_sale = f"@{sale.api_id}"
    return [f"message:delivered{of_sale}", f"message:clicked{of_sale}", "visit", "purchase where property.amount>=100"]


@pytest.mark.long
def test_each_step_is_a_sentence_and_opens_to_its_people(api, page, steps):
    html = page("funnel", step=steps, compare="off", opens="all")
    shown = text_of(html)
    assert "1. Got a message of Spring 4 0 100.0%" in shown
    assert "2. Clicked a message of Spring 3 1 75.0%" in shown
    assert "4. purchase where amount is at least 100 1 1 50.0%" in shown
    assert "Most dropped off" not in shown, "one person is chance"
    for address in hrefs(html, "/people/"):
        listed = text_of(api.get(address).text)
        number = re.search(r"(\d+) (?:person|people)", listed)
        assert number, address
    last = text_of(api.get(hrefs(html, "/people/", "step=4", "lostSince=3")[0]).text)
    assert "Reached visit, but not “purchase where amount is at least 100”" in last
    assert "1 person" in last


@pytest.mark.long
def test_bot_clicks_are_excluded_unless_they_are_asked_for(page, steps):
    html = page("funnel", step=steps[:2], compare="off")
    assert "2. Clicked a message of Spring 2 2 50.0%" in text_of(html)
    assert "Exclude bot opens" in html
    assert hrefs(html, "/people/", "human_clicked")
    assert "Exclude bot opens" not in page("funnel", step=["visit"], compare="off")


@pytest.mark.long
def test_rows_say_what_is_done_and_when_it_was_last_seen(page, steps, sale):  # noqa: F811
    html = page("funnel", step=[*steps, "message:sent"], compare="off")
    assert fields(html, "rowName") == [f"Spring ({sale.api_id})", f"Spring ({sale.api_id})", "visit", "purchase", ""]
    assert text_of(html).count("last seen Mon 30 Mar 2026") == 5
    assert "never seen" in page("funnel", steps="visit,never", compare="off")
    assert "Amount is at least 100" in html


def submitted(api, workspace, html, command=None, **changed):
    """Sends the form of the rows, with changes by field and row, by one of its buttons."""
    form = re.search(r'<form class="card steps".*?</form>', html, re.DOTALL)[0]
    acts = [unescape(act) for act in re.findall(r'<option value="([^"]*)" selected>', form)]
    rows = {"rowAct": acts, "rowName": fields(form, "rowName"), "rowWhere": fields(form, "rowWhere")[: len(acts)]}
    for name, values in changed.items():
        for place, value in values.items():
            rows[name][place:] = [value, *rows[name][place + 1 :]]
    carried = {"range": "7d", "compare": "off", "where": fields(form, "where")}
    query = urlencode({**carried, **rows, **pressed(form, command)}, doseq=True)
    response = api.get(f"/w/{workspace.slug}/funnels/steps/?{query}")
    assert response.status_code == 302
    return api.get(response["Location"].removesuffix("#builder")).content.decode()


def pressed(form, label):
    if label is None:
        return {}
    if label.startswith("condition="):
        return dict([label.split("=")])
    name, value = re.search(rf'<button name="(\w+)" value="([^"]*)" aria-label="{label}"', form).groups()
    return {name: value}


@pytest.mark.long
def test_the_form_changes_a_step_and_keeps_the_conditions_that_still_apply(api, page, workspace, steps):
    html = page("funnel", step=steps, compare="off")
    changed = submitted(api, workspace, html, rowName={2: "purchase"}, rowAct={3: "event"})
    assert "3. purchase 2" in text_of(changed)
    assert "4. purchase where amount is at least 100" in text_of(changed)
    changed = submitted(api, workspace, html, rowAct={3: "opened"}, rowName={3: "spring"})
    assert "4. Opened a message of Spring" in text_of(changed)
    assert "at least 100" not in text_of(changed)
    assert "25 – 31 Mar 2026" in text_of(changed)
    assert "campaign" in text_of(submitted(api, workspace, html, rowName={0: "Autumn"}))
    assert "The step &#x27;Autumn&#x27; was left out" in submitted(api, workspace, html, rowName={0: "Autumn"})


@pytest.mark.long
def test_a_variant_can_be_chosen(api, page, workspace, sale):  # noqa: F811
    key = Variant.objects.get(workspace=workspace, name="A").pk
    offer = f"Spring · A ({sale.api_id}/{key})"
    html = page("funnel", step=["message:delivered"], compare="off")
    assert f'<option value="{offer}">' in html
    changed = submitted(api, workspace, html, rowName={0: offer})
    assert "1. Got a message of Spring, variant A 1" in text_of(changed)
    assert fields(changed, "rowName")[0] == offer


@pytest.mark.long
def test_steps_are_moved_and_removed_by_buttons(api, page, workspace, steps):
    html = page("funnel", step=["visit", "purchase where property.amount>=100", "page_view"], compare="off", range="7d")
    assert 'aria-label="Move step 1 up"' not in html
    assert 'aria-label="Move step 3 down"' not in html
    for label in ("Move step 2 up", "Move step 1 down"):
        shown = text_of(submitted(api, workspace, html, label))
        assert "1. purchase where amount is at least 100 1" in shown
        assert "2. visit 0" in shown
    assert "2. page_view" in text_of(submitted(api, workspace, html, "Move step 2 down"))
    assert "2. page_view" in text_of(submitted(api, workspace, html, "Remove step 2"))
    assert "2. visit" in text_of(submitted(api, workspace, html, "Move step 2 up", rowName={2: "typed"}))
    assert "3. typed" in text_of(submitted(api, workspace, html, "Move step 2 up", rowName={2: "typed"}))
    one = page("funnel", step=["visit"], compare="off")
    assert "Remove step" not in one
    for command in ("up=1", "up=7", "remove=x", "without=1-9", "without=", "condition=5"):
        sent = f"/w/{workspace.slug}/funnels/steps/?rowAct=event&rowName=visit&rowWhere=&{command}"
        assert "1. visit 3" in text_of(api.get(sent, follow=True).text)


@pytest.mark.long
def test_a_condition_of_a_step_is_built_with_fields_values_and_counts(api, page, workspace, steps):
    html = page("funnel", step=["visit", "purchase"], compare="off", where="contact.plan:pro")
    built = submitted(api, workspace, html, "condition=2")
    assert "Condition of step 2" in built
    assert "split" not in re.search(r'id="builder".*?</section>', built, re.DOTALL)[0]
    of_amount = api.get(hrefs(built, "filterField=property.amount")[0].removesuffix("#builder")).text
    [chosen] = hrefs(of_amount, "property.amount%3A120")
    assert "2. purchase where amount is 120 1" in text_of(api.get(chosen).text)
    assert "Plan is pro" in api.get(chosen).text, "the page's own filter stays"
    form = {"filterPath": f"/w/{workspace.slug}/reports/funnel/", "filterField": "property.amount", "filterStep": "2"}
    query = {**form, "filterOperator": ">=", "filterValue": "100", "steps": "visit,purchase"}
    added = api.get(f"/w/{workspace.slug}/filter/", query)
    assert "2. purchase where amount is at least 100 1" in text_of(api.get(added["Location"]).text)
    refused = api.get(f"/w/{workspace.slug}/filter/", {**query, "filterStep": "7"}, follow=True)
    assert "The filter was not added" in refused.content.decode()
    assert "filterStep cannot be" in page("funnel", step=["visit"], filterStep="7", filterField="")


@pytest.mark.long
def test_conditions_of_steps_are_taken_away_one_by_one(api, page, workspace, steps):
    html = page("funnel", step=["purchase where property.amount>=10 where property.amount<100"], compare="off")
    assert "1. purchase where amount is at least 10 and amount is less than 100 1" in text_of(html)
    without = submitted(api, workspace, html, "Remove condition of step 1: Amount is less than 100")
    assert "1. purchase where amount is at least 10 2" in text_of(without)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("message:clicked@cmp_999999", "campaigns of this workspace"),
        ("message:lost", "one of sent, delivered"),
        ("purchase where property.nothing:1", "a property that an event has"),
        ("purchase where channel:email", "conditions on events"),
    ],
)
def test_a_step_that_cannot_be_is_left_out_and_told(page, steps, step, told):
    html = page("funnel", step=["visit", step], compare="off")
    assert told in html
    assert "It is left out." in html
    assert "1. visit 3" in text_of(html)
    assert "2. " not in re.search(r"<tbody>.*?</tbody>", html, re.DOTALL)[0]


@pytest.mark.long
def test_filters_on_what_is_entered_by_are_on_messages_where_that_is_one(page, steps):
    html = page("funnel", step=steps[:1], where="channel:email", compare="off", breakdown="channel")
    assert "1. Got a message of Spring 4" in text_of(html)
    assert "Split by channel" in html
    assert "Email 4" in text_of(html)
    told = page("funnel", step=steps[:1], where="property.amount>=100", compare="off", breakdown="utm.source")
    assert "conditions on people and messages" in told
    assert "breakdown cannot be &#x27;utm.source&#x27;; allowed: channel, campaign, variant, domain" in told
    by_campaign = page("funnel", step=steps[:1], compare="off", breakdown="campaign")
    assert "Spring 4" in text_of(by_campaign)


@pytest.mark.long
def test_a_funnel_of_steps_under_conditions_is_saved_and_opened(api, page, workspace, steps, viewer_client):
    html = page("funnel", step=steps, compare="off")
    form = {"name": "Sale", "range": "7d", "step": fields(re.search(r"Save this funnel.*", html, re.DOTALL)[0], "step")}
    saved = api.post(f"/w/{workspace.slug}/funnels/", form, follow=True).content.decode()
    assert "<h1>Sale</h1>" in saved
    assert "4. purchase where amount is at least 100 1" in text_of(saved)
    kept = SavedFunnel.objects.get()
    assert kept.steps[2:] == ["visit", {"did": "purchase", "where": [{"field": "property.amount", "gte": "100"}]}]
    listed = text_of(page("funnel", funnel=kept.api_id, compare="off"))
    assert "Sale Got a message of Spring → Clicked a message of Spring → visit → purchase where amount" in listed
    assert "4. purchase where amount is at least 100 1" in listed
    assert "funnel cannot be" in page("funnel", funnel="fun_999999")
    overview = viewer_client.get(f"/w/{workspace.slug}/reports/overview/").content.decode()
    assert "Got a message of Spring → " in overview


def test_no_address_is_saved_in_a_step(api, workspace, steps):
    form = {"name": "x", "step": ["visit where property.user:ada@example.com"]}
    told = api.post(f"/w/{workspace.slug}/funnels/", form, follow=True).content.decode()
    assert "The funnel was not saved" in told
    assert not SavedFunnel.objects.exists()


def test_a_saved_funnel_whose_campaign_is_gone_shows_the_other_steps(api, workspace, steps, owner):
    gone = {"message": {"status": "sent", "campaign": "cmp_999999"}}
    saved = SavedFunnel.objects.create(workspace=workspace, name="Old", steps=[gone, "visit"])
    html = api.get(f"/w/{workspace.slug}/reports/funnel/{saved.pk}/").content.decode()
    assert "campaigns of this workspace" in html
    assert "1. visit 3" in text_of(html)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("purchase", "purchase"),
        ("purchase where property.amount>=100", "purchase where amount is at least 100"),
        ("message:sent", "Was sent a message"),
        ("message:human_opened@cmp_2", "Personally opened a message of cmp_2"),
        ("message:clicked@cmp_2/7 where channel:email", "Clicked a message of cmp_2, variant 7 where Channel is Email"),
    ],
)
def test_sentences_name_steps(text, sentence):
    assert step_sentence(StepReader(ConditionValues(None)).text(text)) == sentence


@pytest.mark.long
def test_an_unknown_campaign_by_name_is_told(api, workspace, sale):  # noqa: F811
    assert Campaign.objects.filter(workspace=workspace).count() == 2
    rows = {"rowAct": "sent", "rowName": "Nothing", "rowWhere": ""}
    told = api.get(f"/w/{workspace.slug}/funnels/steps/", rows, follow=True).content.decode()
    assert "the name of a campaign, or nothing for any" in told
