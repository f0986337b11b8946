"""The scope: for whom code acts, what its managers see then, and when it ends."""

import threading
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from analytics.metrics import Counted
from analytics.models import Campaign, Contact, DayCount, Enrolment
from analytics.providers import Provider
from tests.analytics.rows import row
from workspaces import access
from workspaces import scope as scopes
from workspaces.changes import create_key, create_webhook, create_workspace
from workspaces.models import AuditEvent, Key, KeyKind, Membership
from workspaces.scope import (
    ALL,
    DOOR,
    READ_AT_THE_DOOR,
    ScopedManager,
    ScopeError,
    ScopeMiddleware,
    act_for,
    at_the_door,
    current_scope,
    scope,
    scope_of_all,
)

TENANT_MODELS = [
    model for model in apps.get_models() if any(field.name == "workspace" for field in model._meta.local_fields)
]
SCOPED = [model for model in TENANT_MODELS if model is not AuditEvent]
"""The audit trail also has lines of no workspace: `AuditEvent.objects.seen_from` chooses."""


def each(models):
    return pytest.mark.parametrize("model", models, ids=lambda model: model.__name__)


@pytest.fixture
def elsewhere(owner):
    return create_workspace(name="Elsewhere", time_zone="UTC", by=owner)


@pytest.fixture
def answered():
    """What comes of a request that a view answers."""

    def answered(view):
        return ScopeMiddleware(view)(RequestFactory().get("/"))

    return answered


@each(SCOPED)
def test_every_table_with_a_workspace_is_asked_through_the_scope(model):
    assert isinstance(model._default_manager, ScopedManager)


def test_what_is_read_at_the_door_are_tables_with_a_workspace():
    assert {model._meta.label for model in TENANT_MODELS} >= READ_AT_THE_DOOR


@each([model for model in SCOPED if model._meta.label not in READ_AT_THE_DOOR])
def test_whoever_acts_for_nobody_is_told_which_model_and_what_to_do(model):
    with at_the_door(), pytest.raises(ScopeError, match=rf"^{model.__name__} was .*with scope\(workspace\)"):
        model.objects.all()


def test_at_the_door_all_keys_and_memberships_are_read(workspace, elsewhere, write_key):
    with at_the_door():
        assert Membership.objects.count() == 2
        assert Key.objects.count() == 1


@each([Membership, Contact])
def test_who_acts_for_a_workspace_sees_its_rows_alone(workspace, elsewhere, model):
    row(Contact, workspace), row(Contact, elsewhere)
    with scope(workspace):
        assert {one.workspace_id for one in model.objects.all()} == {workspace.pk}
        assert not model.objects.filter(workspace=elsewhere).exists()
        assert not model.objects.filter(workspace=elsewhere).delete()[0]
    with scope_of_all("a test"):
        assert {one.workspace_id for one in model.objects.all()} == {workspace.pk, elsewhere.pk}


def test_a_query_that_names_its_workspace_is_the_same_with_the_scope(workspace):
    plain = QuerySet(Contact)
    with scope(workspace):
        asked = Contact.objects.filter(workspace=workspace, name="x").exclude(email="y")
        assert str(asked.query) == str(plain.filter(workspace=workspace, name="x").exclude(email="y").query)
        within = Enrolment.objects.filter(workspace=workspace, contact__in=asked)
        assert str(within.query).count(f'"workspace_id" = {workspace.pk}') == 2


@pytest.mark.parametrize(
    "unscoped",
    [
        lambda rows, ours: rows,
        lambda rows, ours: rows.filter(Q(workspace=ours) | Q(name="x")),
        lambda rows, ours: rows.filter(workspace=ours) | rows.filter(name="x"),
        lambda rows, ours: rows.filter(name="x") | rows.filter(workspace=ours),
        lambda rows, ours: rows.exclude(workspace=ours),
        lambda rows, ours: rows.filter(~Q(workspace=ours)),
        lambda rows, ours: Contact.objects.filter(Exists(rows.filter(name=OuterRef("name")))),
    ],
)
def test_whatever_else_a_query_asks_foreign_rows_stay_away(workspace, elsewhere, unscoped):
    ours = [row(Contact, workspace, name="x"), row(Contact, workspace)]
    theirs = [row(Contact, elsewhere, name="x"), row(Contact, elsewhere)]
    with scope(workspace):
        found = unscoped(Contact.objects.all(), workspace)
        assert not set(found) & set(theirs)
        assert found.filter(pk__in=[one.pk for one in theirs]).update(name="mine") == 0
        assert found.filter(pk__in=[one.pk for one in theirs]).delete()[0] == 0
        assert set(Contact.objects.all()) == set(ours)


