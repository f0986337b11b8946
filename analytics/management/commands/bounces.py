"""Reads mails that came back, and complaints."""

import mailbox
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.db import InterfaceError, OperationalError
from django.template.defaultfilters import pluralize
from django.utils import timezone

from analytics.management.commands._data import DataCommand
from analytics.management.commands._ledger import chosen_workspaces
from analytics.operations.bounce_mails import Bounce, take_bounces
from campaignos.delivery_reports import parsed_mail

STANDARD_INPUT = "-"
LONGEST_MAIL = 5 * 1024 * 1024
"""Bytes. What comes back is short; of a longer mail the beginning is read."""
TRY_AGAIN = 75
"""By which a mail server that pipes a mail knows that it is to keep it (EX_TEMPFAIL of sysexits.h)."""
_BEGIN_OF_MBOX = b"From "


class Command(DataCommand):
    help = (
        "Read mails that came back (delivery status notifications) and complaints (feedback reports, ARF), from "
        "mailboxes or standard input. A member whose mail is given up for good thrice is sent no more scheduled "
        "emails; one who calls such an email spam is unsubscribed from it. The same mail again changes nothing. Exits "
        "with 75 where the database does not answer, so that a mail server tries again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "mailboxes",
            nargs="*",
            default=[STANDARD_INPUT],
            metavar="MAILBOX",
            help="an mbox, a file of one mail, a Maildir folder, or - for an mbox or a mail from standard input",
        )
        parser.add_argument(
            "--workspace",
            metavar="ws_N",
            help="count complaints about the messages of this workspace, too, known by their providerMessageId",
        )

    def handle(self, *, mailboxes: list[str], workspace: str | None, **options: Any) -> None:
        found: Counter[Bounce] = Counter()
        try:
            of_messages = chosen_workspaces(workspace)[0] if workspace else None
            for name in mailboxes:
                found += take_bounces(_mails(name), now=timezone.now(), workspace=of_messages)
        except (OperationalError, InterfaceError) as error:
            self.stderr.write(f"The database does not answer: {error}")
            sys.exit(TRY_AGAIN)
        kinds = ", ".join(f"{found[kind]:,} {kind}" for kind in Bounce)
        read = found.total()
        self.stdout.write(f"{read:,} mail{pluralize(read)} read: {kinds}.")


def _mails(name: str) -> Iterator[Message]:
    if name == STANDARD_INPUT:
        yield from _mails_of_content(sys.stdin.buffer.read())
        return
    path = Path(name)
    if path.is_dir():
        if not (path / "cur").is_dir():
            raise CommandError(f"{name} is a folder, and no Maildir: it has no cur.")
        maildir = mailbox.Maildir(path, create=False)
        yield from (_mail(maildir.get_bytes(key)) for key in maildir.iterkeys())
        return
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
    yield from _mails_of_content(content)


def _mails_of_content(content: bytes) -> Iterator[Message]:
    """Those of an mbox begin with a line `From ` behind an empty one; anything else is one mail, but for nothing."""
    if not content.startswith(_BEGIN_OF_MBOX):
        yield from [_mail(content)] if content.strip() else []
        return
    for lines in content.removeprefix(_BEGIN_OF_MBOX).split(b"\n\n" + _BEGIN_OF_MBOX):
        yield _mail(lines.partition(b"\n")[2])


def _mail(content: bytes) -> Message:
    return parsed_mail(content[:LONGEST_MAIL])
