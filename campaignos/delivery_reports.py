"""What mail servers send back: delivery status notifications (RFC 3464), and the notices of those that write none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

LONGEST_REASON = 2_000
DEEPEST_PARTS = 50
"""How many parts of a mail may lie within each other."""
_STATUS = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\w.])")
"""An enhanced status code (RFC 3463)."""
_REPLY = re.compile(r"(?<![\w.])([45])\d\d(?=[ -])")
"""A reply code of SMTP."""
_RETURNED_ID = re.compile(r"^[> \t]*Message-ID:\s*<([^<>\s]{1,300})>", re.IGNORECASE | re.MULTILINE)
_MAILERS = re.compile(r"<?(?:mailer-daemon|postmaster)@", re.IGNORECASE)


@dataclass(frozen=True)
class DeliveryReport:
    """That mail was given up: `message_ids` are those of what came back with it, `status` is such as 5.1.1 or empty,
    and `reason` what the other server said."""

    message_ids: tuple[str, ...]
    status: str
    reason: str


def parsed_mail(content: bytes) -> Message:
    """Without anything in it where its parts lie within each other deeper than any mail server writes them, so that
    whoever sends such a mail keeps no others from being read."""
    try:
        mail = message_from_bytes(content)
    except RecursionError:
        return Message()
    level = [mail]
    for _ in range(DEEPEST_PARTS):
        within = (each.get_payload() for each in level)
        level = [part for parts in within if isinstance(parts, list) for part in parts if isinstance(part, Message)]
        if not level:
            return mail
    return Message()


def delivery_report(mail: Message) -> DeliveryReport | None:
    """None for what is none: mail of people, their automatic answers, and what tells that mail waits or arrived."""
    if _is_report(mail):
        return _of_report(mail)
    if _is_notice(mail):
        text = "\n".join(_texts(mail))[: 5 * LONGEST_REASON]
        return DeliveryReport(returned_ids(mail), _status(text), text[:LONGEST_REASON])
    return None


def _is_report(mail: Message) -> bool:
    return mail.get_content_type() == "multipart/report" and any(
        part.get_content_type() == "message/delivery-status" for part in mail.walk()
    )


def _is_notice(mail: Message) -> bool:
    """From a mail server that writes no report, as qmail and older ones of Exim, not from a person's mailbox."""
    if str(mail.get("Auto-Submitted", "")).lower().startswith("auto-replied"):
        return False
    is_of_mailer = "X-Failed-Recipients" in mail or _MAILERS.search(str(mail.get("From", ""))) is not None
    return is_of_mailer and str(mail.get("Return-Path", "<>")).strip() == "<>"


def _of_report(mail: Message) -> DeliveryReport | None:
    for fields in _fields_of_recipients(mail):
        if str(fields.get("Action", "")).strip().lower() == "failed":
            said = f"{fields.get('Status', '')} {fields.get('Diagnostic-Code', '')}".strip()
            return DeliveryReport(returned_ids(mail), _status(said), said[:LONGEST_REASON])
    return None


def _fields_of_recipients(mail: Message) -> Iterator[Message]:
    for part in mail.walk():
        fields = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(fields, list):
            yield from (each for each in fields if isinstance(each, Message) and "Action" in each)


def _status(text: str) -> str:
    if code := _STATUS.search(text):
        return code[1]
    reply = _REPLY.search(text)
    return f"{reply[1]}.0.0" if reply else ""


def returned_ids(mail: Message) -> tuple[str, ...]:
    """Not that of the report itself, nor those that it refers to."""
    found = []
    for part in mail.walk():
        if part is not mail and (said := part.get("Message-ID")):
            found.append(str(said).strip().strip("<>"))
    for text in _texts(mail):
        found += _RETURNED_ID.findall(text)
    return tuple(dict.fromkeys(found))


def _texts(mail: Message) -> Iterator[str]:
    for part in mail.walk():
        content = None if part.is_multipart() else part.get_payload(decode=True)
        if isinstance(content, bytes) and part.get_content_maintype() == "text":
            yield content.decode(errors="replace")
