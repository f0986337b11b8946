"""Staff's view of users, workspaces, members and keys."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils import timezone

from campaignos.conflicts import FormErrors
from campaignos.ids import key_of
from campaignos.texts import one_line
from workspaces.adapter import vouch_for_address
from workspaces.audit import record
from workspaces.changes import (
    change_settings,
    check_slug,
    create_key,
    create_webhook,
    revoke_key,
    revoke_webhook,
    rotate_webhook,
    set_signing_key,
)
from workspaces.models import (
    Action,
    AuditEvent,
    Key,
    KeyKind,
    Membership,
    Session,
    User,
    Webhook,
    Workspace,
    validate_signing_key,
)
from workspaces.models.audit import action_choices
from workspaces.models.keys import validate_end
from workspaces.people import NEEDS_OWNER, is_last_owner
from workspaces.proof import check_proved
from workspaces.roles import Role

admin.site.unregister([Authenticator, EmailAddress])  # secrets, and what is no more than a pending change
admin.site.unregister(Group)


class ZonedAdmin(admin.ModelAdmin):
    """Times are told in the zone of the workspace that a list is filtered by or that a row belongs to, and in UTC
    elsewhere. The page says which it is."""

    of_workspace: ClassVar[str] = "workspace__id__exact"
    """The parameter of the list that names a workspace."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        key = key_of(request.GET.get(self.of_workspace, ""))
        workspace = Workspace.objects.filter(pk=key).first() if key else None
        return self._in_zone(workspace, super().changelist_view, request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        workspace = self._workspace_of(request, object_id) if object_id else None
        return self._in_zone(workspace, super().changeform_view, request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._in_zone(
            self._workspace_of(request, object_id), super().history_view, request, object_id, extra_context
        )

    def _workspace_of(self, request: HttpRequest, object_id: str) -> Workspace | None:
        row = self.get_object(request, unquote(object_id))
        if isinstance(row, Workspace):
            return row
        key = getattr(row, "workspace_id", None)
        return Workspace.objects.filter(pk=key).first() if key else None

    @staticmethod
    def _in_zone(workspace: Workspace | None, view: Callable[..., Any], *args: Any) -> HttpResponse:
        with timezone.override(workspace.zone if workspace else UTC):
            response = view(*args)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response


class AuditedAdmin(ZonedAdmin):
    """What staff change is in the audit trail, too: the names of fields, not what they hold."""

    gives_rights: ClassVar[bool] = False
    """Whether what is changed here opens something to somebody: then it asks who one is (`workspaces.proof`)."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "name":
            options["validators"] = [one_line]
        return super().formfield_for_dbfield(db_field, request, **options)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj, "added", message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj, "changed", message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            self._record(request, obj, "deleted", [])
        return super().log_deletions(request, queryset)

    def _record(self, request: HttpRequest, obj: Any, done: str, message: Any) -> None:
        """Records the change in its transaction, which is undone where a proof is asked for."""
        if self.gives_rights:
            check_proved()
        parts = [next(iter(part.values())) for part in message if isinstance(part, dict)]
        record(
            Action.ADMINISTERED,
            by=cast(User, request.user),
            workspace=obj if isinstance(obj, Workspace) else getattr(obj, "workspace", None),
            account=obj if isinstance(obj, User) else None,
            target=getattr(obj, "api_id", f"{obj._meta.model_name}_{obj.pk}"),
            after={"done": done, "fields": sorted({name for part in parts for name in part.get("fields", ())})},
        )


@admin.register(Group)
class GroupAdmin(AuditedAdmin, DjangoGroupAdmin):
    """For superusers: whoever is in a group has its rights."""

    gives_rights = True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    has_add_permission = has_delete_permission = has_change_permission


def _is_superuser(request: HttpRequest) -> bool:
    return cast(User, request.user).is_superuser


class RoleForm(forms.ModelForm):
    def save(self, commit: bool = True) -> Any:
        """With another role, the user's sessions get new keys, as by `workspaces.people.change_role`."""
        if "role" in self.changed_data:
            Session.objects.filter(user=self.instance.user_id).update(must_rotate=True)
        return super().save(commit)


class MembershipForm(RoleForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"role", "workspace"} & set(self.changed_data) and self.instance.pk and is_last_owner(self.initial_row):
            self.add_error(None, NEEDS_OWNER)
        return cleaned

    @property
    def initial_row(self) -> Membership:
        return Membership.objects.get(pk=self.instance.pk)


class NamedFields(forms.BaseInlineFormSet):
    """A row's fields say by themselves what they are, and of what: the head of their column is not heard with them."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        row = str(form.instance) if form.instance.pk else "new"
        for name, field in form.fields.items():
            if not field.widget.is_hidden:
                field.widget.attrs["aria-label"] = f"{field.label or name.capitalize()}, {row}"


class MembershipFormSet(NamedFields):
    """Takes no workspace's last owner: also where several are taken at once."""

    def clean(self) -> None:
        super().clean()
        pks = [form.instance.pk for form in self.initial_forms]
        owners = Membership.objects.filter(role=Role.OWNER)
        owned = set(owners.filter(pk__in=pks).values_list("workspace_id", flat=True))
        others = owners.filter(workspace__in=owned).exclude(pk__in=pks)
        kept = set(others.values_list("workspace_id", flat=True))
        for form in self.forms:
            if form not in self.deleted_forms and form.cleaned_data.get("role") == Role.OWNER:
                kept.add(form.instance.workspace_id)
        if owned - kept:
            raise forms.ValidationError(NEEDS_OWNER)


class WithoutDeletingMany(admin.ModelAdmin):
    """Each is deleted alone, so that what hangs on it can be looked at: a workspace's last owner is not deleted."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class MembershipInline(admin.TabularInline):
    model = Membership
    form = RoleForm
    formset = MembershipFormSet
    extra = 0
    autocomplete_fields = ("user", "workspace")


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(AuditedAdmin, WithoutDeletingMany, DjangoUserAdmin):
    """Rights, and users who are staff, are changed by superusers alone: others would take rights that they have not."""

    gives_rights = True
    add_form = UserCreationForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "joined_at")
    inlines = (MembershipInline,)
    actions = ("end_sessions",)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fixed = () if _is_superuser(request) else ("is_staff", "is_superuser", "groups", "user_permissions")
        return (*super().get_readonly_fields(request, obj), *fixed)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        if request.method == "POST":
            check_proved()
        return super().user_change_password(request, id, form_url)

    def _may_touch(self, request: HttpRequest, user: User | None) -> bool:
        """Whether the email and password may be changed: staff's may not, since whoever knows them comes in as them."""
        return user is None or _is_superuser(request) or not (user.is_staff or user.is_superuser)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """With another email, what log-in pages knew of the old one and of pending changes goes."""
        super().save_model(request, obj, form, change)
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()
        vouch_for_address(obj)

    @admin.action(description="End all sessions of the selected users", permissions=["change"])
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in (user for user in users if self._may_touch(request, user)):
            ended, _ = user.sessions.all().delete()
            record(Action.SESSION_ENDED, by=cast(User, request.user), account=user, after={"sessions": ended})
        messages.success(request, "Their sessions are ended.")


class WorkspaceForm(forms.ModelForm):
    def clean_conversion_types(self) -> list[str]:
        """Nothing said is an empty list."""
        return self.cleaned_data["conversion_types"] or []

    def clean_money_rules(self) -> dict[str, Any]:
        return self.cleaned_data["money_rules"] or {}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        with FormErrors(self):
            check_slug(self.instance, cleaned.get("slug", ""))
        return cleaned


@admin.register(Workspace)
class WorkspaceAdmin(AuditedAdmin):
    """A workspace is changed as by its own pages. Its owner deletes it there: here, its facts would stay behind."""

    gives_rights = True
    form = WorkspaceForm
    ordering = ("name", "id")
    list_display = ("name", "api_id", "slug", "time_zone", "currency", "members", "created_at")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("created_at",)
    inlines = (MembershipInline,)

    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        change_settings(workspace=obj, by=cast(User, request.user), **changed)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(member_count=Count("memberships"))

    @admin.display(ordering="member_count")
    def members(self, workspace: Any) -> int:
        return int(workspace.member_count)

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(AuditedAdmin, WithoutDeletingMany):
    gives_rights = True
    form = MembershipForm
    list_display = ("user", "workspace", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "workspace__name")
    autocomplete_fields = ("user", "workspace")

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Deleting a user asks this of their memberships, too."""
        return super().has_delete_permission(request, obj) and (obj is None or not is_last_owner(obj))


class KeyForm(forms.ModelForm):
    class Meta:
        model = Key
        fields = ("workspace", "kind", "allows_browsers", "name", "expires_at")

    def clean_expires_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["expires_at"]
        if at is not None and "expires_at" in self.changed_data:
            validate_end(at)
        return at


@admin.register(Key)
class KeyAdmin(AuditedAdmin):
    """A new key's token is shown once, in the message after saving."""

    gives_rights = True
    form = KeyForm
    list_display = (
        *("name", "workspace", "kind", "allows_browsers", "prefix"),
        *("created_by", "last_used_at", "expires_at", "revoked_at"),
    )
    list_filter = ("kind", "allows_browsers", "revoked_at")
    list_select_related = ("workspace", "created_by")
    search_fields = ("name", "prefix", "workspace__name")
    autocomplete_fields = ("workspace",)
    actions = ("revoke",)

    def get_readonly_fields(self, request: HttpRequest, obj: Key | None = None) -> tuple[str, ...]:
        return () if obj is None else ("workspace", "kind", "allows_browsers")

    def save_model(self, request: HttpRequest, obj: Key, form: forms.ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        key, token = create_key(
            workspace=obj.workspace,
            kind=KeyKind(obj.kind),
            name=obj.name,
            by=cast(User, request.user),
            expires_at=obj.expires_at,
            allows_browsers=obj.allows_browsers,
        )
        obj.__dict__.update(key.__dict__)
        messages.success(request, f"The key, shown only now: {token}")

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[Key]) -> None:
        usable = list(keys.filter(revoked_at=None).select_related("workspace"))
        for key in usable:
            revoke_key(key=key, by=cast(User, request.user))
        messages.success(request, f"Keys revoked: {len(usable)}.")


class WebhookForm(forms.ModelForm):
    class Meta:
        model = Webhook
        fields = ("workspace", "provider", "signing_key")

    def clean(self) -> dict[str, Any]:
        """An address in use is told here; the provider's key must be one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        provider = self.instance.provider or cleaned.get("provider")
        in_use = Webhook.objects.usable().filter(workspace=cleaned.get("workspace"), provider=provider)
        if self.instance.pk is None and in_use.exists():
            self.add_error("provider", "The workspace has a webhook of this provider in use: revoke it first.")
        if provider and cleaned.get("signing_key"):
            try:
                validate_signing_key(provider, cleaned["signing_key"])
            except forms.ValidationError as error:
                self.add_error("signing_key", error)
        return cleaned


@admin.register(Webhook)
class WebhookAdmin(AuditedAdmin):
    """The address to give the provider is shown beside each webhook, as often as it is wanted."""

    form = WebhookForm
    list_display = ("workspace", "provider", "created_by", "last_event_at", "revoked_at")
    list_filter = ("provider", "revoked_at")
    list_select_related = ("workspace", "created_by")
    search_fields = ("workspace__name",)
    autocomplete_fields = ("workspace",)
    actions = ("revoke", "rotate")

    def get_readonly_fields(self, request: HttpRequest, obj: Webhook | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("workspace", "provider", "address", "confirmation_url", "last_event_at", "revoked_at")

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> tuple[str, ...]:
        return (
            ("workspace", "provider", "signing_key")
            if obj is None
            else (*self.get_readonly_fields(request, obj), "signing_key")
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Webhook | None:
        webhook: Webhook | None = super().get_object(request, object_id, from_field)
        if webhook is not None:
            webhook.origin = request.build_absolute_uri("/").rstrip("/")  # type: ignore[attr-defined]
        return webhook

    @admin.display(description="address for the provider")
    def address(self, webhook: Any) -> str:
        return str(webhook.address(webhook.origin))

    def save_model(self, request: HttpRequest, obj: Webhook, form: forms.ModelForm, change: bool) -> None:
        by = cast(User, request.user)
        if not change:
            made = create_webhook(workspace=obj.workspace, provider=obj.provider, by=by)
            obj.__dict__.update({**made.__dict__, "signing_key": obj.signing_key})
        if "signing_key" in form.changed_data:
            set_signing_key(webhook=obj, key=obj.signing_key, by=by)

    def has_delete_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        return False

    @admin.action(description="Revoke the selected webhooks", permissions=["change"])
    def revoke(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        usable = list(webhooks.filter(revoked_at=None).select_related("workspace"))
        for webhook in usable:
            revoke_webhook(webhook=webhook, by=cast(User, request.user))
        messages.success(request, f"Webhooks revoked: {len(usable)}.")

    @admin.action(description="Give the selected webhooks another address", permissions=["change"])
    def rotate(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        for webhook in webhooks.filter(revoked_at=None).select_related("workspace"):
            rotate_webhook(webhook=webhook, by=cast(User, request.user))
        messages.success(request, "The old addresses are revoked; copy the new ones to the providers.")


class ActionFilter(admin.SimpleListFilter):
    title = parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return action_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ZonedAdmin):
    """To read only, like the table itself."""

    list_display = ("at", "actor_name", "action_text", "target", "workspace_id", "account_id", "ip", "request_id")
    list_filter = (ActionFilter, "at")
    fields = (
        *("at", "actor_name", "action_text", "target", "workspace_id", "account_id"),
        *("before", "after", "ip", "request_id"),
    )
    readonly_fields = fields
    search_fields = ("actor_name", "target", "request_id")
    show_full_result_count = False

    @admin.display(description="action", ordering="action")
    def action_text(self, event: AuditEvent) -> str:
        return event.get_action_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False
