"""Share links: one saved question for who has the address, and nothing else of the workspace."""

import csv
import json
import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl

import pytest
from django.core.cache import caches
from django.test import Client

from analytics.api.questions.forms import FORMS, read_report
from analytics.api.questions.locks import locks_data, read_locks
from analytics.api.questions.reading import Asking
from analytics.api.questions.texts import whole_text
from analytics.models import SavedQuestion, SavedSegment, ShareLink
from analytics.questions.saved import QuestionText
from analytics.saved_questions import save_question
from analytics.share_links import create_link, revoke_link
from campaignos.errors import ParameterError
from campaignos.limits import Limit
from tests.analytics.shop import fill_shop
from tests.analytics.views.everything import everything
from tests.analytics.views.texts import text_of
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.models import AuditEvent
from workspaces.scope import scope

pytestmark = pytest.mark.either_database("what a link shows is what its report answers, which is asked of both")

ASKED = {
    "funnel": {"steps": "visit,purchase"},
    "attribution": {"view": "credit"},
    "why": {"metric": "events"},
    "timeseries": {"metric": "events"},
}
"""What reports need to be asked."""


@pytest.fixture
@copied
def shop(bulk, now):
    fill_shop(bulk)


@pytest.fixture(autouse=True)
def openings(now):
    caches["process"].clear()


@pytest.fixture
def ask(workspace, owner, now):
    def save(report="overview", **parameters):
        with scope(workspace):
            text = QuestionText(report, {**ASKED.get(report, {}), **parameters})
            whole = whole_text(text, read_report(text, Asking(workspace, now)))
            name = f"{report} {SavedQuestion.objects.count()}"
            return save_question(workspace=workspace, name=name, text=whole, by=owner)

    return save


@pytest.fixture
def share(ask, workspace, owner, now):
    """The address of a new link to a question."""

    def make(question=None, *, lives=timedelta(days=30), locks=None, **options):
        question = question or ask()
        with scope(workspace):
            kept = locks_data(read_locks(locks or {}, workspace))
        _, token = create_link(question=question, by=owner, expires_at=now + lives, locks=kept, **options)
        return f"/shared/{token}/"

    return make


def shown(address, client=None, **query):
    answer = (client or Client()).get(address, query)
    assert answer.status_code == 200, answer.content
    return answer.text


def test_whoever_has_the_link_sees_the_question_and_its_members_see_no_more(
    share, shop, api, viewer_client, stranger_client
):
    address = share()
    pages = {shown(address, client) for client in (Client(), api, viewer_client, stranger_client)}
    assert len(pages) == 1
    text = text_of(pages.pop())
    assert "overview 0" in text
    assert "Delivered" in text
    assert "as of 31 Mar 2026, 14:00" in text


@pytest.mark.parametrize("report", [*FORMS])
def test_nothing_of_a_link_leads_into_the_workspace(share, ask, shop, workspace, report, bulk):
    bulk("campaigns", [{"externalId": "welcome", "name": "For ada@example.com"}])
    html = shown(share(ask(report)))
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', html)
    outward = [one for one in addresses if not re.match(r"/static/|#|/help/metrics/#|\?format=csv&amp;table=", one)]
    assert outward == []
    assert "/w/" not in html
    assert workspace.slug not in html
    assert "ada@example.com" not in html


@pytest.mark.long
@pytest.mark.parametrize("report", [*FORMS])
def test_no_parameter_shows_anything_else(share, ask, shop, workspace, api, report):
    address, values = share(ask(report)), everything(workspace)
    expected, table = shown(address), values.pop("table")
    assert values.pop("format") == "csv", "which shows a table: see below"
    for name in {*values} & {*FORMS[report].parameters, "sort", "page"}:
        assert shown(address, **{name: values[name]}) == expected, name
    others = {name: value for name, value in values.items() if name not in FORMS[report].parameters}
    assert shown(address, **others) == expected
    assert shown(address, api, **values) == expected
    assert shown(address, api, **values, table=table) == expected
    posted = Client().post(f"{address}?range=7d", values)
    assert (posted.status_code, posted["Location"]) == (302, address)


