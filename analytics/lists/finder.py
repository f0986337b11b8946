"""What a workspace has under a name or the beginning of an id: contacts, campaigns, funnels, segments and A/B tests."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, QuerySet

from analytics.addresses import CONCEALED
from analytics.models import ABTest, Campaign, Contact, SavedFunnel, SavedSegment
from campaignos.ids import number_of
from campaignos.texts import AsciiLower, CodePoints, ascii_lower, is_storable, plain_text
from workspaces.models import Workspace

MAX_TEXT = 200
MAX_WORDS = 8
_LAST = chr(0x10FFFF)
"""Comes after every other character."""
_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True)
class SearchTerms:
    """What somebody looks for: a text, and its words without accents, which may stand in any order."""

    text: str
    sees_addresses: bool = True
    """Whoever sees none cannot look for parts of any: in names that hold one, in addresses and in ids."""

    @property
    def words(self) -> Sequence[str]:
        return plain_text(self.text).split()[:MAX_WORDS]

    def begins_words_of(self, text: str) -> bool:
        """Whether each of its words begins one of the text."""
        plain = plain_text(text)
        return bool(self.words) and all(re.search(rf"(?<!\w){re.escape(word)}", plain) for word in self.words)

    @classmethod
    def read(cls, text: str, *, sees_addresses: bool) -> "SearchTerms":
        """Nothing for what no database keeps, or is longer than a name."""
        plain = " ".join(text.split())
        return cls(plain if is_storable(plain) and len(plain) <= MAX_TEXT else "", sees_addresses)


@dataclass(frozen=True)
class Findings:
    """At most so many of each kind: what is newest first, contacts by what was found of them, then by name."""

    campaigns: Sequence[Campaign] = ()
    funnels: Sequence[SavedFunnel] = ()
    segments: Sequence[SavedSegment] = ()
    ab_tests: Sequence[ABTest] = ()
    contacts: Sequence[Contact] = ()


def findings(workspace: Workspace, wanted: SearchTerms, *, most: int) -> Findings:
    """Up to eight queries, none without a word. Names of contacts are looked through in their index."""
    if not wanted.words:
        return Findings()
    return Findings(
        campaigns=_newest(Campaign.objects.filter(workspace=workspace), wanted, most, prefix="cmp"),
        funnels=_newest(SavedFunnel.objects.filter(workspace=workspace), wanted, most, prefix="fun"),
        segments=_newest(SavedSegment.objects.filter(workspace=workspace), wanted, most, prefix="seg"),
        ab_tests=_newest(ABTest.objects.filter(workspace=workspace), wanted, most, prefix="ab"),
        contacts=_contacts(workspace, wanted, most),
    )


def _newest(rows: QuerySet[_Row], wanted: SearchTerms, most: int, *, prefix: str) -> list[_Row]:
    number = number_of(prefix, wanted.text)
    by_id = rows.filter(pk=number) if number is not None else ()
    return [*(by_id or _by_name(rows, wanted).order_by("-pk")[:most])]


def _by_name(rows: QuerySet[_Row], wanted: SearchTerms) -> QuerySet[_Row]:
    for word in wanted.words:
        rows = rows.filter(name__contains_plain_text=word)
    return rows if wanted.sees_addresses else rows.exclude(name__regex=CONCEALED)


def _contacts(workspace: Workspace, wanted: SearchTerms, most: int) -> list[Contact]:
    """By what an index tells at once, id and email, then by name, which is looked for in an index of all names."""
    rows = Contact.objects.current().filter(workspace=workspace)
    number = number_of("ct", wanted.text)
    keys = [] if number is None else [number]
    if wanted.sees_addresses and " " not in wanted.text:
        keys += _begins(rows, wanted.text, most)
    if len(keys) < most and "@" not in wanted.text:
        by_name = _by_name(rows, wanted).order_by(CodePoints("name"), "pk")
        keys += by_name.values_list("pk", flat=True)[:most]
    in_order = [*dict.fromkeys(keys)][:most]
    contacts = Contact.objects.filter(workspace=workspace).in_bulk(in_order)  # by the primary key, as no other index
    found = (contacts[key] for key in in_order if key in contacts)
    return [contact for contact in found if contact.merged_into_id is None]


def _begins(rows: QuerySet[Contact], text: str, most: int) -> list[int]:
    """The contacts whose email address or id begins so."""
    lowered = ascii_lower(text)
    by_email = rows.alias(lowered=AsciiLower("email")).filter(lowered__gte=lowered, lowered__lt=lowered + _LAST)
    by_id = rows.filter(external_id__gte=text, external_id__lt=text + _LAST)
    return [
        *by_email.order_by("lowered", "pk").values_list("pk", flat=True)[:most],
        *by_id.order_by("external_id").values_list("pk", flat=True)[:most],
    ]
