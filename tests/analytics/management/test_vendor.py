"""The browser files in the repository are those that package.json pins, as MANIFEST.json says."""

import base64
import hashlib
import json

from django.conf import settings

VENDOR = settings.BASE_DIR / "static" / "vendor"


def test_every_file_is_as_the_manifest_says():
    manifest = json.loads((VENDOR / "MANIFEST.json").read_text())
    for entry in manifest:
        content = (VENDOR / entry["file"]).read_bytes()
        assert base64.b64encode(hashlib.sha384(content).digest()).decode() == entry["sha384"]
        assert b"sourceMappingURL=" not in content
        assert (VENDOR / entry["file"]).with_name("LICENSE").read_text()
    there = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file() and path.name != "LICENSE"}
    assert there == {entry["file"] for entry in manifest} | {"MANIFEST.json"}


def test_the_versions_are_those_of_package_json():
    pinned = json.loads((settings.BASE_DIR / "package.json").read_text())["dependencies"]
    manifest = json.loads((VENDOR / "MANIFEST.json").read_text())
    assert {entry["name"]: entry["version"] for entry in manifest} == pinned
