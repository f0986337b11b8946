"""The pages of this app."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from workspaces import views

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.log_in, name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("theme/", views.set_theme, name="theme"),
    path("w/", views.workspaces, name="workspaces"),
]
