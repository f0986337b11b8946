"""Staff's view of the catalogue, and of the facts to read.

Catalogue rows are made by the API, which gives contacts their person; nothing is deleted here, for facts would stay
behind. Facts are shown for one workspace at a time, so that every query on them names it.
"""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from analytics.ingest import take_contacts
from analytics.ingest.variants import is_in_use
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
from analytics.models.changes import FollowedModel
from analytics.models.stamps import stamp
from analytics.views.staff import resend_invitation, send_reset_mail, staff_page
from campaignos.ids import key_of
from workspaces.admin import AuditedAdmin, NamedFields, WorkspaceAdmin, ZonedAdmin
from workspaces.models import User, Workspace
from workspaces.scope import scope


class CatalogueAdmin(AuditedAdmin):
    list_select_related: ClassVar[Any] = ("workspace",)
    list_filter: ClassVar[Any] = (("workspace", admin.RelatedOnlyFieldListFilter),)
    show_full_result_count = False
    ordering: ClassVar[Any] = ("-id",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if isinstance(obj, FollowedModel):
            obj.written_at = stamp()
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Contact)
class ContactAdmin(CatalogueAdmin):
    """A change by staff counts like any other statement about a contact: newer than those before it, older than those
    after it."""

    list_display = ("external_id", "name", "email", "workspace", "signed_up_at")
    search_fields = ("external_id", "email", "name")
    date_hierarchy = "signed_up_at"
    fields = (
        "workspace",
        "external_id",
        "name",
        "email",
        "phone",
        "attributes",
        "signed_up_at",
        "signup_is_stated",
        "complained_at",
        "unsubscribed_at",
        "person_number",
        "merged_into",
        "received_at",
    )
    readonly_fields = (
        "workspace",
        "external_id",
        "attributes",
        "signed_up_at",
        "signup_is_stated",
        "complained_at",
        "unsubscribed_at",
        "person_number",
        "merged_into",
        "received_at",
    )

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        item = {"externalId": obj.external_id, **changed}
        with scope(obj.workspace):
            outcome = take_contacts(obj.workspace, [item], received_at=timezone.now())
        for remark in (*outcome.rejected, *outcome.warnings):
            messages.warning(request, remark.message)


class ABTestInline(admin.TabularInline):
    model = ABTest
    formset = NamedFields
    fields = ("external_id", "name")
    readonly_fields = ("external_id",)
    extra = 0
    show_change_link = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Campaign)
class CampaignAdmin(CatalogueAdmin):
    list_display = ("name", "api_id", "workspace", "channel", "status", "started_at", "ended_at")
    list_filter = (*CatalogueAdmin.list_filter, "status", "channel")
    search_fields = ("name", "external_id")
    readonly_fields = ("workspace", "external_id", "received_at")
    inlines = (ABTestInline,)


class VariantInline(admin.TabularInline):
    model = Variant
    formset = NamedFields
    fields = ("name", "position", "weight", "is_control")
    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: ABTest | None = None) -> tuple[str, ...]:
        """All but its name once people were given it: they are drawn and compared by the rest."""
        return self.fields[1:] if obj is not None and is_in_use(obj) else ()

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ABTest)
class ABTestAdmin(CatalogueAdmin):
    """When it runs, and what decides it, is changed where its results are shown."""

    list_display = ("name", "api_id", "campaign", "is_holdout", "workspace", "started_at", "ended_at")
    list_filter = (*CatalogueAdmin.list_filter, "is_holdout")
    list_select_related = ("workspace", "campaign")
    search_fields = ("name", "external_id", "campaign__name")
    fields = (
        "workspace",
        "campaign",
        "external_id",
        "name",
        "is_holdout",
        "started_at",
        "ended_at",
        "planned_size",
        "goal",
        "goal_event",
        "window_days",
        "seed",
    )
    readonly_fields = tuple(name for name in fields if name != "name")
    inlines = (VariantInline,)


@admin.register(Enrolment)
class EnrollmentAdmin(CatalogueAdmin):
    list_display = ("known_as", "campaign", "workspace", "status", "enrolled_at", "completed_at")
    list_filter = (*CatalogueAdmin.list_filter, "status")
    list_select_related = ("workspace", "campaign", "contact")
    search_fields = ("contact__external_id", "contact__email", "campaign__name")
    readonly_fields = ("workspace", "campaign", "contact", "status", "enrolled_at", "completed_at", "received_at")

    @admin.display(description="contact", ordering="contact")
    def known_as(self, enrollment: Enrolment) -> str:
        return enrollment.contact.label


@admin.register(UtmTriple)
class UtmTripleAdmin(CatalogueAdmin):
    list_display = ("source", "medium", "campaign", "workspace")
    search_fields = ("source", "medium", "campaign")
    readonly_fields = ("workspace", "source", "medium", "campaign")


@admin.register(EventProperty)
class EventPropertyAdmin(CatalogueAdmin):
    """Columns are switched on the workspace's own page, which has them built."""

    list_display = ("name", "event_type", "column", "building_before", "workspace")
    list_filter = (*CatalogueAdmin.list_filter, "column")
    search_fields = ("name", "event_type", "description")
    fields = (
        "workspace",
        "event_type",
        "name",
        "description",
        "column",
        "column_set_at",
        "building_before",
        "days_built",
        "days_to_build",
    )
    readonly_fields = tuple(name for name in fields if name != "description")


admin.site.unregister(Workspace)


