"""Copies the browser files that package.json pins from node_modules into static/vendor, which is committed."""

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

FILES = {
    "chart.js": "dist/chart.umd.min.js",
    "chartjs-plugin-annotation": "dist/chartjs-plugin-annotation.min.js",
}
ICONS = [
    "activity",
    "arrow-down",
    "arrow-up",
    "banknote",
    "bookmark",
    "calendar",
    "chart-line",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevrons-up-down",
    "circle-question-mark",
    "contact",
    "copy",
    "download",
    "external-link",
    "eye",
    "eye-off",
    "funnel",
    "info",
    "key-round",
    "keyboard",
    "layout-dashboard",
    "link",
    "log-out",
    "mail",
    "megaphone",
    "pencil",
    "piggy-bank",
    "plus",
    "presentation",
    "refresh-cw",
    "repeat",
    "search",
    "send",
    "settings",
    "shield",
    "signpost",
    "sliders-horizontal",
    "trash-2",
    "triangle-alert",
    "upload",
    "users",
    "webhook",
    "x",
]
"""The icons of Lucide that the templates use, made into one sprite."""

_SOURCE_MAP = re.compile(
    rb"\n?//# sourceMappingURL=.*\s*$"
)  # collectstatic would look for the map, which is not copied
_ICON = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class Command(BaseCommand):
    help = "Copy the browser files of package.json (after `npm ci --ignore-scripts`) into static/vendor."

    def handle(self, **options: Any) -> None:
        vendor = settings.BASE_DIR / "static" / "vendor"
        packages = settings.BASE_DIR / "node_modules"
        if not packages.is_dir():
            raise CommandError("node_modules is missing: run `npm ci --ignore-scripts` first, or `make vendor`.")
        shutil.rmtree(vendor, ignore_errors=True)
        listed = [self.copy_file(packages / name, file, vendor) for name, file in FILES.items()]
        listed.append(self.sprite(packages / "lucide-static", vendor))
        (vendor / "MANIFEST.json").write_text(json.dumps(listed, indent=2) + "\n")
        self.stdout.write(f"{len(listed)} files in {vendor.relative_to(settings.BASE_DIR)}.")

    def copy_file(self, package: Path, file: str, vendor: Path) -> dict[str, str]:
        return _write_file(
            package, vendor, file, Path(file).name, _SOURCE_MAP.sub(b"\n", (package / file).read_bytes())
        )

    def sprite(self, package: Path, vendor: Path) -> dict[str, str]:
        symbols = [_symbol(name, (package / "icons" / f"{name}.svg").read_text()) for name in ICONS]
        content = f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'
        return _write_file(package, vendor, "icons/*.svg", "icons.svg", content.encode())


def _symbol(name: str, svg: str) -> str:
    icon = _ICON.search(svg)
    if icon is None:
        raise CommandError(f"{name}.svg is no SVG.")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(icon[1].split())}</symbol>\n'


def _write_file(package: Path, vendor: Path, source: str, file_name: str, content: bytes) -> dict[str, str]:
    """Write a file beside its licence, and tell of it what the manifest says."""
    about = json.loads((package / "package.json").read_text())
    folder = vendor / f"{about['name']}-{about['version']}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file_name).write_bytes(content)
    shutil.copy(next(package.glob("LICENSE*")), folder / "LICENSE")
    return {
        "file": f"{folder.name}/{file_name}",
        "name": about["name"],
        "version": about["version"],
        "license": about["license"],
        "source": source,
        "sha384": base64.b64encode(hashlib.sha384(content).digest()).decode(),
    }
