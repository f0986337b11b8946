"""Complaints, as mailbox providers write them (ARF): the examples of RFC 5965, and what they leave out."""

from datetime import UTC, datetime
from email import message_from_string

import pytest

from campaignos.feedback_reports import Complaint, complaint_of

MAIL = (
    "Received: from mailserver.example.net by example.com with ESMTP id M63d; Thu, 08 Mar 2005 14:00:00 -0400\n"
    "From: <somespammer@example.net>\nTo: <Undisclosed Recipients>\nSubject: Earn money\nMIME-Version: 1.0\n"
    "Content-type: text/plain\nMessage-ID: <8787KJKJ3K4J3K4J3K4J3.mail@example.net>\n"
    "Date: Thu, 02 Sep 2004 12:31:03 -0500\n\nSpam Spam Spam\n"
)
MINIMAL = "Feedback-Type: abuse\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n"
WHOLE = (
    f"{MINIMAL}Original-Mail-From: <somespammer@example.net>\nOriginal-Rcpt-To: <user@example.com>\n"
    "Received-Date: Thu, 8 Mar 2005 14:00:00 EDT\nSource-IP: 192.0.2.2\n"
    "Authentication-Results: mail.example.com\n               smtp.mail=somespammer@example.com;\n"
    "               spf=fail\nReported-Domain: example.net\nReported-Uri: http://example.net/earn_money.html\n"
    "Reported-Uri: mailto:user@example.com\nRemoval-Recipient: user@example.com\n"
)
AT = datetime(2005, 3, 8, 22, 40, 36, tzinfo=UTC)


def feedback(
    fields: str = MINIMAL,
    mail: str = MAIL,
    returned: str = "message/rfc822",
    date: str = "Tue, 8 Mar 2005 17:40:36 EST",
) -> str:
    return (
        f"From: <abusedesk@example.com>\nDate: {date}\nSubject: FW: Earn money\nTo: <abuse@example.net>\n"
        "Message-ID: <20030712040037.46341.5F8J@example.com>\nMIME-Version: 1.0\nContent-Type: multipart/report; "
        'report-type=feedback-report;\n     boundary="part1_13d.2e68ed54_boundary"\n\n'
        '--part1_13d.2e68ed54_boundary\nContent-Type: text/plain; charset="US-ASCII"\n\n'
        "This is an email abuse report for an email message received from IP 192.0.2.1.\n\n"
        f"--part1_13d.2e68ed54_boundary\nContent-Type: message/feedback-report\n\n{fields}\n"
        f"--part1_13d.2e68ed54_boundary\nContent-Type: {returned}\nContent-Disposition: inline\n\n{mail}\n"
        "--part1_13d.2e68ed54_boundary--\n"
    )


@pytest.mark.parametrize("fields", [MINIMAL, WHOLE, MINIMAL.replace("abuse", " Fraud "), "Feedback-Type: opt-out\n"])
@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_what_a_reader_objects_to_is_known_by_the_returned_mail(fields: str, returned: str) -> None:
    found = complaint_of(message_from_string(feedback(fields, returned=returned)))
    assert found == Complaint(("8787KJKJ3K4J3K4J3K4J3.mail@example.net",), AT)


@pytest.mark.parametrize("kind", ["not-spam", "virus", "auth-failure", "dmarc", "other", "miscategorized", ""])
def test_what_is_no_objection_of_a_reader_is_no_complaint(kind: str) -> None:
    assert complaint_of(message_from_string(feedback(MINIMAL.replace("abuse", kind)))) is None


@pytest.mark.parametrize(
    "text", ["Subject: Spam\n\nFeedback-Type: abuse\n", feedback().replace("multipart/report", "multipart/mixed"), MAIL]
)
def test_other_mail_is_no_complaint(text: str) -> None:
    assert complaint_of(message_from_string(text)) is None


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_without_a_date_it_is_not_known_when(date: str) -> None:
    found = complaint_of(message_from_string(feedback(date=date)))
    assert found is not None
    assert found.reported_at is None


def test_where_the_mail_is_taken_out_nothing_names_it() -> None:
    found = complaint_of(message_from_string(feedback(mail="Subject: [Redacted]\n\n[Redacted]\n")))
    assert found == Complaint((), AT)
