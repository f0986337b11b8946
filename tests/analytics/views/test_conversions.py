"""The page of conversions: what credit opens to, with the path of each and the share of every touch."""

import csv
from io import StringIO

import pytest

from tests.analytics.reports.items import contact, event
from tests.analytics.reports.test_credit_money import LETTER, SEARCH, sold
from tests.analytics.views.texts import text_of

pytestmark = pytest.mark.either_database("lists are held to recounts on each")


@pytest.fixture
def conversions(api, workspace, bulk, now):
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob")])
    bulk(
        "events",
        [
            event("visit", "ada", "03-10 09:00", utm=SEARCH),
            event("visit", "ada", "03-20 09:00", utm=LETTER),
            sold("ada", "03-21 09:00", revenue=10, currency="EUR"),
            sold("bob", "03-22 09:00", revenue=5, currency="CHF"),
        ],
    )

    def get(**query):
        response = api.get(f"/w/{workspace.slug}/conversions/", query)
        assert response.status_code == 200
        return response

    return get


def test_each_has_its_path(conversions):
    text = text_of(conversions(model="linear").content.decode())
    assert "2 conversions" in text
    assert "google / cpc / sale (50.0%) › letter / email / spring (50.0%)" in text
    assert "direct / unknown" in text
    assert "10.00 EUR" in text
    assert "5.00 CHF" in text


@pytest.mark.parametrize(
    ("query", "number", "chip"),
    [
        ({"credited": "1"}, 1, "With a touch"),
        ({"credited": "0"}, 1, "Without a touch"),
        ({"touch": "utm", "touchSource": "google"}, 1, "Visit: google"),
        ({"touchCampaign": ""}, 0, "Touch: (not set)"),
        ({"min": "2"}, 1, "2 to any number of touches"),
        ({"oncePerPerson": "1"}, 2, "The newest of each person"),
        ({"withoutAmount": "1"}, 0, "Orders without an amount"),
        ({"path": "0123456789abcdef"}, 0, "On one path"),
    ],
)
def test_what_is_chosen_is_a_chip_that_can_be_taken_away(conversions, query, number, chip):
    response = conversions(**query)
    assert chip in text_of(response.content.decode())
    said = f"{number} conversion" if number else "No conversions match"
    assert said in text_of(response.content.decode())


def test_what_is_not_understood_is_told(conversions):
    assert "model cannot be" in text_of(conversions(model="best").content.decode())


def test_the_file_has_a_row_for_each(conversions):
    content = b"".join(conversions(format="csv", model="first").streaming_content).decode().removeprefix("\ufeff")
    bob, ada = csv.DictReader(StringIO(content))
    assert (ada["Credit"], ada["Credited revenue"], bob["Revenue"]) == ("1.0", "10.00 EUR", "5.00 CHF")
