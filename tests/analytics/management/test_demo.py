"""The demo: believable, the same each time, and harmless to run again."""

from collections import Counter
from datetime import UTC, date, datetime
from io import StringIO
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.test import Client

from analytics.demo import DemoData, demo_parts, demo_progress
from analytics.demo.shop import PREFETCH, SCANNER, UNLOVED
from analytics.ledger.rebuild import Difference, verify
from analytics.management.commands import demo
from analytics.models import DayPack, Event, ExchangeRate, Message, SavedFunnel
from analytics.rates import DAYS_LOOKED_BACK
from tests.conftest import post_json
from workspaces.models import Key, User, Workspace
from workspaces.scope import scope

pytestmark = pytest.mark.long

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
INSTANTS = (
    "signedUpAt",
    "enrolledAt",
    "completedAt",
    "timestamp",
    "createdAt",
    "openedAt",
    "clickedAt",
    "deliveredAt",
    "at",
)


@pytest.fixture(scope="module")
def data():
    return DemoData(NOW, BERLIN)


@pytest.fixture
def run(monkeypatch, settings, tmp_path):
    """Runs the command for a short history; answers what it printed."""
    monkeypatch.setattr("analytics.demo.history.DEMO_DAYS", 12)
    settings.VAR_DIR = tmp_path
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

    def run(**options):
        out = StringIO()
        call_command("demo", stdout=out, **options)
        return out.getvalue()

    return run


def test_it_is_the_same_each_time_and_another_with_another_seed(monkeypatch):
    monkeypatch.setattr("analytics.demo.history.DEMO_DAYS", 90)
    short = DemoData(NOW, BERLIN)
    assert short.calls
    assert DemoData(NOW, BERLIN) == short
    assert DemoData(NOW, BERLIN, seed=8).calls != short.calls


def test_its_ledger_is_merged_as_after_a_night(db, run):
    run()
    rows = DayPack.objects.order_by().values("workspace_id", "kind", "day", "event_type").annotate(rows=Count("pk"))
    assert {row["rows"] for row in rows} == {1}


def test_its_parts_are_all_of_it_the_newest_first(data):
    newest, *others = demo_parts(data)
    assert newest.first_day == date(2026, 1, 31)
    assert len(others) == 97
    for name in ("enrollments", "messages", "message_events", "calls", "assignments"):
        taken = [item for part in (newest, *others) for item in getattr(part, name)]
        assert sorted(map(str, taken)) == sorted(map(str, getattr(data, name))), name
    assert [part.first_day for part in others] == [part.first_day for part in demo_parts(data, before=newest.first_day)]


def test_it_goes_on_where_it_was_interrupted_and_pages_say_how_far_it_is(db, run, monkeypatch):
    monkeypatch.setattr("analytics.demo.history.DEMO_DAYS", 75)
    monkeypatch.setattr(demo, "PAUSE_SECONDS", 0)
    assert "Log in" in run(begin=True)
    workspace, client = Workspace.objects.get(), Client(headers={"Host": "localhost"})
    client.force_login(User.objects.get())
    page = f"/w/{workspace.slug}/reports/overview/"
    assert "earlier days are being filled in" in client.get(page).content.decode()
    data, begun = DemoData(demo_progress().now, BERLIN), Event.objects.count()
    parts = iter((demo._take_part, None))
    with monkeypatch.context() as context:
        context.setattr(demo, "_take_part", lambda *arguments: interrupt_after(next(parts), *arguments))
        assert run(go_on=True) == ""
    assert begun < Event.objects.count() < len(data.calls)
    run(go_on=True)
    run(go_on=True)
    sent = {call["messageId"] for call in data.calls if call["type"] != "identify"}
    assert {*Event.objects.values_list("message_id", flat=True)} == sent
    assert Message.objects.count() == len(data.messages)
    assert "being filled in" not in client.get(page).content.decode()
    with scope(workspace):
        assert [answer for answer in verify(workspace) if isinstance(answer, Difference)] == []


def interrupt_after(take, *arguments):
    if take is None:
        raise KeyboardInterrupt
    take(*arguments)


def test_nothing_lies_in_the_future(data):
    for items in (data.contacts, data.enrollments, data.messages, data.message_events, data.calls):
        for item in items:
            for name in INSTANTS:
                assert name not in item or datetime.fromisoformat(item[name]) <= NOW


