"""What the database refuses: each constraint with rows that go in and one that does not.

In what is unique within a workspace, the same value in another workspace goes in.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import CompositePrimaryKey, Model
from hypothesis import given
from hypothesis import strategies as st

from analytics.actors import Actor
from analytics.email_periods import Frequency
from analytics.models import (
    ABTest,
    ABTestGoal,
    Alert,
    Assignment,
    Board,
    Campaign,
    CampaignStatus,
    Channel,
    ColumnChoice,
    Contact,
    DayColumn,
    DayCount,
    DayPack,
    Delivery,
    EmailDays,
    EmailRecipient,
    Enrolment,
    EnrolmentStatus,
    Event,
    EventProperty,
    ExchangeRate,
    Identity,
    IdentityCall,
    IdentityKind,
    IngestRemark,
    JobRun,
    JobState,
    Join,
    JoinCause,
    KeptMapping,
    Message,
    MessageEvent,
    MessageEventType,
    Note,
    PackKind,
    Person,
    PersonNumbers,
    RemarkKind,
    Removal,
    SavedFunnel,
    SavedQuestion,
    SavedSegment,
    ScheduledEmail,
    ShareLink,
    Upload,
    UploadedResource,
    UtmTriple,
    Variant,
    WebhookEndpoint,
)
from analytics.models.distribution import DistributedModel
from analytics.models.facts import derived_id
from tests.analytics.rows import AT, OF_THE_INSTALLATION, row, workspace
from workspaces.models import Membership, Workspace


@dataclass(frozen=True)
class Unique:
    """These fields together; a value that is a model stands for a row of it, one in each workspace."""

    model: type[Model]
    fields: dict[str, Any]

    def fields_in(self, of: Workspace) -> dict[str, Any]:
        return {
            name: row(value, of) if isinstance(value, type) and issubclass(value, Model) else value
            for name, value in self.fields.items()
        }


UNIQUE = {
    "contact_external_id": Unique(Contact, {"external_id": "u"}),
    "contact_person": Unique(Contact, {"person_number": 7}),
    "campaign_external_id": Unique(Campaign, {"external_id": "c"}),
    "enrolment_once_per_contact": Unique(Enrolment, {"campaign": Campaign, "contact": Contact}),
    "ab_test_external_id": Unique(ABTest, {"campaign": Campaign, "external_id": "t"}),
    "ab_test_external_id_of_none": Unique(ABTest, {"campaign": None, "external_id": "t"}),
    "variant_name": Unique(Variant, {"test": ABTest, "name": "A"}),
    "kept_mapping_of_columns": Unique(KeptMapping, {"signature": "s"}),
    "saved_funnel_name": Unique(SavedFunnel, {"name": "f"}),
    "saved_question_name": Unique(SavedQuestion, {"name": "q"}),
    "board_name": Unique(Board, {"name": "b"}),
    "share_link_digest": Unique(ShareLink, {"digest": "d"}),
    "alert_name": Unique(Alert, {"name": "a"}),
    "scheduled_email_name": Unique(ScheduledEmail, {"name": "e"}),
    "email_recipient_once": Unique(EmailRecipient, {"scheduled_email": ScheduledEmail, "member": Membership}),
    "delivery_once": Unique(Delivery, {"key": "k"}),
    "saved_segment_name": Unique(SavedSegment, {"name": "s"}),
    "event_property_name": Unique(EventProperty, {"event_type": "purchase", "name": "plan"}),
    "exchange_rate_of_day": Unique(ExchangeRate, {"day": date(2026, 3, 1), "source": "EUR", "target": "USD"}),
    "utm_triple": Unique(UtmTriple, {"source": "google", "medium": "cpc", "campaign": ""}),
    "join_once": Unique(Join, {"gone": 7}),
    "person.pk": Unique(Person, {"number": 7}),
    "identity.pk": Unique(Identity, {"kind": IdentityKind.ANONYMOUS, "value": "d"}),
    "daycolumn.pk": Unique(DayColumn, {"segment_id": uuid.UUID(int=7), "name": "utm"}),
    "personnumbers.pk": Unique(PersonNumbers, {}),
}

GLOBALLY_UNIQUE = {
    "message.pk": Message,
    "messageevent.pk": MessageEvent,
    "removal.pk": Removal,
    "assignment.pk": Assignment,
    "event.pk": Event,
    "identitycall.pk": IdentityCall,
    "daycount.pk": DayCount,
    "daypack.pk": DayPack,
    "ingestremark.pk": IngestRemark,
    "join.pk": Join,
}


@dataclass(frozen=True)
class Check:
    model: type[Model]
    good: list[dict[str, Any]]
    bad: list[dict[str, Any]]


LATER, EARLIER = AT + timedelta(microseconds=1), AT - timedelta(microseconds=1)
CHECKS = {
    "contact_has_external_id": Check(Contact, [{"external_id": " "}], [{"external_id": ""}]),
    "campaign_channel_is_known": Check(
        Campaign, [{"channel": one} for one in Channel], [{"channel": "FAX"}, {"channel": "email"}, {"channel": ""}]
    ),
    "campaign_status_is_known": Check(
        Campaign, [{"status": one} for one in CampaignStatus], [{"status": "GONE"}, {"status": ""}]
    ),
    "campaign_ends_after_it_begins": Check(
        Campaign,
        [
            {"started_at": AT, "ended_at": AT},
            {"started_at": AT, "ended_at": LATER},
            {"started_at": AT, "ended_at": None},
            {"started_at": None, "ended_at": AT},
        ],
        [{"started_at": AT, "ended_at": EARLIER}],
    ),
    "campaign_utm_has_source": Check(
        Campaign,
        [{"utm_source": "s"}, {"utm_source": "s", "utm_medium": "m", "utm_campaign": "c"}, {"utm_source": ""}],
        [{"utm_medium": "m"}, {"utm_campaign": "c"}],
    ),
    "enrolment_status_is_known": Check(
        Enrolment, [{"status": one} for one in EnrolmentStatus], [{"status": "GONE"}, {"status": ""}]
    ),
    "ab_test_has_external_id": Check(ABTest, [{"external_id": " "}], [{"external_id": ""}]),
    "ab_test_goal_is_known": Check(
        ABTest,
        [{"goal": one} for one in ABTestGoal if one != ABTestGoal.EVENT],
        [{"goal": "clicks"}, {"goal": ""}],
    ),
    "ab_test_goal_names_its_event": Check(
        ABTest,
        [{"goal": "event", "goal_event": "signup"}, {"goal": "click", "goal_event": ""}],
        [{"goal": "event", "goal_event": ""}, {"goal": "click", "goal_event": "signup"}],
    ),
    "ab_test_window_has_days": Check(
        ABTest, [{"window_days": 1}, {"window_days": 365}], [{"window_days": 0}, {"window_days": 366}]
    ),
    "ab_test_plans_for_people": Check(ABTest, [{"planned_size": None}, {"planned_size": 1}], [{"planned_size": 0}]),
    "ab_test_ends_after_it_begins": Check(
        ABTest,
        [
            {"started_at": AT, "ended_at": AT},
            {"started_at": AT, "ended_at": None},
            {"started_at": None, "ended_at": AT},
        ],
        [{"started_at": AT, "ended_at": EARLIER}],
    ),
    "variant_weight_is_not_negative": Check(Variant, [{"weight": 0.0}, {"weight": 2.5}], [{"weight": -0.1}]),
    "upload_resource_is_known": Check(
        Upload, [{"resource": one} for one in UploadedResource], [{"resource": "people"}, {"resource": ""}]
    ),
    "kept_mapping_resource_is_known": Check(
        KeptMapping, [{"resource": one} for one in UploadedResource], [{"resource": "people"}, {"resource": ""}]
    ),
    "job_run_state_is_known": Check(JobRun, [{"state": one} for one in JobState], [{"state": "stuck"}, {"state": ""}]),
    "utm_triple_has_source": Check(UtmTriple, [{"source": "s", "medium": ""}], [{"source": "", "medium": "cpc"}]),
    "day_pack_kind_is_known": Check(DayPack, [{"kind": one} for one in PackKind], [{"kind": "visit"}, {"kind": ""}]),
    "message_channel_is_known": Check(
        Message, [{"channel": one} for one in Channel], [{"channel": "FAX"}, {"channel": ""}]
    ),
    "message_click_implies_open": Check(
        Message,
        [
            {"opened_at": None, "clicked_at": None},
            {"opened_at": AT, "clicked_at": None},
            {"opened_at": AT, "clicked_at": AT},
            {"opened_at": EARLIER, "clicked_at": AT},
        ],
        [{"opened_at": LATER, "clicked_at": AT}, {"opened_at": None, "clicked_at": AT}],
    ),
    "message_human_open_is_an_open": Check(
        Message,
        [
            {"opened_at": None, "human_opened_at": None},
            {"opened_at": AT, "human_opened_at": None},
            {"opened_at": AT, "human_opened_at": AT},
            {"opened_at": AT, "human_opened_at": LATER},
        ],
        [{"opened_at": None, "human_opened_at": AT}, {"opened_at": LATER, "human_opened_at": AT}],
    ),
    "message_human_click_is_a_click": Check(
        Message,
        [
            {"opened_at": AT, "human_opened_at": AT, "clicked_at": AT, "human_clicked_at": None},
            {"opened_at": AT, "human_opened_at": AT, "clicked_at": AT, "human_clicked_at": LATER},
        ],
        [
            {"opened_at": AT, "human_opened_at": AT, "clicked_at": None, "human_clicked_at": AT},
            {"opened_at": EARLIER, "human_opened_at": EARLIER, "clicked_at": AT, "human_clicked_at": EARLIER},
            {"opened_at": AT, "human_opened_at": None, "clicked_at": AT, "human_clicked_at": AT},
            {"opened_at": AT, "human_opened_at": LATER, "clicked_at": AT, "human_clicked_at": AT},
        ],
    ),
    "message_bounce_of_a_kind_is_a_bounce": Check(
        Message,
        [
            {"bounced_at": None, "hard_bounced_at": None, "soft_bounced_at": None},
            {"bounced_at": AT, "hard_bounced_at": AT, "soft_bounced_at": None},
            {"bounced_at": AT, "hard_bounced_at": LATER, "soft_bounced_at": AT},
        ],
        [
            {"bounced_at": None, "hard_bounced_at": AT},
            {"bounced_at": None, "soft_bounced_at": AT},
            {"bounced_at": LATER, "hard_bounced_at": AT},
            {"bounced_at": LATER, "soft_bounced_at": AT},
        ],
    ),
    "message_objection_implies_delivery": Check(
        Message,
        [
            {"delivered_at": None, "complained_at": None, "unsubscribed_at": None},
            {"delivered_at": AT, "complained_at": AT, "unsubscribed_at": LATER},
        ],
        [
            {"delivered_at": None, "complained_at": AT},
            {"delivered_at": None, "unsubscribed_at": AT},
            {"delivered_at": LATER, "complained_at": AT},
            {"delivered_at": LATER, "unsubscribed_at": AT},
        ],
    ),
    "message_event_actor_is_known": Check(
        MessageEvent,
        [
            {"type": "sent", "actor": ""},
            {"type": "opened", "actor": ""},
            *({"type": one, "actor": actor} for one in ("opened", "clicked") for actor in Actor),
        ],
        [{"type": "sent", "actor": "human"}, {"type": "opened", "actor": "robot"}],
    ),
    "message_event_bounce_kind_is_known": Check(
        MessageEvent,
        [{"type": "bounced", "bounce_kind": kind} for kind in ("", "hard", "soft")],
        [{"type": "bounced", "bounce_kind": "odd"}, {"type": "failed", "bounce_kind": "hard"}],
    ),
    "message_event_type_is_known": Check(
        MessageEvent, [{"type": one} for one in MessageEventType], [{"type": "read"}, {"type": ""}]
    ),
    "saved_funnel_has_name": Check(SavedFunnel, [{"name": " "}], [{"name": ""}]),
    "event_property_has_name": Check(EventProperty, [{"name": " "}], [{"name": ""}]),
    "event_property_column_is_known": Check(
        EventProperty, [{"column": one} for one in ColumnChoice], [{"column": "ON"}, {"column": ""}]
    ),
    "alert_has_name": Check(Alert, [{"name": " "}], [{"name": ""}]),
    "alert_metric_is_known": Check(Alert, [{"metric": "orders"}], [{"metric": "nonsense"}, {"metric": ""}]),
    "alert_kind_is_known": Check(
        Alert,
        [{"kind": "threshold", "amount": 3.0}, {"kind": "change", "amount": 0.2}, {"kind": "silence"}],
        [{"kind": "other"}, {"kind": ""}],
    ),
    "alert_direction_is_known": Check(Alert, [{"direction": "up"}, {"direction": "down"}], [{"direction": "left"}]),
    "alert_mailed_is_known": Check(Alert, [{"mailed": "nobody"}], [{"mailed": "everybody"}]),
    "alert_amount_where_the_rule_has_one": Check(
        Alert,
        [{"kind": "threshold", "amount": 0.0}, {"kind": "anomaly", "amount": None}],
        [{"kind": "threshold", "amount": None}, {"kind": "change"}, {"kind": "anomaly", "amount": 1.0}],
    ),
    "scheduled_email_has_name": Check(ScheduledEmail, [{"name": " "}], [{"name": ""}]),
    "scheduled_email_frequency_is_known": Check(
        ScheduledEmail, [{"frequency": each.value} for each in Frequency], [{"frequency": "hourly"}, {"frequency": ""}]
    ),
    "scheduled_email_hour_is_of_a_day": Check(ScheduledEmail, [{"hour": 0}, {"hour": 23}], [{"hour": 24}]),
    "scheduled_email_days_are_known": Check(
        ScheduledEmail, [{"days": each} for each in EmailDays], [{"days": "all"}, {"days": ""}]
    ),
    "endpoint_has_url": Check(WebhookEndpoint, [{"url": "https://a.example"}], [{"url": ""}]),
    "delivery_state_is_known": Check(Delivery, [{"state": "failed"}, {"state": "delivered"}], [{"state": "lost"}]),
    "delivery_goes_to_an_endpoint_or_an_address": Check(Delivery, [{"email": "a@example.com"}], [{"email": ""}]),
    "note_has_text": Check(Note, [{"text": " "}], [{"text": ""}]),
    "board_has_name": Check(Board, [{"name": " "}], [{"name": ""}]),
    "share_link_shows_one": Check(ShareLink, [{}], [{"question": None}]),
    "removal_resource_is_known": Check(Removal, [{"resource": "events"}], [{"resource": "people"}]),
    "removal_of_something": Check(
        Removal, [{"row": "evt_1"}, {"row": "", "before": AT}], [{"row": ""}, {"row": "evt_1", "before": AT}]
    ),
    "saved_question_has_name": Check(SavedQuestion, [{"name": " "}], [{"name": ""}]),
    "saved_segment_has_name": Check(SavedSegment, [{"name": " "}], [{"name": ""}]),
    "exchange_rate_is_positive": Check(
        ExchangeRate, [{"digits": 1}, {"digits": 10**15 - 1}], [{"digits": 0}, {"digits": 10**15}]
    ),
    "exchange_rate_has_few_places": Check(ExchangeRate, [{"places": 0}, {"places": 15}], [{"places": 16}]),
    "exchange_rate_is_of_two_currencies": Check(
        ExchangeRate, [{"source": "USD", "target": "EUR"}], [{"source": "USD", "target": "USD"}]
    ),
    "event_has_type": Check(Event, [{"type": " "}], [{"type": ""}]),
    "person_not_joined_to_itself": Check(
        Person,
        [{"number": 0, "joined_to": None}, {"number": 1, "joined_to": 0}],
        [{"number": 2, "joined_to": 2}, {"number": 0, "joined_to": 0}],
    ),
    "join_of_two": Check(Join, [{"gone": 1, "kept": 2}], [{"gone": 1, "kept": 1}]),
    "join_cause_is_known": Check(Join, [{"cause": one} for one in JoinCause], [{"cause": "x"}, {"cause": ""}]),
    "identity_kind_is_known": Check(Identity, [{"kind": one} for one in IdentityKind], [{"kind": "x"}, {"kind": ""}]),
    "ingest_remark_kind_is_known": Check(
        IngestRemark, [{"kind": one} for one in RemarkKind], [{"kind": "odd"}, {"kind": ""}]
    ),
}


def assert_refused(make: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(UNIQUE))
def test_what_is_unique_goes_in_once_in_each_workspace(name):
    case, here, elsewhere = UNIQUE[name], workspace(), workspace()
    fields = case.fields_in(here)
    row(case.model, here, **fields)
    row(case.model, elsewhere, **case.fields_in(elsewhere))
    assert_refused(lambda: row(case.model, here, **fields))


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "changed"), [(name, field) for name, case in UNIQUE.items() for field in case.fields])
def test_a_difference_in_any_one_field_is_enough(name, changed):
    case, here = UNIQUE[name], workspace()
    fields = case.fields_in(here)
    row(case.model, here, **fields)
    other = {
        Campaign: lambda: row(Campaign, here),
        Contact: lambda: row(Contact, here),
        ABTest: lambda: row(ABTest, here, external_id="other"),
        ScheduledEmail: lambda: row(ScheduledEmail, here),
        Membership: lambda: row(Membership, here),
        IdentityKind: lambda: IdentityKind.EXTERNAL,
        type(None): lambda: row(Campaign, here),
        int: lambda: 8,
        str: lambda: "oth",
        uuid.UUID: lambda: uuid.UUID(int=8),
        date: lambda: date(2026, 3, 2),
    }[type(fields[changed])]()
    row(case.model, here, **{**fields, changed: other})


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(GLOBALLY_UNIQUE))
def test_a_facts_id_goes_in_once(name):
    model, here = GLOBALLY_UNIQUE[name], workspace()
    first = row(model, here)
    row(model, here)
    assert_refused(lambda: row(model, here, id=first.id))


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "fields"), [(name, good) for name, case in CHECKS.items() for good in case.good])
def test_the_database_takes_a_good_row(name, fields):
    row(CHECKS[name].model, workspace(), **fields).refresh_from_db()


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "fields"), [(name, bad) for name, case in CHECKS.items() for bad in case.bad])
def test_the_database_refuses_a_bad_row(name, fields):
    here = workspace()
    assert_refused(lambda: row(CHECKS[name].model, here, **fields))


def test_every_constraint_has_a_case():
    there_are = set()
    for model in apps.get_app_config("analytics").get_models():
        there_are |= {constraint.name for constraint in model._meta.constraints}
        if issubclass(model, DistributedModel):
            there_are.add(f"{model._meta.model_name}.pk")
        for field in model._meta.local_concrete_fields:
            assert field.primary_key or not field.unique, field
    assert there_are == UNIQUE.keys() | GLOBALLY_UNIQUE.keys() | CHECKS.keys()


def test_every_unique_constraint_begins_with_the_workspace():
    for model in apps.get_app_config("analytics").get_models():
        for constraint in model._meta.total_unique_constraints:
            assert constraint.fields[0] == "workspace", constraint
        if isinstance(model._meta.pk, CompositePrimaryKey):
            assert model._meta.pk.field_names[0] == "workspace_id", model


def test_every_index_begins_with_the_workspace():
    for model in set(apps.get_app_config("analytics").get_models()) - OF_THE_INSTALLATION:
        for index in model._meta.indexes:
            first = index.fields[0] if index.fields else index.expressions[0].name
            assert first == "workspace", index


def test_no_foreign_key_of_a_distributed_table_is_held_by_the_database():
    for model in apps.get_app_config("analytics").get_models():
        for field in model._meta.local_concrete_fields:
            if issubclass(model, DistributedModel) and field.is_relation:
                assert not field.db_constraint, field


def test_equal_parts_derive_equal_ids_and_different_ones_do_not():
    assert derived_id(1, "a", "b") == derived_id(1, "a", "b")
    others = [derived_id(2, "a", "b"), derived_id(1, "a"), derived_id(1, "ab"), derived_id(1, 'a","b'), derived_id(1)]
    assert len({derived_id(1, "a", "b"), *others}) == 6


@given(parts=st.lists(st.text(), min_size=1, max_size=3))
def test_a_derived_id_is_that_of_its_parts_in_json(parts):
    """What is stored is found again by it, whichever release made it."""
    assert derived_id(7, *parts).hex == hashlib.sha256(json.dumps([7, *parts]).encode()).hexdigest()[:32]


def test_rows_are_called_by_what_people_know_them_by():
    assert Contact(external_id="u", email="a@b.c", name="Ada").label == "Ada"
    assert Contact(external_id="u", email="a@b.c").label == "a@b.c"
    assert Contact(external_id="u").label == "u"
    assert str(UtmTriple(source="google", medium="", campaign="sale")) == "google / sale"


def test_a_contact_is_not_named_in_what_outlives_it():
    assert str(Contact(pk=1, external_id="u", email="a@b.c", name="Ada")) == "ct_1"


def test_identifiers_have_their_prefix():
    fact = uuid.UUID("0192f3a4-0000-7000-8000-000000000001")
    assert Contact(pk=1).api_id == "ct_1"
    assert Campaign(pk=2).api_id == "cmp_2"
    assert ABTest(pk=3).api_id == "ab_3"
    assert Message(pk=fact).api_id == "msg_0192f3a4000070008000000000000001"
    assert Event(pk=fact).api_id == "evt_0192f3a4000070008000000000000001"


@pytest.mark.django_db
def test_current_contacts_are_those_not_merged_into_another():
    here = workspace()
    kept = row(Contact, here)
    row(Contact, here, merged_into=kept)
    assert list(Contact.objects.current()) == [kept]


@pytest.mark.django_db
def test_active_campaigns():
    here = workspace()
    active = row(Campaign, here, status=CampaignStatus.ACTIVE)
    row(Campaign, here, status=CampaignStatus.PAUSED)
    assert list(Campaign.objects.active()) == [active]


@pytest.mark.django_db
def test_variants_come_in_the_senders_order():
    test = row(ABTest, workspace())
    for position, name in [(2, "C"), (0, "Z"), (1, "A")]:
        row(Variant, test.workspace, test=test, name=name, position=position)
    assert [variant.name for variant in test.variants.all()] == ["Z", "A", "C"]