@pytest.mark.long
def test_where_days_may_be_chosen_nothing_but_days_may_be(share, ask, shop, workspace):
    locks = {"where": ["channel:push"]}
    address = share(ask("timeseries", metric="messages_total"), locks=locks, may_choose_days=True)
    other_days = shown(address, range="lastmonth")
    assert other_days != shown(address)
    of_files = ("format", "table")
    days = ("range", "from", "to", *of_files)
    values = {name: value for name, value in everything(workspace).items() if name not in days}
    for name in {*values} & {*FORMS["timeseries"].parameters}:
        assert shown(address, **{name: values[name], "range": "lastmonth"}) == other_days, name
    assert shown(address, **values, range="lastmonth") == other_days
    assert "has days that cannot be read" in shown(address, range="sometimes")


def files_of(address, client=None, **query):
    """The lines of each file that the page leads to, by the table's key, and what is asked beside."""
    client, answers = client or Client(), {}
    for found in re.findall(r'href="\?([^"]*format=csv[^"]*)"', shown(address, client, **query)):
        asked = dict(parse_qsl(unescape(found)))
        answer = client.get(address, {**query, **asked})
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8"), asked
        assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        answers[asked["table"]] = [*csv.reader(b"".join(answer).decode("utf-8-sig").splitlines())]
    return answers


def test_a_table_is_there_as_a_file_with_all_of_its_rows(share, ask, shop, workspace, api):
    question = ask("timeseries", metric="events", range="91d", interval="day", compare="off")
    address = share(question)
    [(heads, *lines)] = files_of(address).values()
    assert (heads, len(lines)) == (["Day", "Events"], 91)
    inside = api.get(
        f"/w/{workspace.slug}/reports/timeseries/", {**question.parameters, "format": "csv", "table": "days"}
    )
    assert [*csv.reader(b"".join(inside).decode("utf-8-sig").splitlines())] == [heads, *lines]
    assert (
        'filename="timeseries-0-days.csv"'
        in Client().get(address, {"format": "csv", "table": "days"})["Content-Disposition"]
    )


@pytest.mark.long
@pytest.mark.parametrize("report", [*FORMS])
def test_files_are_of_tables_that_are_shown_and_say_nothing_more(share, ask, shop, workspace, report, bulk):
    bulk("campaigns", [{"externalId": "welcome", "name": "For ada@example.com, +44 20 7946 0000"}])
    address = share(ask(report))
    html = shown(address)
    for key, (heads, *lines) in files_of(address).items():
        assert f'id="{key}"' in html
        assert lines, key
        whole = json.dumps([heads, lines])
        assert "ada@example.com" not in whole
        assert "7946" not in whole
        assert not re.search(r"\b(?:ct|per|msg|usr|cmp)_[0-9a-f]", whole)
        table, *_ = re.findall(rf'<table id="{key}".*?</table>', html, re.DOTALL)
        drawn = [unescape(one) for one in re.findall(r'<th scope="col"[^>]*data-label="([^"]*)"', table)]
        assert len(heads) >= len(drawn), (heads, drawn)


@pytest.mark.long
def test_no_parameter_and_no_role_change_a_file(share, ask, shop, workspace, api, viewer_client, stranger_client):
    address, values = share(ask("timeseries", metric="events")), everything(workspace)
    of_table = {"format": values.pop("format"), "table": values.pop("table")}
    expected = b"".join(Client().get(address, of_table))
    assert expected.count(b"\r\n") > 28
    for client in (Client(), api, viewer_client, stranger_client):
        assert b"".join(client.get(address, {**values, **of_table})) == expected
    for name in {*values} & {*FORMS["timeseries"].parameters, "sort", "page"}:
        assert b"".join(Client().get(address, {name: values[name], **of_table})) == expected, name


def test_no_file_is_of_what_is_not_shown(share, ask, shop, workspace):
    address = share(ask("timeseries", metric="events"))
    for table in ("", "days2", "contacts", "people", "tile0-days"):
        assert Client().get(address, {"format": "csv", "table": table}).status_code == 404
    assert Client().get(address, {"format": "csv"}).status_code == 404
    assert shown(address, format="xlsx", table="days") == shown(address)
    closed = share(ask("timeseries", metric="events"), password="correct horse")
    assert "asks for a password" in shown(closed, format="csv", table="days")


