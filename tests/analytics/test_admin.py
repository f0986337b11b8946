"""Staff's pages for the catalogue and the facts."""

import re
import uuid
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from analytics.ingest import take_assignments, take_calls, take_contacts
from analytics.models import (
    ABTest,
    Assignment,
    Campaign,
    Contact,
    Enrolment,
    Event,
    EventProperty,
    IngestRemark,
    JobRun,
    Message,
    MessageEvent,
    UtmTriple,
    Variant,
)
from tests.analytics.rows import row, workspace
from tests.conftest import PASSWORD
from workspaces.models import Action, AuditEvent, User

CATALOGUE = [Contact, Campaign, ABTest, Enrolment, UtmTriple, EventProperty]
FACTS = [Event, Message, MessageEvent, IngestRemark, Assignment]
MODELS = CATALOGUE + FACTS
FACT_TABLES = re.compile(
    r'FROM "(analytics_(?:assignment|event|message|messageevent|person|identity|identitycall|ingestremark))"'
)


T = datetime(2026, 3, 30, 12, tzinfo=UTC)
NO_TESTS = {f"ab_tests-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
NO_VARIANTS = {f"variants-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


judged_by_program = pytest.mark.either_database("who may do what in the admin is judged by the program")


def each(models):
    return pytest.mark.parametrize("model", models, ids=lambda model: model.__name__)


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    return client


@pytest.fixture
def here(db):
    return workspace()


def url(model, page, *args):
    return reverse(f"admin:analytics_{model._meta.model_name}_{page}", args=args)


def listed(model, of):
    """The list of the workspace's rows."""
    return f"{url(model, 'changelist')}?{chosen(model)}={of.pk}"


def chosen(model):
    return "workspace" if model in FACTS else "workspace__id__exact"


def page_of(model, made):
    """A row's page as the list of its workspace links to it."""
    return f"{url(model, 'change', made.pk)}?_changelist_filters={chosen(model)}%3D{made.workspace_id}"


def found(response):
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def test_every_model_of_staff_is_tried_here():
    """But for the runs of jobs, which are no workspace's: operations/test_tick.py tries their page."""
    assert get_resolver().url_patterns  # with them come staff's pages
    assert {model for model in admin.site._registry if model._meta.app_label == "analytics"} == {*MODELS, JobRun}


@each(MODELS)
def test_a_model_is_shown_as_its_kind_is(model):
    assert get_resolver().url_patterns  # with them come staff's pages
    from analytics.admin import CatalogueAdmin, FactAdmin

    assert isinstance(admin.site.get_model_admin(model), FactAdmin if model in FACTS else CatalogueAdmin)


@each(MODELS)
def test_the_list_shows_the_workspaces_rows(staff, here, model):
    assert found(staff.get(listed(model, here))) == []
    mine, _ = row(model, here), row(model, workspace())
    assert found(staff.get(listed(model, here))) == [mine]


@pytest.mark.long
@each(MODELS)
def test_the_list_can_be_searched(staff, here, model):
    made, _ = row(model, here), row(model, here)
    name = {ABTest: "name", Event: "type", MessageEvent: "message_ref", UtmTriple: "source"}
    name |= {IngestRemark: "code", EventProperty: "name", Assignment: "person_number"}
    value = getattr(made.contact if model is Enrolment else made, name.get(model, "external_id"))
    assert made in found(staff.get(f"{listed(model, here)}&q={value}"))
    assert found(staff.get(f"{listed(model, here)}&q=no+such+thing")) == []


@pytest.mark.long
@each(MODELS)
def test_every_choice_of_every_filter_opens(staff, here, model):
    row(model, here)
    row(model, workspace())
    changelist = staff.get(listed(model, here)).context["cl"]
    assert len(changelist.filter_specs) == len(changelist.list_filter)
    for spec in changelist.filter_specs:
        for choice in spec.choices(changelist):
            assert staff.get(url(model, "changelist") + choice["query_string"]).status_code == 200


@pytest.mark.long
@each(MODELS)
def test_every_column_can_be_sorted_by(staff, here, model):
    row(model, here)
    for number in range(len(staff.get(listed(model, here)).context["cl"].list_display)):
        assert len(found(staff.get(f"{listed(model, here)}&o=-{number}"))) == 1


def test_contacts_can_be_gone_through_by_the_day_of_their_signup(staff, here):
    made = row(Contact, here)
    address = f"{listed(Contact, here)}&signed_up_at__year=2026&signed_up_at__month=3"
    assert found(staff.get(address)) == [made]


@each(MODELS)
def test_the_page_of_a_row_opens(staff, here, model):
    made = row(model, here)
    response = staff.get(page_of(model, made))
    assert response.status_code == 200
    assert str(made) in response.text


@each(MODELS)
def test_the_list_links_to_the_page_of_a_row(staff, here, model):
    made = row(model, here)
    page = staff.get(listed(model, here)).text
    [link] = set(re.findall(f'href="({re.escape(url(model, "change", made.pk))}[^"]*)"', page))
    assert staff.get(link.replace("&amp;", "&")).status_code == 200


@each(MODELS)
@pytest.mark.parametrize("pk", ["999999", str(uuid.UUID(int=7)), "x", "_5F", "9" * 40])
def test_a_row_that_is_not_there_leads_back_to_the_first_page(staff, here, model, pk):
    made = row(model, here)
    response = staff.get(page_of(model, made).replace(str(made.pk), pk))
    assert response.status_code == 302
    assert response["Location"] == "/admin/"


@each(FACTS)
def test_the_page_of_another_workspaces_fact_is_not_there(staff, here, model):
    other = row(model, workspace())
    address = f"{url(model, 'change', other.pk)}?_changelist_filters=workspace%3D{here.pk}"
    assert staff.get(address).headers["Location"] == "/admin/"


@judged_by_program
@each(MODELS)
def test_nothing_is_added_or_deleted_here(staff, here, model):
    made = row(model, here)
    assert staff.get(url(model, "add")).status_code == 403
    assert staff.post(url(model, "add"), {}).status_code == 403
    delete = page_of(model, made).replace("/change/", "/delete/")
    assert staff.get(delete).status_code in (302, 403)
    assert staff.post(delete, {"post": "yes"}).status_code in (302, 403)
    action = {"action": "delete_selected", "_selected_action": str(made.pk), "post": "yes"}
    staff.post(listed(model, here), action)
    assert model.objects.get(pk=made.pk, workspace=here) == made


@judged_by_program
@each(FACTS)
def test_a_fact_is_not_changed_here(staff, here, model):
    made = row(model, here)
    assert 'name="_save"' not in staff.get(page_of(model, made)).text
    assert staff.post(page_of(model, made), {"type": "other", "external_id": "other"}).status_code == 403
    again = model.objects.get(pk=made.pk, workspace=here)
    assert [getattr(again, field.attname) for field in model._meta.concrete_fields] == [
        getattr(made, field.attname) for field in model._meta.concrete_fields
    ]


@pytest.mark.either_database("the same queries are made of each")
@pytest.mark.long
@each(MODELS)
def test_more_rows_cost_no_more_queries(staff, here, model, django_assert_num_queries):
    for _ in range(5):
        row(model, here)
    with django_assert_num_queries(1000, exact=False) as few:
        staff.get(listed(model, here))
    for _ in range(20):
        row(model, here)
    with django_assert_num_queries(len(few)):
        assert len(found(staff.get(listed(model, here)))) == 25


def of_facts(queries):
    return [query["sql"] for query in queries if FACT_TABLES.search(query["sql"])]


@each(FACTS)
def test_every_query_on_facts_names_the_chosen_workspace(staff, here, model, django_assert_max_num_queries):
    made = row(model, here, **({"message": row(Message, here)} if model is MessageEvent else {}))
    with django_assert_max_num_queries(50) as queries:
        staff.get(listed(model, here))
        staff.get(f"{listed(model, here)}&q=x")
        assert staff.get(page_of(model, made)).status_code == 200
    assert len(of_facts(queries)) >= 3
    for sql in of_facts(queries):
        assert f'"workspace_id" = {here.pk}' in sql, sql


@each(FACTS)
def test_no_fact_is_read_until_a_workspace_is_chosen(staff, here, model, django_assert_max_num_queries):
    made = row(model, here)
    with django_assert_max_num_queries(50) as queries:
        for query in ("", "?workspace=", "?workspace=x", "?workspace=-1", "?q=x"):
            response = staff.get(url(model, "changelist") + query)
            assert response.status_code == 200
            assert found(response) == []
        assert staff.get(url(model, "change", made.pk)).headers["Location"] == "/admin/"
    assert of_facts(queries) == []


@judged_by_program
@each(FACTS)
def test_without_a_workspace_one_is_asked_for(staff, model):
    assert "Choose a workspace" in staff.get(url(model, "changelist")).text
    assert "Choose a workspace" not in staff.get(listed(model, workspace())).text


@each(FACTS)
@pytest.mark.parametrize("value", ["9" * 40, "٣", "1' OR 1=1", "None"])
def test_a_workspace_that_is_none_shows_nothing(staff, here, model, value):
    row(model, here)
    response = staff.get(url(model, "changelist"), {"workspace": value})
    assert response.status_code == 200
    assert found(response) == []


@judged_by_program
@each(MODELS)
@pytest.mark.parametrize("who", ["nobody", "a member"])
def test_only_staff_come_in(here, model, who):
    made, client = row(model, here), Client()
    if who == "a member":
        client.force_login(User.objects.create_user("member@example.com"))
    for address in (url(model, "changelist"), url(model, "change", made.pk)):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"] == f"/admin/login/?next={address}"


@each(MODELS)
def test_the_history_of_a_row_opens(staff, here, model):
    assert staff.get(page_of(model, row(model, here)).replace("/change/", "/history/")).status_code == 200


def test_a_reports_page_names_its_message(staff, here):
    message = row(Message, here)
    assert message.api_id in staff.get(page_of(MessageEvent, row(MessageEvent, here, message=message))).text
    assert "not known yet" in staff.get(page_of(MessageEvent, row(MessageEvent, here))).text


# The catalogue's forms


def test_a_campaign_is_changed_with_its_tests(staff, here):
    test = row(ABTest, here)
    given = {"name": "New", "channel": "SMS", "status": "ACTIVE"}
    given |= {f"{name}_{n}": "" for name in ("started_at", "ended_at") for n in (0, 1)}
    given |= {"ab_tests-TOTAL_FORMS": "1", "ab_tests-INITIAL_FORMS": "1"}
    given |= {"ab_tests-0-id": test.pk, "ab_tests-0-campaign": test.campaign_id, "ab_tests-0-name": "Subject"}
    response = staff.post(url(Campaign, "change", test.campaign_id), given)
    assert response.status_code == 302, response.context["errors"]
    test.refresh_from_db()
    assert (test.name, test.campaign.name, test.campaign.status) == ("Subject", "New", "ACTIVE")
    assert test.campaign.workspace == here


def test_what_a_campaign_s_links_carry_is_kept_as_it_is_compared(staff, here):
    campaign = row(Campaign, here)
    given = {"name": "C", "channel": "SMS", "status": "ACTIVE", **NO_TESTS}
    given |= {f"{name}_{n}": "" for name in ("started_at", "ended_at") for n in (0, 1)}
    response = staff.post(url(Campaign, "change", campaign.pk), {**given, "utm_medium": "email"})
    assert "carry has a UTM source." in response.text
    staff.post(url(Campaign, "change", campaign.pk), {**given, "utm_source": " News", "utm_medium": "EMail"})
    campaign.refresh_from_db()
    assert campaign.utm == ("news", "email", "")


def test_a_campaign_that_ends_before_it_begins_is_told(staff, here):
    campaign = row(Campaign, here)
    given = {"name": "C", "channel": "SMS", "status": "ACTIVE", **NO_TESTS}
    given |= {"started_at_0": "2026-03-02", "ended_at_0": "2026-03-01", "started_at_1": "0:00", "ended_at_1": "0:00"}
    response = staff.post(url(Campaign, "change", campaign.pk), given)
    assert (response.status_code, "A campaign ends after it begins." in response.text) == (200, True)


def test_a_campaigns_page_shows_its_tests_and_a_tests_page_its_variants(staff, here):
    variant = row(Variant, here, name="Arm of its own")
    assert variant.test.name in staff.get(url(Campaign, "change", variant.test.campaign_id)).text
    assert "Arm of its own" in staff.get(url(ABTest, "change", variant.test_id)).text


def test_variants_that_people_were_given_keep_what_they_are_compared_by(staff, here, now):
    variant = row(Variant, here)
    page = url(ABTest, "change", variant.test_id)
    assert 'name="variants-0-weight"' in staff.get(page).text
    item = {"abTest": variant.test.api_id, "variant": variant.name, "contact": "ada"}
    assert take_assignments(here, [item], received_at=now).accepted == 1
    text = staff.get(page).text
    assert ('name="variants-0-name"' in text, 'name="variants-0-weight"' in text) == (True, False)


def known_contact(here, **fields):
    take_contacts(here, [{"externalId": "u", **fields}], received_at=T)
    return Contact.objects.get(external_id="u")


def test_a_contact_is_changed_but_not_who_it_is(staff, here):
    contact = known_contact(here)
    given = {"name": "Ada", "email": "ada@example.com", "phone": "", "external_id": "other", "person_number": "9999"}
    assert staff.post(url(Contact, "change", contact.pk), given).status_code == 302
    again = Contact.objects.get(pk=contact.pk)
    assert (again.name, again.email) == ("Ada", "ada@example.com")
    assert (again.external_id, again.person_number, again.workspace) == ("u", contact.person_number, here)


def test_what_staff_say_of_a_contact_holds_until_something_newer_is_said(staff, here):
    take_contacts(
        here, [{"externalId": "u", "name": "Old", "email": "old@example.com", "phone": "+49 1"}], received_at=T
    )
    contact = Contact.objects.get(external_id="u")
    given = {"name": "Ada", "email": "ada@example.com", "phone": ""}
    staff.post(url(Contact, "change", contact.pk), given)
    take_calls(
        here,
        [
            {
                "type": "identify",
                "userId": "u",
                "traits": {"name": "Late", "email": "old@example.com"},
                "timestamp": f"{T}",
            }
        ],
        received_at=T,
    )
    contact.refresh_from_db()
    assert (contact.name, contact.email, contact.phone) == ("Ada", "ada@example.com", "")
    take_contacts(here, [{"externalId": "u", "name": "New"}], received_at=timezone.now())
    contact.refresh_from_db()
    assert (contact.name, contact.email) == ("New", "ada@example.com")


def test_what_staff_cannot_say_of_a_contact_is_told(staff, here):
    contact = row(Contact, here, external_id="u", email="old@example.com")
    response = staff.post(
        url(Contact, "change", contact.pk), {"name": "", "email": "no address", "phone": ""}, follow=True
    )
    assert "email" in " ".join(str(message) for message in response.context["messages"])


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (Contact, {"name": "Ada", "email": "ada@example.com", "phone": ""}),
        (Campaign, {"name": "Renamed", "channel": "EMAIL", "status": "ACTIVE", **NO_TESTS}),
        (ABTest, {"name": "Renamed", **NO_VARIANTS}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_staff_change_is_in_the_audit_log_of_its_workspace_without_what_it_holds(staff, here, model, given):
    made = known_contact(here) if model is Contact else row(model, here)
    assert staff.post(url(model, "change", made.pk), given).status_code == 302
    event = AuditEvent.objects.get(action=Action.ADMINISTERED)
    assert (event.workspace_id, event.target, event.actor_name) == (here.pk, made.api_id, "root@example.com")
    assert event.after["done"] == "changed"
    assert "Name" in event.after["fields"] or "name" in event.after["fields"]
    assert "ada" not in str(event.after)


def test_an_enrollment_is_only_read(staff, here):
    made = row(Enrolment, here)
    staff.post(url(Enrolment, "change", made.pk), {"status": "EXITED"})
    made.refresh_from_db()
    assert made.status == "ACTIVE"


@pytest.mark.long
def test_staff_with_the_right_to_view_may_only_view(here):
    viewer = User.objects.create_user("staff@example.com", is_staff=True)
    viewer.user_permissions.set(
        Permission.objects.filter(content_type__app_label="analytics", codename__startswith="view")
    )
    client = Client()
    client.force_login(viewer)
    for model in MODELS:
        made = row(model, here)
        assert made in found(client.get(listed(model, here)))
        page = client.get(page_of(model, made))
        assert page.status_code == 200
        assert 'name="_save"' not in page.text


def test_times_are_those_of_the_workspace_that_rows_belong_to_and_the_page_says_so(staff, workspace):
    workspace.time_zone = "Asia/Tokyo"
    workspace.save()
    made = Campaign.objects.create(
        workspace=workspace, external_id="a", name="A", started_at=T, received_at=T, status="ACTIVE", channel="EMAIL"
    )
    everywhere, here = "30 Mar 2026, 12:00", "30 Mar 2026, 21:00"
    address = reverse("admin:analytics_campaign_changelist")
    for query, told, zone in (
        ({}, everywhere, "UTC"),
        ({"workspace__id__exact": workspace.pk}, here, "Asia/Tokyo"),
    ):
        page = staff.get(address, query).text
        assert told in page
        assert f"Times in {zone}." in page
    page = staff.get(reverse("admin:analytics_campaign_change", args=[made.pk])).text
    assert here in page
    assert 'value="21:00:00"' in page, "and what is typed is meant so, too"
    assert "Times in Asia/Tokyo." in page
