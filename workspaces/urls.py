"""The pages of this app. The names of the log-in's pages are django-allauth's, which leads from one to the other."""

from allauth.account import views as allauth
from django.urls import include, path, re_path

from workspaces.views import account, audit, invitations, keys, members, settings, start, undo, webhooks

_entrance = [
    path("login/", allauth.login, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("signup/", allauth.signup, name="account_signup"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    path("password/reset/changed/", allauth.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
]

_account = [
    path("", account.profile, name="profile"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("email/", allauth.email, name="account_email"),
    path("email/confirm/", allauth.email_verification_sent, name="account_email_verification_sent"),
    path("email/confirm/<str:key>/", allauth.confirm_email, name="account_confirm_email"),
    path("password/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("second-factor/", include("allauth.mfa.urls")),
    path("sessions/", account.sessions, name="sessions"),
    path("sessions/end/", account.end_sessions, name="end-sessions"),
]

_settings = [
    path("", settings.general, name="settings"),
    path("members/", members.members, name="settings-members"),
    path("members/<int:pk>/role/", members.set_role, name="member-role"),
    path("members/<int:pk>/remove/", members.remove, name="member-remove"),
    path("invitations/<int:pk>/revoke/", members.revoke, name="invitation-revoke"),
    path("keys/", keys.keys, name="settings-keys"),
    path("keys/<int:pk>/rotate/", keys.rotate, name="key-rotate"),
    path("keys/<int:pk>/revoke/", keys.revoke, name="key-revoke"),
    path("webhooks/", webhooks.webhooks, name="settings-webhooks"),
    path("webhooks/<int:pk>/rotate/", webhooks.rotate, name="webhook-rotate"),
    path("webhooks/<int:pk>/revoke/", webhooks.revoke, name="webhook-revoke"),
    path("webhooks/<int:pk>/signing-key/", webhooks.sign, name="webhook-sign"),
    path("audit/", audit.audit, name="settings-audit"),
    path("audit.csv", audit.audit_csv, name="settings-audit-csv"),
    path("delete/", settings.delete, name="settings-delete"),
]

urlpatterns = [
    path("", start.home, name="home"),
    path("", include(_entrance)),
    path("account/", include(_account)),
    path("again/", start.again, name="again"),
    path("undo/", undo.undo_page, name="undo"),
    path("theme/", start.set_theme, name="theme"),
    path("w/", start.workspaces, name="workspaces"),
    path("w/<slug:slug>/", start.workspace, name="workspace"),
    path("w/<slug:slug>/settings/", include(_settings)),
]
