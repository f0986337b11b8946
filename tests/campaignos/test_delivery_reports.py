"""What came back, as mail servers write it: reports of RFC 3464, its own examples among them, and notices in words."""

from email import message_from_string

import pytest

from campaignos.delivery_reports import DeliveryReport, delivery_report, parsed_mail

RETURNED = "From: analytics@example.com\nTo: ada@example.net\nMessage-ID: <sent.1@example.com>\nSubject: Monday\n"


def report(fields: str, returned: str = "message/rfc822", text: str = "It came back.", head: str = "") -> str:
    """A report with the fields of a recipient, and what came back as the third part."""
    return (
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.net>\nTo: analytics@example.com\n"
        f"Message-ID: <report.1@mx.example.net>\nIn-Reply-To: <other@example.com>\nMIME-Version: 1.0\n{head}"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n{text}\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n{fields}\n"
        f"--b\nContent-Type: {returned}\n\n{RETURNED}\nHello\n--b--\n"
    )


ADDRESS = "Final-Recipient: rfc822; ada@example.net\n"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param(
            "Original-Recipient: rfc822;louisl@larry.slip.umd.edu\nFinal-Recipient: rfc822;louisl@larry.slip.umd.edu\n"
            "Action: failed\nStatus: 4.0.0\nDiagnostic-Code: smtp; 426 connection timed out\n"
            "Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400\n",
            "4.0.0",
            id="RFC 3464, appendix E.1",
        ),
        pytest.param(
            f"{ADDRESS}Original-Recipient: rfc822;ada@example.net\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx\n"
            "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does\n    not exist.\n",
            "5.1.1",
            id="Postfix",
        ),
        pytest.param(
            f"{ADDRESS}Action: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.NotFound\n",
            "5.1.10",
            id="Exchange",
        ),
        pytest.param(
            f"{ADDRESS}Action: failed\nStatus: 5.7.26\nRemote-MTA: dns; gmail-smtp-in.l.google.com\n",
            "5.7.26",
            id="Gmail",
        ),
        pytest.param(f"{ADDRESS}Action: Failed\nDiagnostic-Code: smtp; 554 delivery error\n", "5.0.0", id="no status"),
        pytest.param(
            f"{ADDRESS}Action: delayed\nStatus: 4.4.1\n\n{ADDRESS}Action: failed\nStatus: 5.2.1\n",
            "5.2.1",
            id="the second",
        ),
    ],
)
def test_a_report_says_that_mail_was_given_up_and_why(fields, status):
    found = delivery_report(message_from_string(report(fields)))
    assert (found.message_ids, found.status) == (("sent.1@example.com",), status)


@pytest.mark.parametrize(
    "returned", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"]
)
def test_the_id_is_that_of_what_came_back_in_whatever_form(returned):
    mail = message_from_string(report(f"{ADDRESS}Action: failed\nStatus: 5.1.1\n", returned))
    assert delivery_report(mail).message_ids == ("sent.1@example.com",)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_waits_or_has_arrived_was_not_given_up(action):
    assert delivery_report(message_from_string(report(f"{ADDRESS}Action: {action}\nStatus: 4.4.1\n"))) is None


QMAIL = (
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: analytics@example.com\nSubject: failure notice\n\n"
    "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message.\n\n"
    "<ada@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
    f"--- Below this line is a copy of the message.\n\nReturn-Path: <analytics@example.com>\n{RETURNED}\nHello\n"
)
EXIM = (
    "Return-path: <>\nX-Failed-Recipients: ada@example.net\n"
    "From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nSubject: It failed\n\n"
    "This message was created automatically by mail delivery software.\n\n  ada@example.net\n"
    f"    host mx.example.org [192.0.2.5]\n    SMTP error after RCPT TO: 550 unknown\n\n{RETURNED}"
)


@pytest.mark.parametrize(("text", "status"), [(QMAIL, "5.1.1"), (EXIM, "5.0.0")], ids=["qmail", "Exim"])
def test_notices_in_words_are_read(text, status):
    found = delivery_report(message_from_string(text))
    assert (found.message_ids, found.status) == (("sent.1@example.com",), status)


@pytest.mark.parametrize(
    "text",
    [
        f"From: Ada <ada@example.net>\nSubject: Re: Monday\n\n550 5.1.1 is what I read.\n\n{RETURNED}",
        f"Return-Path: <>\nFrom: postmaster@example.net\nAuto-Submitted: auto-replied\n\nI am away.\n\n{RETURNED}",
        f"Return-Path: <ada@example.net>\nFrom: postmaster@example.net\n\n5.1.1\n\n{RETURNED}",
        "",
        "\0\n\n\0",
    ],
    ids=["a person", "away", "a postmaster in person", "nothing", "rubbish"],
)
def test_what_people_and_their_programs_answer_is_no_report(text):
    assert delivery_report(message_from_string(text)) is None


def test_a_report_without_what_came_back_names_no_mail():
    text = report(f"{ADDRESS}Action: failed\nStatus: 5.1.1\n").replace("Message-ID: <sent.1@example.com>\n", "")
    assert delivery_report(message_from_string(text)) == DeliveryReport((), "5.1.1", "5.1.1")


@pytest.mark.parametrize("depth", [60, 400, 5_000])
def test_of_parts_within_parts_without_end_nothing_is_read(depth):
    within = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(depth))
    returned = "Content-Type: message/rfc822\n\n" * depth
    for content in (f"Content-Type: multipart/report; boundary=b0\n\n{within}", returned):
        assert parsed_mail(content.encode()).keys() == []


def test_a_report_lies_within_few_parts():
    text = report(f"{ADDRESS}Action: failed\nStatus: 5.1.1\n")
    assert delivery_report(parsed_mail(text.encode())) == delivery_report(message_from_string(text))
