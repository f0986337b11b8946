"""The classes of bounces: the table of codes, providers' own words, and what is no code."""

import pytest

from analytics.bounces import BounceClass, bounce_class

pytestmark = pytest.mark.either_database("a function of a text")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("5.1.1", "address"),
        ("5.1.10", "address"),
        ("5.2.1", "address"),
        ("5.2.2", "full"),
        ("4.2.2", "full"),
        ("4.2.1", "deferred"),
        ("4.7.1", "deferred"),
        ("4.0.0", "deferred"),
        ("5.6.0", "content"),
        ("5.7.1", "policy"),
        ("5.7.19", "policy"),
        ("5.7.20", "auth"),
        ("5.7.26", "auth"),
        ("5.7.27", "auth"),
        ("5.7.515", "auth"),
        ("5.7.606", "policy"),
        ("5.0.0", "unknown"),
        ("5.3.4", "unknown"),
        ("2.1.5", "unknown"),
    ],
)
def test_a_code_of_rfc_3463_tells_the_class(code, expected):
    assert bounce_class(f"smtp; 550 {code} <somebody@example.com> said no") == expected
    assert bounce_class(f"550-{code} said no") == expected
    assert bounce_class(f"#{code}.") == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("User unknown", "address"),
        ("550 Requested action not taken: mailbox unavailable", "address"),
        ("invalid; Invalid email address", "address"),
        ("No such user here", "address"),
        ("The email account that you tried to reach does not exist.", "address"),
        ("552 Mailbox full", "full"),
        ("the recipient's mailbox is over quota", "full"),
        ("blocked; listed at Spamhaus", "policy"),
        ("spam", "policy"),
        ("Message rejected because of DMARC", "auth"),
        ("Virus found in the attachment", "content"),
        ("message too large", "content"),
        ("timed_out", "deferred"),
        ("451 Greylisted, please try again later", "deferred"),
        ("421 come back", "deferred"),
        ("bounced", "unknown"),
        ("", "unknown"),
        ("other; something else", "unknown"),
    ],
)
def test_without_a_code_the_words_tell_it(reason, expected):
    assert bounce_class(reason) == expected


@pytest.mark.parametrize("reason", ["from 5.1.1.7 nothing", "v15.1.1 of it", "host mx5.1.1.example.com", "5.1.1234"])
def test_addresses_and_versions_are_no_codes(reason):
    assert bounce_class(reason) is BounceClass.UNKNOWN


def test_a_code_counts_more_than_words_and_the_first_code_more_than_others():
    assert bounce_class("mailbox full; 550 5.7.1 no") is BounceClass.POLICY
    assert bounce_class("550 5.0.0 then 5.1.1 then 5.7.1") is BounceClass.ADDRESS
    assert bounce_class("550 5.5.0 mailbox full") is BounceClass.FULL