def test_a_file_is_of_the_days_of_its_page(share, ask, shop):
    question = ask("timeseries", metric="events", range="28d", interval="day", compare="off")
    address = share(question, may_choose_days=True)
    assert len(files_of(address)["days"]) == 29
    assert len(files_of(address, range="7d")["days"]) == 8
    refused = Client().get(address, {"range": "sometimes", "format": "csv", "table": "days"})
    assert refused.status_code == 404
    assert 'href="?format=csv&amp;table=days"' in shown(address, range="sometimes")


def test_locks_and_rounding_hold_for_files(share, ask, shop):
    def numbers(address):
        return [line[1:] for line in files_of(address)["days"][1:]]

    question = ask("timeseries", metric="messages_total", compare="off", interval="week")
    exact, locked = numbers(share(question)), numbers(share(question, locks={"where": ["channel:push"]}))
    assert sum(int(line[0]) for line in exact) > sum(int(line[0]) for line in locked) > 0
    rounded = [cell for line in numbers(share(question, is_rounded=True)) for cell in line if cell]
    assert rounded
    assert {int(cell) % 10 for cell in rounded} == {0}


def test_a_lock_holds_whatever_the_question_asks_later(share, ask, shop, workspace, owner, now):
    everybody, locked = ask("timeseries", metric="messages_total"), ask("timeseries", metric="messages_total")
    assert "13" in text_of(shown(share(everybody)))
    address = share(locked, locks={"where": ["channel:push"]})
    assert re.search(r"Messages[^.]*? 2 ", text_of(shown(address)))
    SavedQuestion.objects.filter(pk=locked.pk).update(parameters={"metric": "messages_total", "where": "channel:email"})
    assert re.search(r"Messages[^.]*? 0 ", text_of(shown(address)))


def test_health_of_a_list_is_not_shown_under_a_lock_on_messages(api, workspace, ask, share, shop):
    """Its list has no campaigns and channels: it would be shown of everybody."""
    question, url = ask("health"), f"/api/workspaces/{workspace.api_id}/share-links"
    refused = post_json(api, url, {"question": question.api_id, "locks": {"where": ["channel:push"]}})
    assert refused.json()["fields"]["locks"] == ["lock cannot be 'channel:push'; allowed: conditions on people."]
    address = share(question, locks={"where": ["channel:push"]})
    assert Client().get(address).status_code == 404
    assert "People on the list" in shown(share(question, locks={"where": ["contact.known:true"]}))


def test_names_of_segments_that_nobody_asked_for_stay_inside(api, workspace, ask, share, shop):
    segment = SavedSegment.objects.create(workspace=workspace, name="Secretly rich", condition="contact.known:true")
    inside = api.get(f"/w/{workspace.slug}/reports/why/", {"metric": "events"}).text
    assert "Secretly rich" in inside
    assert "Secretly rich" not in shown(share(ask("why")))
    assert "Secretly rich" in shown(share(ask("why", breakdown=f"segment:{segment.api_id}")))


def test_a_lock_that_names_what_is_gone_shows_nothing(share, ask, shop, workspace):
    segment = SavedSegment.objects.create(workspace=workspace, name="S", condition="contact.known:true")
    address = share(ask(), locks={"segment": [segment.api_id]})
    assert shown(address)
    segment.delete()
    assert Client().get(address).status_code == 404


def test_a_lock_under_which_the_report_cannot_be_asked_makes_no_link(api, workspace, ask, shop):
    url, question = f"/api/workspaces/{workspace.api_id}/share-links", ask("ltv")
    answer = post_json(api, url, {"question": question.api_id, "locks": {"where": ["channel:push"]}})
    assert answer.status_code == 400
    assert "lock cannot be" in answer.json()["fields"]["locks"][0]
    assert not ShareLink.objects.exists()