def test_every_day_of_orders_has_a_rate_of_francs(data):
    days = [date.fromisoformat(rate["day"]) for rate in data.rates]
    orders = (call["timestamp"] for call in data.calls if call.get("event") == "purchase")
    assert days[0] <= datetime.fromisoformat(min(orders)).astimezone(BERLIN).date()
    assert all((later - day).days == DAYS_LOOKED_BACK for day, later in pairwise(days))
    assert (NOW.astimezone(BERLIN).date() - days[-1]).days <= DAYS_LOOKED_BACK


def test_campaigns_state_what_the_visits_from_their_links_carry(data):
    visits = [call["context"]["campaign"] for call in data.calls if "campaign" in call.get("context", ())]
    carried = {(visit["source"], visit["medium"], visit.get("name")) for visit in visits if "medium" in visit}
    stated = [campaign["utm"] for campaign in data.campaigns if "startedAt" in campaign]
    assert len(stated) > 5
    assert {(utm["source"], utm["medium"], utm["campaign"]) for utm in stated} <= carried


def test_signups_grow(data):
    years = Counter((NOW - datetime.fromisoformat(contact["signedUpAt"])).days // 365 for contact in data.contacts)
    assert years[0] > 1.3 * years[1] > 1000


def test_the_funnel_narrows(data):
    done = Counter(call["event"] for call in data.calls if call["type"] == "track")
    steps = [done[step] for step in ("product_view", "add_to_cart", "checkout_started", "purchase")]
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] > 500


def test_of_the_tests_one_differs_in_opens_one_in_clicks_and_one_not(data):
    sent, opened, clicked = Counter(), Counter(), Counter()
    for message in data.messages:
        variant = message.get("variant")
        sent[variant] += "deliveredAt" in message
        opened[variant] += "openedAt" in message
        clicked[variant] += "clickedAt" in message
    rate = {variant: opened[variant] / sent[variant] for variant in sent}
    assert rate["Question as subject"] > 1.15 * rate["Plain subject"]
    assert clicked["Friendly"] / sent["Friendly"] > 1.15 * clicked["Urgent"] / sent["Urgent"]
    assert max(rate[one] for one in ("Beans", "Cup", "Barista")) < 1.2 * min(
        rate[one] for one in ("Beans", "Cup", "Barista")
    )


def test_everybody_has_one_variant_of_a_campaign(data):
    given = {(each["campaign"], each["contact"], each["variant"]) for each in data.messages if "variant" in each}
    assert len({pair[:2] for pair in given}) == len(given) > 2000


def test_it_has_every_kind_of_report_at_a_believable_share(data):
    mails = {one["externalId"]: one for one in data.messages if one["channel"] == "EMAIL" and "deliveredAt" in one}
    reports = Counter(report["type"] for report in data.message_events)
    machines = Counter(report["userAgent"] for report in data.message_events if "userAgent" in report)
    assert 0.0003 < reports["complained"] / len(mails) < 0.001
    assert 0.002 < reports["unsubscribed"] / len(mails) < 0.006
    assert 0.1 < machines[PREFETCH] / len(mails) < 0.25
    assert 0.01 < machines[SCANNER] / 3 / len(mails) < 0.02
    bounces = Counter(report["bounce"] for report in data.message_events if report["type"] == "bounced")
    assert 1 < bounces["hard"] / bounces["soft"] < 2
    unloved = {mail for mail, one in mails.items() if one["campaign"] == UNLOVED}
    complaints = sum(1 for one in data.message_events if one["type"] == "complained" and one["message"] in unloved)
    assert complaints / len(unloved) > 0.001, "one campaign is over what mailbox providers bear"


def test_it_earns_money_in_two_currencies_and_gives_some_back(data):
    def said(event):
        return [call["properties"] for call in data.calls if call.get("event") == event]

    purchases, refunds = said("purchase"), said("Order Refunded")
    orders = {one["order_id"]: one for one in purchases if "order_id" in one}
    currencies = Counter(one["currency"] for one in orders.values())
    assert currencies.keys() == {"EUR", "CHF"}
    assert 0.08 < currencies["CHF"] / len(orders) < 0.2
    assert 0.03 < len(refunds) / len(orders) < 0.06
    assert all(0 < one["revenue"] <= orders[one["order_id"]]["revenue"] for one in refunds)
    assert all(one["currency"] == orders[one["order_id"]]["currency"] for one in refunds)
    twice = sum(1 for one in purchases if "order_id" in one) - len(orders)
    assert 0.003 < twice / len(orders) < 0.015
    assert 0.003 < sum(1 for one in purchases if "revenue" not in one) / len(purchases) < 0.012


