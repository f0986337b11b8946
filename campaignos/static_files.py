"""Static files by the names that `collectstatic` gave them, and by their own where it has not been run.

Releases share the folder, in which those of the release before stay: while one takes over from the other, pages of
either are asked for files at either. Files that no release names any more are deleted when the next is collected.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

from campaignos import __version__

_HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$").search
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_COMPRESSED = {".br", ".gz"}


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """As WhiteNoise's, with which a page is a 500 where a file was not collected: at first, or after an upgrade."""

    manifest_name = f"staticfiles-{__version__}.json"  # processes of the release before, also new ones, read their own

    def stored_name(self, name: str) -> str:
        key = self.hash_key(urlsplit(unquote(name)).path.strip())
        stored: str = super().stored_name(name) if key in self.hashed_files else name
        return stored

    def post_process(self, *args: Any, **options: Any) -> Iterator[Any]:
        yield from super().post_process(*args, **options)
        if not options.get("dry_run"):
            _delete_files_of_no_release(Path(self.location), versions_beside(settings.BASE_DIR))


def versions_beside(release: Path) -> list[str]:
    """The versions of the releases that are there; none where the program lies in no folder of releases."""
    if release.parent.name != "releases":
        return []
    programs = [path.read_text() for path in release.parent.glob("*/campaignos/__init__.py")]
    return [version for program in programs for version in _VERSION.findall(program)]


def _delete_files_of_no_release(folder: Path, versions: list[str]) -> None:
    """Two releases of one version have one list, which is the later one's: then nothing is known to be of none."""
    if not versions or len(versions) > len({*versions}):
        return
    lists = {folder / f"staticfiles-{version}.json" for version in versions}
    named = {name for each in lists if each.exists() for name in json.loads(each.read_text())["paths"].values()}
    for path in folder.rglob("*.*"):
        name = str(path.relative_to(folder))
        stem = name.removesuffix(path.suffix) if path.suffix in _COMPRESSED else name
        if (_HASHED(stem) and stem not in named) or (path.match("staticfiles-*.json") and path not in lists):
            path.unlink(missing_ok=True)


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """As WhiteNoise's, which knows the files of when the process began; this also knows those collected since."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.directories = [(f"{Path(self.static_root).resolve()}/", self.static_prefix)]  # where `find_file` looks

    def __call__(self, request: Any) -> Any:
        path = request.path_info
        is_unknown = path not in self.files and path.startswith(self.static_prefix) and _HASHED(path)
        if is_unknown and (file := self.find_file(path)):
            self.files[path] = file
        return super().__call__(request)
