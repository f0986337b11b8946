"""E-mail addresses, hidden."""

import pytest

from analytics.addresses import hidden


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("ada@example.com", "a…@example.com"),
        ("Ada Lovelace <ada+news@mail.example.com>", "Ada Lovelace <a…@mail.example.com>"),
        ("https://x.example/?mail=ada%40example.com&n=1", "https://x.example/?mail=a…%40example.com&n=1"),
        ("https://x.example/?mail=ada%2Bnews%40example.com", "https://x.example/?mail=a…%40example.com"),
        ("mailto:ada@example.com?subject=x", "mailto:a…@example.com?subject=x"),
        ("ada@example.com, bob@example.org", "a…@example.com, b…@example.org"),
        ("no address @ all", "no address @ all"),
        ("", ""),
        (7, 7),
        (None, None),
        ({"n": [1, {"to": "bob@example.org"}]}, {"n": [1, {"to": "b…@example.org"}]}),
        ({"ada@example.com": True}, {"a…@example.com": True}),
    ],
)
def test_addresses_are_hidden_however_deep_they_lie(shown, expected):
    assert hidden(shown) == expected


def test_a_long_text_is_read_in_no_time():
    assert hidden("a" * 8000) == "a" * 8000