def test_contacts_have_attributes_worth_filtering_by(data):
    for name, values in (("plan", 2), ("country", 3), ("roast", 3), ("cups", 8)):
        shares = Counter(contact["attributes"][name] for contact in data.contacts)
        assert len(shares) == values
        assert max(shares.values()) < 0.9 * len(data.contacts)


def test_who_unsubscribed_gets_no_mail_any_more(data):
    messages = {one["externalId"]: one for one in data.messages}
    left = {
        messages[report["message"]]["contact"]: datetime.fromisoformat(report["at"])
        for report in data.message_events
        if report["type"] == "unsubscribed"
    }
    later = [
        one
        for one in data.messages
        if one["channel"] == "EMAIL"
        and one["contact"] in left
        and datetime.fromisoformat(one["createdAt"]) > left[one["contact"]]
    ]
    assert len(left) > 50
    assert later == []


def test_the_command_makes_a_workspace_to_log_in_to_and_a_key_that_works(run, db):
    told = run(address="http://127.0.0.1:8123/")
    client = Client(headers={"Host": "localhost"})
    answer = post_json(client, "/api/session", {"email": "demo@example.com", "password": "campaignos-demo"}).json()
    assert answer["workspaces"][0]["role"] == "OWNER"
    workspace = Workspace.objects.get()
    assert workspace.api_id in told
    assert "http://127.0.0.1:8123/v1/track" in told
    token = told.split("Write key")[1].split()[0]
    before = Event.objects.filter(workspace=workspace).count()
    sent = post_json(client, "/v1/track", {"userId": "you", "event": "hello"}, Authorization=f"Bearer {token}")
    assert sent.status_code == 200
    assert Event.objects.filter(workspace=workspace).count() == before + 1


def test_it_has_a_funnel_from_a_campaign_to_purchases(run, db):
    run()
    saved = SavedFunnel.objects.get()
    assert saved.name == "Tasting box launch: email to purchase"
    delivered, clicked, *events = saved.steps
    assert delivered["message"]["campaign"] == clicked["message"]["campaign"]
    assert events == ["page_view", "purchase"]


def test_francs_are_worth_something(run, db):
    run()
    assert set(ExchangeRate.objects.values_list("source", "target")) == {("CHF", "EUR")}


def test_some_who_click_in_a_campaign_buy_after_it(data):
    mails = [one for one in data.messages if one["campaign"] == "tasting-box" and "deliveredAt" in one]
    clicked = {one["contact"]: one["clickedAt"] for one in mails if "clickedAt" in one}
    bought = {
        call["userId"]
        for call in data.calls
        if call.get("event") == "purchase" and call["timestamp"] > clicked.get(call.get("userId"), "z")
    }
    assert 0.04 < len(clicked) / len(mails) < 0.2
    assert 0.1 < len(bought) / len(clicked) < 0.4


def test_run_again_it_keeps_data_and_key(run, db):
    first = run()
    token = Key.objects.get().digest
    rows = Event.objects.count()
    second = run()
    assert "kept" in second
    assert second.split("Write key")[1] == first.split("Write key")[1]
    assert (Event.objects.count(), Key.objects.get().digest) == (rows, token)


def test_without_the_file_of_its_token_a_new_key_is_made(run, db, settings):
    first = run()
    (settings.VAR_DIR / "demo-write-key").unlink()
    assert run().split("Write key")[1].split()[0] != first.split("Write key")[1].split()[0]


def test_its_user_is_staff_only_where_nobody_else_gets_at_it(run, db, settings):
    settings.ALLOWED_HOSTS = ["analytics.example.com"]
    run()
    user = User.objects.get()
    assert not user.is_staff
    assert not user.is_superuser


def test_interrupted_it_leaves_nothing(run, db, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("analytics.ingest.take_calls", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert not User.objects.exists()
    assert not Event.objects.exists()


def test_a_demo_user_without_workspace_is_told(run, db):
    User.objects.create_user("demo@example.com", "campaignos-demo")
    with pytest.raises(CommandError, match="delete that user"):
        run()


def test_who_is_held_out_gets_no_newsletter_and_everybody_is_in_the_holdout(data):
    held_out = {each["contact"] for each in data.assignments if each["variant"] == "No newsletter"}
    assert 0.08 < len(held_out) / len(data.contacts) < 0.12
    sent = {each["contact"] for each in data.messages if each["campaign"] == "newsletter"}
    assert not held_out & sent
    assert {each["contact"] for each in data.assignments} == {each["externalId"] for each in data.contacts}
    assert all(datetime.fromisoformat(each["assignedAt"]) <= NOW for each in data.assignments)
