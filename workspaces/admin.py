"""Staff's view of users, workspaces, members and keys."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from workspaces.changes import change_time_zone, create_key
from workspaces.models import Key, KeyKind, Membership, User, Workspace

admin.site.site_header = admin.site.site_title = "CampaignOS Analytics"


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user", "workspace")


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    add_form = UserCreationForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "joined_at")
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)


class WorkspaceForm(forms.ModelForm):
    def clean_conversion_types(self) -> list[str]:
        """Nothing said is an empty list."""
        return self.cleaned_data["conversion_types"] or []


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):
    """Workspaces are not deleted here: their facts would stay behind."""

    form = WorkspaceForm
    ordering = ("name", "id")
    list_display = ("name", "api_id", "slug", "time_zone", "members", "created_at")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("created_at",)
    inlines = (MembershipInline,)

    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "time_zone" in form.changed_data:
            change_time_zone(obj, obj.time_zone)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(member_count=Count("memberships"))

    @admin.display(ordering="member_count")
    def members(self, workspace: Any) -> int:
        return int(workspace.member_count)

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ("user", "workspace", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "workspace__name")
    autocomplete_fields = ("user", "workspace")


class KeyForm(forms.ModelForm):
    class Meta:
        model = Key
        fields = ("workspace", "kind", "name", "expires_at")


@admin.register(Key)
class KeyAdmin(admin.ModelAdmin):
    """A new key's token is shown once, in the message after saving."""

    form = KeyForm
    list_display = ("name", "workspace", "kind", "prefix", "created_by", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("kind", "revoked_at")
    list_select_related = ("workspace", "created_by")
    search_fields = ("name", "prefix", "workspace__name")
    autocomplete_fields = ("workspace",)
    actions = ("revoke",)

    def get_readonly_fields(self, request: HttpRequest, obj: Key | None = None) -> tuple[str, ...]:
        return () if obj is None else ("workspace", "kind")

    def save_model(self, request: HttpRequest, obj: Key, form: forms.ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        key, token = create_key(
            workspace=obj.workspace,
            kind=KeyKind(obj.kind),
            name=obj.name,
            by=request.user if isinstance(request.user, User) else None,
        )
        Key.objects.filter(pk=key.pk).update(expires_at=obj.expires_at)
        obj.__dict__.update(key.__dict__)
        messages.success(request, f"The key, shown only now: {token}")

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[Key]) -> None:
        revoked = keys.filter(revoked_at=None).update(revoked_at=timezone.now())
        messages.success(request, f"Keys revoked: {revoked}.")
