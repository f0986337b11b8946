"""Which addresses are of one mailbox provider."""

import pytest

from analytics.mailboxes import mailbox_group


@pytest.mark.parametrize(
    ("email", "group"),
    [
        ("Ada@GMail.com", "google"),
        ("a@hotmail.co.uk", "microsoft"),
        ("a@outlook.com", "microsoft"),
        ("a@yahoo.com.br", "yahoo"),
        ("a@aol.com", "yahoo"),
        ("a@me.com", "apple"),
        ("a@gmx.net", "gmx"),
        ("a@web.de", "gmx"),
        ("a@live.shop.example", "live.shop.example"),
        ("a@gmail.com.evil.example", "gmail.com.evil.example"),
        ('"a@gmail.com"@shop.example', "shop.example"),
        ("", None),
        ("ada", None),
        ("ada@", None),
    ],
)
def test_an_address_is_of_its_provider_or_of_its_domain(email, group):
    assert mailbox_group(email) == group
