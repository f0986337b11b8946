"""The pages of A/B tests: all of them, and one over its own life."""

import re

import pytest

from analytics.models import ABTest, Variant
from tests.analytics.reports.items import contact, event, message
from tests.analytics.views.test_numbers_open import check_cells, check_links
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")

PEOPLE = 120


@pytest.fixture
@copied
def subject(bulk, now, workspace):
    """A is opened by a sixth, B by two thirds of 60 each; a person gets both, and another one unsubscribes."""
    names = [f"u{place}" for place in range(PEOPLE)]
    bulk("contacts", [contact(name, "03-01 09:00") for name in names])
    tests = [{"externalId": "s", "name": "Subject line", "variants": [{"name": "A"}, {"name": "B"}]}]
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": tests}])

    def sent(key, place, variant, opened):
        reached = {"sent": "03-10 09:00", "delivered": "03-10 09:01", **({"clicked": "03-10 10:00"} if opened else {})}
        return message(f"{key}{place}", "03-10 08:00", contact=f"u{place}", abTest="s", variant=variant, **reached)

    opened = {place for place in range(PEOPLE) if (place % 2 and place % 3) or not place % 12}
    bulk("messages", [sent("m", place, "AB"[place % 2], place in opened) for place in range(PEOPLE)])
    bulk("messages", [message("n0", "03-12 08:00", contact="u0", abTest="s", variant="B", sent="03-12 09:00")])
    bulk("message-events", [{"message": "m1", "type": "unsubscribed", "at": "2026-03-11T09:00:00Z"}])
    bulk("events", [event("purchase", f"u{n}", "03-12 09:00", properties={"revenue": n}) for n in range(1, 80)])


@pytest.fixture
def page(api, workspace):
    def get(*, status=200, **query):
        response = api.get(f"/w/{workspace.slug}/reports/experiments/", query)
        assert response.status_code == status
        return response.getvalue().decode()

    return get


@pytest.fixture
def opened(api):
    def get(address, **query):
        response = api.get(address, query)
        assert response.status_code == 200, address
        return response.getvalue().decode("utf-8-sig")

    return get


def key(workspace):
    return ABTest.objects.get(workspace=workspace).api_id


@pytest.mark.long
def test_the_list_says_of_each_test_how_it_stands(page, subject, workspace):
    text = text_of(page())
    assert "Subject line Clicked 120 Decided B is better than A: +" in text
    assert f"?test={key(workspace)}" in page()


def test_tests_of_other_days_are_not_listed(page, subject):
    assert "Subject line" not in page(range="7d")
    assert "Subject line" in page(**{"from": "2026-03-12", "to": "2026-03-13"})


def test_a_test_is_told_over_its_own_life_in_one_sentence(page, subject, workspace):
    text = text_of(page(test=key(workspace)))
    assert "Subject line · Acme" in text
    assert re.search(r"B is better than A: \+\d\d\.\d points \(95% CI \+\d+\.\d to \+\d+\.\d points\)", text)
    assert "One look, once the window is over for everybody." in text
    assert "1 person was given another variant later: only the first one counts." in text
    assert "whatever days are chosen" not in text
    assert "whatever days are chosen" in text_of(page(test=key(workspace), range="7d"))


@pytest.mark.long
@pytest.mark.parametrize(
    "query",
    [
        *({"metric": metric} for metric in ("click", "open", "revenue", "count:purchase")),
        *({"window": days} for days in ("1d", "30d")),
        {"metric": "revenue", "cap": "0.9"},
    ],
)
def test_every_number_of_a_test_leads_to_as_many_people(page, opened, subject, workspace, query):
    html = page(test=key(workspace), **query)
    check_links(opened, html)
    check_cells(html, "retention: means open to nothing")
    assert len(re.findall(r'<a class="opens"', html)) >= (2 if query == {"window": "30d"} else 7)


@pytest.mark.long
def test_whose_money_is_cut_off_and_other_people_to_know_of_are_listed(api, page, opened, subject, workspace):
    shown = text_of(page(test=key(workspace), metric="revenue", cap="0.9"))
    assert "Money of 12 people is cut off." in shown
    assert "Given a variant 120" in shown
    assert "Given another variant later 1" in shown
    assert "Money cut off 12" in shown
    assert "Money cut off" not in text_of(page(test=key(workspace)))
    assert "Window not over yet 120" in text_of(page(test=key(workspace), window="30d"))
    people = opened(f"/w/{workspace.slug}/people/", test=key(workspace), members="cut", goal="revenue", cutAt="0.9")
    assert "u79" in people
    assert "u67" not in people
    report = f"/api/workspaces/{workspace.api_id}/analytics/ab-tests/{key(workspace)}/report"
    cut = api.get(report, {"metric": "revenue", "cap": "0.9", "rows": "true"}).json()["cap"]
    assert (cut["people"], len(api.get(cut["rows"]["people"]).json()["results"])) == (12, 12)
    refused = api.get(f"/api/workspaces/{workspace.api_id}/people", {"test": key(workspace), "cutAt": "0.2"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "cutAt")
    assert "cutAt cannot be" in opened(f"/w/{workspace.slug}/people/", test=key(workspace), cutAt="0.2")


@pytest.mark.long
def test_conditions_on_people_choose_who_counts(page, opened, subject, workspace):
    html = page(test=key(workspace), where="contact.known:true", filter='{"did":"purchase"}')
    assert "79 rows" not in html
    shown = text_of(html)
    assert "Did purchase" in shown, "whom it is of stands above the result"
    assert 'aria-label="Remove filter: Did purchase' in html
    check_links(opened, html)
    assert "39" in text_of(html)


def test_a_sample_ratio_that_is_no_chance_folds_the_result_away(page, subject, workspace):
    Variant.objects.filter(name="B").update(weight=4)
    html = page(test=key(workspace))
    assert "by more than chance" in html
    assert "Show the result all the same" in html


@pytest.mark.long
def test_what_is_not_understood_is_told(page, subject, workspace):
    assert "metric cannot be" in text_of(page(test=key(workspace), metric="luck"))
    assert "window cannot be" in text_of(page(test=key(workspace), window="400d"))
    assert "cap cannot be" in text_of(page(test=key(workspace), cap="2"))
    assert "metric changes nothing on this page." in text_of(page(metric="open"))
    assert "test cannot be" in text_of(page(test="seven"))


def test_there_is_no_page_of_a_test_of_nobody_elses(page, subject, stranger_client, workspace):
    page(test="ab_999999", status=404)
    address = f"/w/{workspace.slug}/reports/experiments/"
    assert stranger_client.get(address, {"test": key(workspace)}).status_code == 404


def test_tables_are_files(api, workspace, subject):
    query = {"test": key(workspace), "format": "csv", "table": "variants"}
    lines = api.get(f"/w/{workspace.slug}/reports/experiments/", query).getvalue().decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Variant,")
    assert [line.partition(",")[0] for line in lines[1:]] == ["A", "B"]


def test_nothing_yet(page, bulk, now):
    bulk("contacts", [contact("ada", "03-01 09:00")])
    assert "No tests" in text_of(page())