def test_a_link_ends_to_the_second_and_at_once_when_revoked(share, shop, owner, time_machine, now):
    address = share(lives=timedelta(seconds=90))
    time_machine.move_to(now + timedelta(seconds=89, microseconds=999_999), tick=False)
    assert Client().get(address).status_code == 200
    time_machine.move_to(now + timedelta(seconds=90), tick=False)
    assert Client().get(address).status_code == 404
    time_machine.move_to(now, tick=False)
    assert Client().get(address).status_code == 200
    revoke_link(link=ShareLink.objects.get(), by=owner)
    assert Client().get(address).status_code == 404
    gone = Client().get("/shared/nothing/")
    assert (gone.status_code, gone.text) == (404, Client().get(address).text)
    assert "It has expired, was revoked, or its address is not complete." in text_of(gone.text)
    assert Client().get(f"/shared/9{address.removeprefix('/shared/')}").status_code == 404
    assert Client().get(f"/shared/{'x' * 5000}/").status_code == 404


def test_its_token_is_kept_as_a_hash_of_128_bits(share, shop):
    _, _, token = share().split("/")[2].partition("-")
    assert len(token) == 22
    kept = json.dumps([*ShareLink.objects.values_list("digest", "password", "locks", "name")])
    assert token not in kept
    assert token not in json.dumps([*AuditEvent.objects.values_list("after", "before", "target")])


def test_no_search_engine_keeps_it_and_only_named_origins_frame_it(share, shop):
    answer = Client().get(share())
    assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    framed = Client().get(share(origins=["https://intranet.example"]))
    assert "X-Frame-Options" not in framed
    policy = framed["Content-Security-Policy"]
    assert "frame-ancestors https://intranet.example;" in f"{policy};"
    assert "report-uri" not in policy
    assert "script-src 'self'" in policy


def test_a_password_is_asked_for_before_anything_is_shown(share, shop):
    address, client = share(password="correct horse"), Client()
    first = client.get(address)
    assert first.status_code == 200
    assert "asks for a password" in first.text
    assert "overview" not in first.text
    wrong = client.post(address, {"password": "wrong horse"})
    assert (wrong.status_code, "The password is wrong." in wrong.text) == (403, True)
    right = client.post(address, {"password": "correct horse"})
    assert (right.status_code, right["Location"]) == (302, address)
    assert "overview 0" in shown(address, client)
    assert "asks for a password" in shown(address)
    other = share(password="battery staple")
    assert "asks for a password" in shown(other, client), "the one link's password opens no other"
    assert "horse" not in ShareLink.objects.order_by("pk").first().password


def test_guesses_are_few_and_openings_not_endless(share, shop, now):
    address, client = share(password="correct horse"), Client()
    statuses = [client.post(address, {"password": "wrong"}).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]
    assert {client.get(address).status_code for _ in range(120)} == {200, 429}


def test_guesses_from_very_many_networks_are_slowed_down_for_each_link(share, shop, monkeypatch):
    monkeypatch.setattr("analytics.views.shared.PASSWORDS_OF_LINK", Limit("of-link", times=3, seconds=3600))
    address, other, known = share(password="correct horse"), share(password="battery staple"), Client()
    known.post(address, {"password": "correct horse"})
    statuses = [
        Client(REMOTE_ADDR=f"192.0.2.{number}").post(address, {"password": "wrong"}).status_code for number in range(3)
    ]
    assert statuses == [403, 403, 429]
    assert "asks for a password" not in shown(address, known), "who is in stays in"
    assert Client().post(other, {"password": "battery staple"}).status_code == 302


def test_views_are_counted(share, shop, now):
    address = share()
    for _ in range(3):
        shown(address)
    Client().head(address)
    assert ShareLink.objects.values_list("views", "last_viewed_at").get() == (3, now)


def test_a_long_table_shows_its_newest_rows_and_says_of_how_many(share, ask, shop):
    text = text_of(shown(share(ask("timeseries", metric="events", range="91d", interval="day"))))
    assert "the newest 50 of 91 rows" in text
    assert "Tue 31 Mar 2026" in text
    assert "31 Dec 2025" not in text.partition("Wed 10 Feb")[2]


def test_rounded_numbers_are_of_ten_and_more(share, ask, shop):
    question = ask("timeseries", metric="messages_total", compare="off", interval="week")
    exact, rounded = (shown(share(question, is_rounded=given)) for given in (False, True))
    assert "Messages 13 " in text_of(exact)
    assert "Messages 10 " in text_of(rounded)
    assert "Numbers are rounded to tens" in rounded
    in_cells = [*map(int, filter(None, re.findall(r'data-value="([^"]*)"', rounded)))]
    assert sum(map(bool, in_cells))
    assert not [number for number in in_cells if number % 10]
    assert "peaked" not in rounded


