"""The files of pages as `collectstatic` leaves them, which the other tests do without."""

import re
from pathlib import Path
from posixpath import join, normpath
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

from campaignos.static_files import StaticFilesStorage
from workspaces.models import User

pytestmark = [pytest.mark.long, pytest.mark.either_database("files are served without the database")]

PAGES = ("/api/docs/", "/admin/", "/admin/workspaces/workspace/", "/admin/workspaces/user/add/", "/account/")
STORAGES = project.STORAGES


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Path:
    """Only style sheets are compressed: scripts and pictures alike, but for much longer."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = STORAGES
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*project.WHITENOISE_SKIP_COMPRESS_EXTENSIONS, "js", "svg", "txt"]
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


@pytest.mark.django_db
def test_every_file_that_a_page_names_is_served_for_ever(collected: Path) -> None:
    client = Client()
    pages = [client.get("/login/")]
    client.force_login(User.objects.create(email="ada@example.com", is_staff=True, is_superuser=True))
    pages += [client.get(page) for page in PAGES]
    assert [page.status_code for page in pages] == [200] * len(pages)
    named = {url for page in pages for url in re.findall(r'"(/static/[^"]+)"', page.content.decode())}
    assert {Path(url).suffix for url in named} >= {".js", ".css", ".svg"}
    for url in named:
        response = client.get(url, headers={"accept-encoding": "br"})
        assert (response.status_code, bool(response.getvalue())) == (200, True), url
        response.close()
        assert "immutable" in response["Cache-Control"], url
        assert (response.get("Content-Encoding") == "br") == url.endswith(".css"), url


def test_what_templates_and_style_sheets_name_is_there(collected: Path) -> None:
    texts = [path.read_text() for path in (project.BASE_DIR / "templates").rglob("*.html")]
    of_templates = {name for text in texts for name in re.findall(r"{% static '([^']+)' %}", text)}
    assert "js/charts.js" in of_templates
    files = {staticfiles_storage.stored_name(name) for name in of_templates}
    for path in collected.rglob("*.css"):
        folder = str(path.relative_to(collected).parent)
        urls = re.findall(r"url\(['\"]?([^'\")#?]+)", path.read_text())
        files |= {normpath(join(folder, url)) for url in urls if not url.startswith(("data:", "%"))}
    assert {Path(name).suffix for name in files} >= {".js", ".css", ".svg", ".woff2"}
    assert [name for name in files if not (collected / name).is_file()] == []


@pytest.mark.parametrize("outdated", [False, True], ids=["never collected", "collected before an upgrade"])
def test_pages_and_their_files_are_there_before_they_are_collected(
    settings: Any, tmp_path: Path, db: None, *, outdated: bool
) -> None:
    settings.STATIC_ROOT, settings.STORAGES = tmp_path, STORAGES
    settings.WHITENOISE_USE_FINDERS, settings.WHITENOISE_AUTOREFRESH = project.WHITENOISE_USE_FINDERS, False
    if outdated:
        (tmp_path / StaticFilesStorage.manifest_name).write_text(
            '{"paths": {"gone.css": "gone.1.css"}, "version": "1.1", "hash": ""}'
        )
    client = Client()
    page = client.get("/login/")
    assert page.status_code == 200
    named = set(re.findall(r'"(/static/[^"#]+)', page.content.decode()))
    assert {Path(url).suffix for url in named} >= {".js", ".css"}
    for url in named:
        response = client.get(url)
        assert (response.status_code, bool(response.getvalue())) == (200, True), url
        response.close()


def test_files_that_another_release_collects_meanwhile_are_served(
    settings: Any, tmp_path: Path, client: Client
) -> None:
    """Nothing else of the folder is, nor of what is outside of it."""
    settings.STATIC_ROOT, settings.STORAGES = tmp_path / "static", STORAGES
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    settings.STATIC_ROOT.mkdir()
    assert client.get("/static/new.0123456789ab.css").status_code == 404
    for name in ("static/new.0123456789ab.css", "static/plain.css", "outside.0123456789ab.css"):
        (tmp_path / name).write_text("a{}")
    response = client.get("/static/new.0123456789ab.css")
    assert b"".join(response) == b"a{}"
    response.close()
    for path in ("/static/plain.css", "/static/../outside.0123456789ab.css", "/static/gone.0123456789ab.css"):
        assert client.get(path).status_code == 404