def test_links_that_lead_to_many_rows_keep_to_the_scope(workspace, elsewhere):
    enrollment = row(Enrolment, workspace)
    contact = enrollment.contact
    with scope(elsewhere):
        assert not elsewhere.memberships.filter(workspace=workspace).exists()
        assert not workspace.memberships.exists()
        assert not Enrolment.objects.filter(contact=contact).exists()
    with scope(workspace):
        assert Enrolment.objects.get(contact=contact) == enrollment
    with at_the_door(), pytest.raises(ScopeError):
        Campaign.objects.filter(pk=enrollment.campaign_id)


def test_scopes_nest_and_end_also_by_an_error(workspace, elsewhere):
    with at_the_door():
        with scope(workspace):
            with suppress(ZeroDivisionError), scope(elsewhere.pk):
                assert current_scope() == elsewhere.pk
                _ = 1 / 0
            assert current_scope() == workspace.pk
        assert current_scope() == DOOR


def test_a_request_begins_at_the_door_and_leaves_nothing_behind(workspace, answered):
    seen = []

    def view(request):
        seen.append(current_scope())
        act_for(workspace.pk)
        seen.append(current_scope())
        return HttpResponse()

    with scope_of_all("a test"):
        answered(view)
        assert current_scope() == ALL
    assert seen == [DOOR, workspace.pk]


def test_a_request_that_fails_leaves_nothing_behind(workspace, answered):
    def view(request):
        act_for(workspace.pk)
        raise Http404

    with at_the_door():
        with pytest.raises(Http404):
            answered(view)
        assert current_scope() == DOOR


def test_a_streamed_answer_is_made_within_the_scope_of_its_request(workspace, answered):
    def view(request):
        act_for(workspace.pk)
        return StreamingHttpResponse(str(current_scope()) for _ in range(2))

    with at_the_door():
        parts = iter(answered(view))
        assert next(parts) == str(workspace.pk).encode()
        assert current_scope() == DOOR  # between the parts the thread is the server's
        assert list(parts) == [str(workspace.pk).encode()]


def test_a_streamed_answer_is_closed_with_its_response(workspace, answered):
    closed = []

    def lines():
        try:
            yield "a"
            yield "b"
        finally:
            closed.append(current_scope())

    def view(request):
        act_for(workspace.pk)
        return StreamingHttpResponse(lines())

    response = answered(view)
    next(iter(response))
    response.close()
    assert len(closed) == 1


def test_another_thread_is_at_the_door():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(current_scope()))
    with scope(1):
        thread.start()
        thread.join()
    assert seen == [DOOR]


def test_the_door_sets_the_scope_of_who_is_let_in(workspace, owner):
    _, token = create_key(workspace=workspace, kind=KeyKind.WRITE, name="k", by=owner)
    hook = create_webhook(workspace=workspace, provider=Provider.POSTMARK, by=owner)
    request = RequestFactory().get("/")
    request.user = owner
    for let_in in (
        lambda: access.usable_key(token, KeyKind.WRITE),
        lambda: access.usable_webhook(hook.token, hook.provider),
        lambda: access.page_membership(request, workspace.slug),
    ):
        with at_the_door():
            let_in()
            assert current_scope() == workspace.pk


def test_the_door_leaves_who_is_refused_where_they_were(workspace, owner, stranger_client):
    request = RequestFactory().get("/")
    request.user = owner
    with at_the_door():
        with pytest.raises(Http404):
            access.page_membership(request, "elsewhere")
        assert access.usable_key("wk_none", KeyKind.WRITE) is None
        assert current_scope() == DOOR


def test_a_page_of_one_workspace_offers_the_others(api, workspace, elsewhere):
    page = api.get(f"/w/{workspace.slug}/settings/members/").content.decode()
    assert f"/w/{elsewhere.slug}/" in page


def test_the_page_of_all_workspaces_counts_in_each(api, workspace, elsewhere):
    for number, of in enumerate((workspace, elsewhere), start=1):
        row(DayCount, of, day=date.today() - timedelta(days=2), counted=Counted.EVENTS, n=1000 * number)
    page = api.get("/w/").content.decode()
    assert "1,000" in page
    assert "2,000" in page


def test_an_endpoint_that_forgets_the_door_fails(workspace, monkeypatch, owner):
    monkeypatch.setattr(access, "act_for", lambda workspace_id: None)
    client = Client(raise_request_exception=True)
    client.force_login(owner)
    with pytest.raises(scopes.ScopeError):
        client.get(f"/api/workspaces/{workspace.api_id}/contacts")
