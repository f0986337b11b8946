"""The version is written once, and said alike wherever somebody looks for it; licences are where tools look."""

import hashlib
import json
import re
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from campaignos import __version__
from campaignos.command_line import run
from campaignos.schema import FILE
from tests import releases


@pytest.mark.django_db
@pytest.mark.either_database("says what the program says of itself")
def test_a_server_that_is_ready_says_which_version_it_is(client):
    assert client.get("/readyz").json()["version"] == __version__


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.either_database("says what the program says of itself")
def test_the_metrics_have_the_version_as_a_label(client, settings):
    settings.METRICS_TOKEN = "metrics-token"
    text = client.get("/metrics", headers={"Authorization": "Bearer metrics-token"}).content.decode()
    assert f'campaignos_build_info{{version="{__version__}"}} 1.0' in text


def test_the_schema_is_that_of_the_version():
    assert re.findall(r"^  version: (.+)$", FILE.read_text(), re.MULTILINE) == [__version__]


@pytest.mark.either_database("says what the program says of itself")
def test_the_foot_of_every_page_says_the_version_to_those_who_are_logged_in(api, workspace):
    foot = f'<footer class="muted foot">CampaignOS Analytics {__version__}</footer>'
    for path in (f"/w/{workspace.slug}/", "/account/", "/metrics/", "/w/"):
        assert foot in api.get(path, follow=True).content.decode(), path
    assert __version__ not in Client().get("/", follow=True).content.decode()


def test_the_command_for_settings_says_the_version():
    out = StringIO()
    call_command("settings", stdout=out)
    assert f"\nVersion: {__version__}\n" in out.getvalue()


def test_the_command_line_says_the_version_and_not_djangos(capsys):
    for word in ("version", "--version"):
        run(["manage.py", word])
    assert capsys.readouterr().out == f"{__version__}\n" * 2


def test_the_newest_release_of_the_changelog_is_the_version():
    releases = re.findall(r"^## (\S+)", (settings.BASE_DIR / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert releases[0] == __version__


def test_upgrades_are_tried_from_the_release_before_also_where_this_one_has_its_day(tmp_path, monkeypatch):
    notes = (settings.BASE_DIR / "CHANGELOG.md").read_text()
    (tmp_path / "CHANGELOG.md").write_text(
        notes.replace(f"## {__version__} (in the making)", f"## {__version__} (2026-12-31)")
    )
    monkeypatch.setattr(releases, "ROOT", tmp_path)
    assert f"## {__version__} (2" in (tmp_path / "CHANGELOG.md").read_text()
    assert releases.last_release() not in ("", __version__)


def test_each_release_begins_with_what_to_know_when_upgrading():
    _, *releases = re.split(r"^## ", (settings.BASE_DIR / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert [re.findall(r"^### (.+)$", release, re.MULTILINE)[0] for release in releases] == [
        "To know when upgrading" for _ in releases
    ]


def test_no_other_file_writes_the_version_down():
    project = (settings.BASE_DIR / "pyproject.toml").read_text()
    assert (re.findall(r"^version", project, re.MULTILINE), 'dynamic = ["version"' in project) == ([], True)
    assert "version" not in json.loads((settings.BASE_DIR / "package.json").read_text())


def test_the_licence_is_the_official_text_and_named_where_tools_read_it():
    text = (settings.BASE_DIR / "LICENSE").read_bytes()
    assert hashlib.sha256(text).hexdigest() == "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4"
    assert 'license = "Apache-2.0"' in (settings.BASE_DIR / "pyproject.toml").read_text()
    package, lock = (
        json.loads((settings.BASE_DIR / f"{name}.json").read_text()) for name in ("package", "package-lock")
    )
    assert (package["license"], lock["packages"][""]["license"]) == ("Apache-2.0", "Apache-2.0")


def test_the_notice_names_every_file_of_others_with_its_licence():
    notice = (settings.BASE_DIR / "NOTICE").read_text()
    vendored = settings.BASE_DIR / "static" / "vendor"
    entries = json.loads((vendored / "MANIFEST.json").read_text())
    named = dict(re.findall(r"^static/vendor/(\S+) .*, (\S+)$", notice, re.MULTILINE))
    assert named == {entry["file"].partition("/")[0]: entry["license"] for entry in entries}
    assert all((vendored / folder / "LICENSE").is_file() for folder in named)
