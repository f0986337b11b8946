"""What the pages of one's own account draw."""

from typing import Any

import qrcode
from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from qrcode.image.svg import SvgPathImage

from workspaces.navigation import ACCOUNT
from workspaces.templatetags.shell import Link

register = template.Library()


@register.inclusion_tag("_navigation.html", takes_context=True)
def account_navigation(context: template.Context) -> dict[str, Any]:
    path = context["request"].path
    addresses = {name: reverse(name) for name, _, _ in ACCOUNT}
    current = max((address for address in addresses.values() if path.startswith(address)), key=len, default="")
    links = [Link(label, addresses[name], addresses[name] == current, icon) for name, label, icon in ACCOUNT]
    return {"groups": [("Account", links)]}


@register.simple_tag
def open_signup() -> bool:
    return bool(settings.OPEN_SIGNUP)


@register.simple_tag
def qr_code(text: str) -> SafeString:
    """An inline SVG: as an image it would need `data:` in the Content-Security-Policy."""
    svg = qrcode.make(text, image_factory=SvgPathImage, border=2).to_string(encoding="unicode")
    return mark_safe(f'<div class="qr" role="img" aria-label="QR code">{svg}</div>')  # noqa: S308
