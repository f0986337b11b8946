"""Rejected, duplicates, warnings: what came in and is not, or not so, in the reports."""

from django.http import HttpResponse

from analytics.ingest.remarks import REMARKS_KEPT_FOR
from analytics.lists.remarks import RemarkList, items_remarked
from analytics.models import RemarkKind
from analytics.presentation.fitting import texts_in_room
from analytics.views.listing import ListPage

TABS = {
    "rejected": (RemarkKind.REJECTED, "Rejected"),
    "duplicates": (RemarkKind.DUPLICATE, "Duplicates"),
    "warnings": (RemarkKind.WARNING, "Warnings"),
}
FIXES = {
    "duplicate": "Nothing to do: what is sent twice counts once. If it was a different event, give it its own ID.",
    "illegal_id": "Send the ID of your own database as userId, and none for somebody who is not logged in.",
    "item_too_large": "Leave out what reports do not need, such as whole documents or lists of products.",
    "too_many_keys": "Leave out what reports do not need.",
    "too_deep": "Send nested properties flatter.",
    "identity_conflict": "Do not alias an ID that another contact uses; log out (reset) between two users.",
    "id_reused": "Send it under an ID of its own: this one belongs to another item.",
    "invalid_number": "Send a finite number, or leave the field out.",
    "too_old": "Check where the time comes from: times before 1970 are not accepted.",
    "future_time": "Correct the clock of the sender.",
    "unknown_field": "Leave the field out, or call it as the message says.",
    "email_shared": "Check whether they are the same person. If so, join them on the page of the contact.",
    "report_not_allowed": "Report on messages from a server, with a key that is not for web pages.",
    "browsers_not_allowed": "Create a write key for web pages (Settings, API keys), and use that one in the page.",
    "unknown_contact": "Send the contact before its messages and enrollments.",
    "unknown_campaign": "Send the campaign before its messages and enrollments.",
    "batch_too_large": "Send smaller batches; most clients have a setting for it.",
    "body_too_large": "Send smaller batches; most clients have a setting for it.",
}
OTHER_FIX = "Correct what the message names, and send it again with the same ID."
OTHER_CHANGE = "It counts anyway. Correct what the message names in what you send from now on."


def fix(code: str, kind: str = RemarkKind.REJECTED) -> str:
    """What whoever sent an item can do about a remark."""
    return FIXES.get(code, OTHER_CHANGE if kind == RemarkKind.WARNING else OTHER_FIX)


def tabs(page: ListPage, current: str) -> list[tuple[str, str, int | None, bool]]:
    """Label, address, number, and whether it is shown. One query."""
    numbers = items_remarked(page.workspace)
    accepted = ("Accepted", page.address("events"), None, current == "accepted")
    rest = [
        (label, page.address("events", tab=name), numbers.get(kind, 0), current == name)
        for name, (kind, label) in TABS.items()
    ]
    return [accepted, *rest]


def remarks_tab(page: ListPage, name: str) -> HttpResponse:
    kind, label = TABS[name]
    found = RemarkList(kind).find(page.workspace)
    rows = found.page(page.request.GET.get("after", "")[:100])
    return page.response(
        "lists/remarks.html",
        label=label,
        days=REMARKS_KEPT_FOR.days,
        tabs=tabs(page, name),
        remarks=[
            (row, sample, fix(row.code, kind))
            for row, sample in zip(
                rows.rows, texts_in_room([page.audience.text(row.sample) for row in rows.rows]), strict=True
            )
        ],
        **page.neighbours(rows.following),
    )