def test_the_settings_make_list_and_revoke_links(api, viewer_client, workspace, ask, shop):
    question = ask()
    page = f"/w/{workspace.slug}/settings/links/"
    assert viewer_client.get(page).status_code == 403
    form = {"question": question.api_id, "name": "Agency", "where": "channel:push", "is_rounded": "on"}
    made = api.post(page, form)
    assert made.status_code == 200, text_of(made.text)
    [address] = re.findall(r'value="(http://testserver/shared/[^"]+)"', made.text)
    assert shown(address.removeprefix("http://testserver"))
    listed = text_of(api.get(page).text)
    assert "overview 0 Agency conditions locked, rounded 1 now 30 Apr 2026, 14:00" in listed
    assert address not in api.get(page).text
    link = ShareLink.objects.get()
    assert api.post(f"{page}{link.pk}/revoke/").status_code == 302
    assert "Revoked and expired (1)" in text_of(api.get(page).text)
    actions = AuditEvent.objects.filter(target=link.api_id).order_by("pk").values_list("action", flat=True)
    assert [*actions] == ["link_made", "link_revoked"]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("question", "qst_99", "Select a valid choice"),
        ("password", "short", "at least 8 characters"),
        ("where", "contact.nothing:x", "where cannot be"),
        ("origins", "http://a.example", "allowed: an origin such as https://intranet.example"),
        ("expires_on", "2026-03-01", "must lie ahead"),
        ("expires_on", "2030-01-01", "at most 366 days"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(api, workspace, ask, shop, field, value, problem):
    given = {"question": ask().api_id, field: value}
    answer = api.post(f"/w/{workspace.slug}/settings/links/", given)
    assert answer.status_code == 400
    assert problem in text_of(answer.text)
    assert not ShareLink.objects.exists()


def test_the_api_makes_lists_and_revokes_links(api, viewer_client, workspace, ask, shop):
    url, question = f"/api/workspaces/{workspace.api_id}/share-links", ask()
    made = post_json(api, url, {"question": question.api_id, "name": "Agency", "locks": {"where": ["channel:push"]}})
    assert made.status_code == 201, made.content
    body = made.json()
    assert shown(body.pop("address").removeprefix("http://testserver"))
    assert body == {
        "id": body["id"],
        "question": question.api_id,
        "board": None,
        "name": "Agency",
        "locks": {"where": ["channel:push"]},
        "origins": [],
        "hasPassword": False,
        "isRounded": False,
        "mayChooseDays": False,
        "views": 0,
        "lastViewedAt": None,
        "expiresAt": "2026-04-30T12:00:00Z",
        "revokedAt": None,
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
    }
    assert api.get(url, {"usable": "true"}).json()["results"][0]["views"] == 1
    assert viewer_client.get(url).status_code == 403
    both = {"question": question.api_id, "password": "long enough", "origins": ["https://a.example"]}
    assert "within other pages" in post_json(api, url, both).json()["fields"]["password"][0]
    late = {"question": question.api_id, "expiresAt": "2028-01-01T00:00:00Z"}
    assert "at most 366 days" in post_json(api, url, late).json()["fields"]["expiresAt"][0]
    assert api.delete(f"{url}/{body['id']}").status_code == 204
    assert api.get(url, {"usable": "false"}).json()["results"][0]["revokedAt"] == "2026-03-31T12:00:00Z"


def test_a_question_that_a_link_shows_is_not_deleted(api, share, ask, workspace, shop):
    question = ask()
    share(question, name="Agency")
    answer = api.delete(f"/api/workspaces/{workspace.api_id}/saved-questions/{question.api_id}")
    assert answer.status_code == 409
    assert "the link Agency" in answer.json()["message"]


def test_a_lock_is_refused_where_it_is_stated_wrongly(workspace, shop):
    with scope(workspace), pytest.raises(ParameterError, match="segment"):
        read_locks({"segment": ["seg_99"]}, workspace)
