"""Rates of exchange over the API: written one by one and in bulk, listed, deleted; what is refused; and by command."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.test import Client

from analytics.ingest import rates as taking
from analytics.models import ExchangeRate
from analytics.models.rates import rates_of_days
from tests.conftest import post_json
from workspaces.changes import create_key
from workspaces.models import AuditEvent, KeyKind
from workspaces.roles import Right

RATE = {"day": "2026-03-01", "from": "EUR", "to": "USD", "rate": "1.0845"}


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/rates"


def patch(client, address, body, **headers):
    return client.patch(address, json.dumps(body), content_type="application/json", headers=headers or None)


def line():
    event = AuditEvent.objects.latest("id")
    return event.action, event.before, event.after


def test_a_rate_is_made_shown_changed_and_deleted(api, url, owner):
    made = post_json(api, url, RATE)
    [row] = ExchangeRate.objects.all()
    assert (made.status_code, made["Location"], made.json()) == (201, f"{url}/{row.api_id}", {"id": row.api_id, **RATE})
    assert line() == ("rates_stated", {}, {"EUR to USD on 2026-03-01": "1.0845"})
    assert AuditEvent.objects.latest("id").actor == owner

    again = post_json(api, url, {**RATE, "rate": 1.09})
    assert (again.status_code, again.json()["id"], again.json()["rate"]) == (200, row.api_id, "1.09")
    assert line() == ("rates_stated", {"EUR to USD on 2026-03-01": "1.0845"}, {"EUR to USD on 2026-03-01": "1.09"})

    changed = patch(api, f"{url}/{row.api_id}", {"rate": "1.1"})
    assert (changed.status_code, changed.json()["rate"]) == (200, "1.1")
    assert api.get(f"{url}/{row.api_id}").json() == changed.json()
    assert patch(api, f"{url}/{row.api_id}", {"rate": "2"}, **{"If-Match": made["ETag"]}).status_code == 412

    assert api.delete(f"{url}/{row.api_id}").status_code == 204
    assert line() == ("rate_deleted", {"EUR to USD on 2026-03-01": "1.1"}, {})
    assert api.get(f"{url}/{row.api_id}").status_code == api.delete(f"{url}/{row.api_id}").status_code == 404


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ("1.0845", "1.0845"),
        (" 1.50 ", "1.5"),
        (1, "1"),
        (0.1, "0.1"),
        ("1e3", "1000"),
        ("0.000000000000001", "0.000000000000001"),
        ("999999999999999", "999999999999999"),
        ("1.50000000000000000000", "1.5"),
        ("123456789.123456", "123456789.123456"),
    ],
)
def test_a_rate_is_exact(api, url, stated, shown):
    assert post_json(api, url, {**RATE, "rate": stated}).json()["rate"] == shown
    assert ExchangeRate.objects.get().rate == Decimal(shown)
    assert post_json(api, url, {**RATE, "rate": shown}).status_code == 200
    assert AuditEvent.objects.filter(action="rates_stated").count() == 1, "the same again changes nothing"


REFUSED = [
    ({"day": None}, "missing_day", "day"),
    ({"day": "1 March"}, "invalid_day", "day"),
    ({"day": "2026-02-30"}, "invalid_day", "day"),
    ({"day": "2026-W01-1"}, "invalid_day", "day"),
    ({"day": "1969-12-31"}, "invalid_day", "day"),
    ({"day": "2026-03-01T00:00:00Z"}, "invalid_day", "day"),
    ({"from": ""}, "missing_from", "from"),
    ({"from": "Euro"}, "invalid_from", "from"),
    ({"from": "XXX"}, "invalid_from", "from"),
    ({"to": "DOL"}, "invalid_to", "to"),
    ({"to": "eur"}, "invalid_to", "to"),
    ({"to": 978}, "invalid_to", "to"),
    ({"rate": None}, "missing_rate", "rate"),
    ({"rate": ""}, "missing_rate", "rate"),
    ({"rate": 0}, "invalid_rate", "rate"),
    ({"rate": -1}, "invalid_rate", "rate"),
    ({"rate": True}, "invalid_rate", "rate"),
    ({"rate": "1,0845"}, "invalid_rate", "rate"),
    ({"rate": "many"}, "invalid_rate", "rate"),
    ({"rate": [1]}, "invalid_rate", "rate"),
    ({"rate": "1e15"}, "invalid_rate", "rate"),
    ({"rate": "1e300"}, "invalid_rate", "rate"),
    ({"rate": "1e-16"}, "invalid_rate", "rate"),
    ({"rate": "1.123456789012345"}, "invalid_rate", "rate"),
    ({"rate": "0.0000000000000012"}, "invalid_rate", "rate"),
]


@pytest.mark.parametrize(("wrong", "code", "field"), REFUSED)
def test_what_is_no_rate_is_refused_and_says_what_is_allowed(api, url, wrong, code, field):
    refused = post_json(api, url, {**RATE, **wrong})
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert list(refused.json()["fields"]) == [field]
    in_bulk = post_json(api, f"{url}/bulk", {"items": [{**RATE, **wrong}]}).json()
    assert [remark["code"] for remark in in_bulk["rejected"]] == [code]
    assert not ExchangeRate.objects.exists()


def test_an_unknown_field_is_refused(api, url):
    assert post_json(api, url, {**RATE, "source": "ECB"}).json()["code"] == "unknown_field"


@pytest.mark.parametrize("change", [{"day": "2026-03-02"}, {"from": "GBP"}, {"to": "GBP"}])
def test_of_a_rate_its_day_and_currencies_stay(api, url, change):
    row = post_json(api, url, RATE).json()
    refused = patch(api, f"{url}/{row['id']}", change)
    assert (refused.status_code, refused.json()["code"]) == (400, f"fixed_{next(iter(change))}")
    assert patch(api, f"{url}/{row['id']}", {"rate": None}).status_code == 400
    assert patch(api, f"{url}/{row['id']}", {"day": RATE["day"], "rate": "2"}).json()["rate"] == "2"


def test_many_are_taken_each_for_itself(api, url, owner):
    post_json(api, url, RATE)
    items = [
        {**RATE, "rate": "1.09"},
        RATE | {"day": "2026-03-02"},
        RATE | {"day": "2026-03-02"},
        RATE | {"day": "2026-03-03", "rate": 0},
        RATE | {"from": "usd", "to": "eur"},
        7,
    ]
    answer = post_json(api, f"{url}/bulk", {"items": items}).json()
    assert {name: answer[name] for name in ("accepted", "updated", "duplicates")} == {
        "accepted": 2, "updated": 1, "duplicates": 1,
    }  # fmt: skip
    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [
        (3, "invalid_rate"),
        (5, "invalid_item"),
    ]
    after = {"new": 2, "changed": 1, "first day": "2026-03-01", "last day": "2026-03-02"}
    assert line() == ("rates_stated", {}, after)
    assert AuditEvent.objects.latest("id").actor == owner


def test_there_is_an_end_to_how_many_there_can_be(api, url, monkeypatch):
    monkeypatch.setattr(taking, "MAX_RATES", 2)
    items = [RATE | {"day": f"2026-03-{day:02}"} for day in range(1, 5)]
    answer = post_json(api, f"{url}/bulk", {"items": items}).json()
    assert (answer["accepted"], [remark["code"] for remark in answer["rejected"]]) == (2, ["too_many_rates"] * 2)
    assert post_json(api, url, RATE | {"rate": "3"}).status_code == 200, "what is there can change"


def test_the_number_of_queries_does_not_grow_with_the_rates(
    api, url, workspace, owner, now, django_assert_max_num_queries
):
    items = [RATE | {"day": str(date.fromordinal(date(2026, 1, 1).toordinal() + n))} for n in range(500)]
    with django_assert_max_num_queries(14):
        taking.take_rates(workspace, items, received_at=now, by=owner)
    with django_assert_max_num_queries(14):
        taking.take_rates(workspace, [item | {"rate": 2} for item in items], received_at=now, by=owner)
    assert ExchangeRate.objects.filter(digits=2).count() == 500


@pytest.fixture
def some_rates(api, url):
    items = [
        RATE,
        RATE | {"day": "2026-03-03", "rate": "1.1"},
        {"day": "2026-03-02", "from": "GBP", "to": "JPY", "rate": "190"},
    ]
    post_json(api, f"{url}/bulk", {"items": items})
    return items


def test_they_are_listed_newest_first_by_day_and_currency(api, url, some_rates):
    def days(**query):
        return [row["day"] for row in api.get(url, query).json()["results"]]

    assert days() == ["2026-03-03", "2026-03-02", "2026-03-01"]
    assert days(ordering="day") == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert days(dayFrom="2026-03-02") == ["2026-03-03", "2026-03-02"]
    assert days(dayBefore="2026-03-02") == ["2026-03-01"]
    assert days(currency="jpy") == ["2026-03-02"]
    assert days(currency="EUR", dayFrom="2026-03-02") == ["2026-03-03"]
    refused = api.get(url, {"dayFrom": "March"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "dayFrom")


def test_pages_lead_on(api, url, some_rates):
    first = api.get(url, {"pageSize": 2}).json()
    second = api.get(first["next"]).json()
    assert [row["day"] for row in (*first["results"], *second["results"])] == ["2026-03-03", "2026-03-02", "2026-03-01"]
    assert second["next"] is None


def test_their_file_can_be_imported_again(api, url, workspace, some_rates, tmp_path, capsys):
    file = api.get(f"{url}.csv").getvalue()
    assert file.decode().splitlines()[0] == "id,day,from,to,rate"
    path = tmp_path / "rates.csv"
    path.write_bytes(file.replace(b"190", b"191"))
    ExchangeRate.objects.filter(source="EUR").delete()
    call_command("import", "rates", str(path), workspace=workspace.api_id)
    shown = {(row["day"], row["from"]): row["rate"] for row in api.get(url).json()["results"]}
    assert shown == {("2026-03-01", "EUR"): "1.0845", ("2026-03-02", "GBP"): "191", ("2026-03-03", "EUR"): "1.1"}


def test_a_key_needs_a_scope(workspace, owner, url):
    for scopes, status in (((Right.READ,), 403), ((Right.READ, Right.CURATE), 403), ((Right.WRITE,), 201)):
        _, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="k", by=owner, scopes=scopes)
        client = Client(headers={"Authorization": f"Bearer {token}"})
        assert post_json(client, url, RATE).status_code == status
    assert AuditEvent.objects.latest("id").actor_name.startswith("sk_")


def test_rates_of_another_workspace_are_not_there(stranger_client, stranger, api, url, workspace, some_rates):
    elsewhere = stranger.memberships.get().workspace
    there = f"/api/workspaces/{elsewhere.api_id}/rates"
    row = api.get(url).json()["results"][0]["id"]
    assert stranger_client.get(url).status_code == 404
    assert stranger_client.get(there).json()["results"] == []
    for answer in (
        stranger_client.get(f"{there}/{row}"),
        patch(stranger_client, f"{there}/{row}", {"rate": "9"}),
        stranger_client.delete(f"{there}/{row}"),
    ):
        assert answer.status_code == 404
    assert post_json(stranger_client, there, RATE).status_code == 201
    assert ExchangeRate.objects.filter(workspace=workspace).count() == 3


def test_those_of_some_days_are_loaded_with_the_week_before(workspace, some_rates, django_assert_num_queries):
    with django_assert_num_queries(1):
        rates = rates_of_days(workspace.pk, date(2026, 3, 8), date(2026, 3, 9))
    assert rates.converted_units(100, "EUR", "USD", date(2026, 3, 8)) == 110
    assert rates.converted_units(110, "USD", "EUR", date(2026, 3, 10)) == 100
    assert rates.converted_units(100, "EUR", "USD", date(2026, 3, 11)) is None
    assert rates_of_days(workspace.pk, date(2026, 2, 1), date(2026, 2, 28)).by_pair == {}
