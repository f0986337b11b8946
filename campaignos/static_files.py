"""Static files by the names that `collectstatic` gave them, and by their own where it has not been run."""

from urllib.parse import unquote, urlsplit

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """As WhiteNoise's, with which a page is a 500 where a file was not collected: at first, or after an upgrade."""

    def stored_name(self, name: str) -> str:
        key = self.hash_key(urlsplit(unquote(name)).path.strip())
        stored: str = super().stored_name(name) if key in self.hashed_files else name
        return stored
