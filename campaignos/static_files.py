"""Static files by the names that `collectstatic` gave them, and by their own where it has not been run.

Releases share the folder, in which those of the release before stay: while one takes over from the other, pages of
either are asked for files at either.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

from campaignos import __version__

_HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$").search


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """As WhiteNoise's, with which a page is a 500 where a file was not collected: at first, or after an upgrade."""

    manifest_name = f"staticfiles-{__version__}.json"  # processes of the release before, also new ones, read their own

    def stored_name(self, name: str) -> str:
        key = self.hash_key(urlsplit(unquote(name)).path.strip())
        stored: str = super().stored_name(name) if key in self.hashed_files else name
        return stored


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
