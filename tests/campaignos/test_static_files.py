"""The files of pages as `collectstatic` leaves them, which the other tests do without."""

import json
import re
import shutil
from pathlib import Path
from posixpath import join, normpath
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

from campaignos import __version__
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


def add_release(site: Path, version: str, file: str, *, name: str = "") -> None:
    """A release beside the others, whose list names one file, which is there, and packed too."""
    package = site / "releases" / (name or version) / "campaignos"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f'"""A release."""\n\n__version__ = "{version}"\n')
    static = site / "static"
    static.mkdir(exist_ok=True)
    listed = {"paths": {"site.css": file}, "version": "1.1", "hash": ""}
    (static / f"staticfiles-{version}.json").write_text(json.dumps(listed))
    for packed in ("", ".gz", ".br"):
        (static / f"{file}{packed}").write_text("a{}")


def collect(site: Path, settings: Any, *, releases: str = "releases") -> set[str]:
    """Collects one file as this program, which is a release of the site; answers which files are there then."""
    settings.BASE_DIR, settings.STATIC_ROOT = site / releases / "own", site / "static"
    settings.STATICFILES_DIRS, settings.STORAGES = [site / "source"], STORAGES
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    (site / "source").mkdir(exist_ok=True)
    (site / "source" / "site.css").write_text("b{}")
    call_command("collectstatic", interactive=False, verbosity=0)
    return {path.name for path in (site / "static").iterdir()}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """With a release before, and one that nobody kept, whose files are there."""
    add_release(tmp_path, __version__, "site.0123456789ab.css", name="own")
    add_release(tmp_path, "0.0.2", "site.2222222222bb.css")
    add_release(tmp_path, "0.0.1", "site.1111111111aa.css")
    shutil.rmtree(tmp_path / "releases" / "0.0.1")
    return tmp_path


def test_files_that_no_release_names_go_when_another_is_collected(site: Path, settings: Any, client: Client) -> None:
    (site / "static" / "robots.txt").write_text("somebody put it there")
    found = collect(site, settings)
    [own] = {name for name in found if re.fullmatch(r"site\.[0-9a-f]{12}\.css", name)} - {"site.2222222222bb.css"}
    assert found - {f"{own}.gz", f"{own}.br"} == {
        *("site.2222222222bb.css", "site.2222222222bb.css.gz", "site.2222222222bb.css.br"),
        *("staticfiles-0.0.2.json", f"staticfiles-{__version__}.json", "robots.txt", own),
    }
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    response = client.get("/static/site.2222222222bb.css")
    assert (response.status_code, b"".join(response)) == (200, b"a{}")
    response.close()


def test_files_stay_where_two_releases_have_one_version(site: Path, settings: Any) -> None:
    add_release(site, __version__, "site.3333333333cc.css", name="again")
    assert {"site.1111111111aa.css", "staticfiles-0.0.1.json"} <= collect(site, settings)


def test_files_stay_where_the_program_lies_beside_no_releases(site: Path, settings: Any) -> None:
    (site / "releases").rename(site / "checkouts")
    assert {"site.1111111111aa.css", "staticfiles-0.0.1.json"} <= collect(site, settings, releases="checkouts")