@admin.register(Workspace)
class HelpedWorkspaceAdmin(WorkspaceAdmin):
    """With a page of what came in and who works there, for staff who help somebody."""

    change_form_template = "admin/workspaces/workspace/change_form.html"

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (*super().get_list_display(request), "state")

    @admin.display(description="state")
    def state(self, workspace: Workspace) -> str:
        address = reverse("admin:workspaces_workspace_state", args=[workspace.pk])
        return format_html('<a href="{}">State</a>', address)

    def get_urls(self) -> list[Any]:
        name, view = "workspaces_workspace", self.admin_site.admin_view
        return [
            path("<int:pk>/state/", view(require_safe(self.state_view)), name=f"{name}_state"),
            path("<int:pk>/state/reset/<int:row>/", view(require_POST(self.reset_view)), name=f"{name}_reset"),
            path("<int:pk>/state/resend/<int:row>/", view(require_POST(self.resend_view)), name=f"{name}_resend"),
            *super().get_urls(),
        ]

    def state_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        workspace = self._workspace(request, pk, self.has_view_permission)
        of_site = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{workspace.name}: state",
        }
        may_resend = self.has_change_permission(request, workspace)
        return staff_page(request, workspace, of_site, may_reset=_may_change_users(request), may_resend=may_resend)

    def reset_view(self, request: HttpRequest, pk: int, row: int) -> HttpResponse:
        if not _may_change_users(request):
            raise PermissionDenied
        return send_reset_mail(request, self._workspace(request, pk, self.has_view_permission), row)

    def resend_view(self, request: HttpRequest, pk: int, row: int) -> HttpResponse:
        return resend_invitation(request, self._workspace(request, pk, self.has_change_permission), row)

    def _workspace(self, request: HttpRequest, pk: int, is_allowed: Callable[..., bool]) -> Workspace:
        workspace = get_object_or_404(Workspace, pk=pk)
        if not is_allowed(request, workspace):
            raise PermissionDenied
        return workspace


def _may_change_users(request: HttpRequest) -> bool:
    return cast(User, request.user).has_perm("workspaces.change_user")


class OfOneWorkspace(admin.SimpleListFilter):
    """Chooses the workspace whose facts are shown; none are until one is chosen."""

    title = "workspace"
    parameter_name = "workspace"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Workspace.objects.values_list("pk", "name")]

    def has_output(self) -> bool:
        """Shown even without a workspace to choose: Django ignores a filter that is not shown, and would ask for all
        rows."""
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return _of_workspace(queryset, self.value() or "")


def _of_workspace(rows: QuerySet[Any], number: str) -> QuerySet[Any]:
    key = key_of(number)
    return rows.none() if key is None else rows.filter(workspace=key)


class FactAdmin(ZonedAdmin):
    """Rows that staff may read and not change."""

    of_workspace = OfOneWorkspace.parameter_name
    list_filter: ClassVar[Any] = (OfOneWorkspace,)
    show_full_result_count = False
    list_per_page = 50
    ordering: ClassVar[Any] = ("-received_at",)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, if it belongs to the workspace in whose list the link to it stands."""
        chosen = QueryDict(request.GET.get("_changelist_filters", "")).get(OfOneWorkspace.parameter_name)
        try:
            return _of_workspace(self.get_queryset(request), str(chosen)).filter(pk=object_id).first()
        except ValidationError:
            return None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if OfOneWorkspace.parameter_name not in request.GET:
            messages.info(request, "Choose a workspace in the filter to see its rows.")
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(FactAdmin):
    list_display = ("type", "person_number", "occurred_at", "received_at", "message_id")
    search_fields = ("=type", "=message_id")
    ordering = ("-occurred_at",)
    raw_id_fields = ("workspace", "utm")


@admin.register(Assignment)
class AssignmentAdmin(FactAdmin):
    list_display = ("test_api_id", "variant_id", "person_number", "assigned_at", "withheld", "received_at")
    list_filter = (OfOneWorkspace, "withheld")
    search_fields = ("=person_number",)
    ordering = ("-assigned_at",)
    exclude = ("test", "variant")  # whose names would be looked for in all workspaces
    readonly_fields = ("test_api_id", "variant_id")

    @admin.display(description="A/B test")
    def test_api_id(self, assignment: Assignment) -> str:
        return ABTest(pk=assignment.test_id).api_id


@admin.register(Message)
class MessageAdmin(FactAdmin):
    list_display = ("external_id", "channel", "created_at", "sent_at", "delivered_at", "opened_at", "clicked_at")
    list_filter = (OfOneWorkspace, "channel")
    search_fields = ("=external_id", "=provider_message_id")
    ordering = ("-created_at",)


@admin.register(MessageEvent)
class MessageEventAdmin(FactAdmin):
    list_display = ("type", "message_ref", "occurred_at", "actor", "actor_rule", "received_at")
    exclude = ("message",)  # whose name would be looked for in all workspaces
    readonly_fields = ("message_api_id",)
    list_filter = (OfOneWorkspace, "type", "actor")
    search_fields = ("=message_ref",)

    @admin.display(description="message")
    def message_api_id(self, report: MessageEvent) -> str:
        return Message(pk=report.message_id).api_id if report.message_id else "not known yet"


@admin.register(IngestRemark)
class IngestRemarkAdmin(FactAdmin):
    list_display = ("code", "kind", "count", "source", "key_id", "message", "received_at")
    list_filter = (OfOneWorkspace, "kind")
    search_fields = ("=code", "=message_id", "=source")


@admin.register(JobRun)
class JobRunAdmin(ZonedAdmin):
    """What `manage.py tick` did: newest first, to read only."""

    list_display = ("job", "state", "started_at", "duration", "numbers", "error")
    list_filter = ("job", "state")
    ordering = ("-started_at",)
    show_full_result_count = False

    @admin.display(description="result")
    def numbers(self, run: JobRun) -> str:
        return ", ".join(f"{name.replace('_', ' ')}: {number:,}" for name, number in run.result.items())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
