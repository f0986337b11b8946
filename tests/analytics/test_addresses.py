"""Email addresses, hidden."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.addresses import addresses_in, hidden_value, phones_in


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
        ("call +49 30 7177171 or 0049 (30) 71 77 172", "call …71 or …72"),
        ("https://x.example/?tel=%2B49307177171", "https://x.example/?tel=…71"),
        (
            "order 4930717717, 2026-03-20T10:00:00+01:00, 1.2.3.4",
            "order 4930717717, 2026-03-20T10:00:00+01:00, 1.2.3.4",
        ),
        ({"Phone": "030 7177171", "mobile_number": 307177171}, {"Phone": "…71", "mobile_number": "…71"}),
        ({"phones": ["030 7177171", {"n": "030 7177171"}]}, {"phones": ["…71", {"n": "030 7177171"}]}),
        (
            {"phone": True, "telephone": "none", "hotel": "7177171"},
            {"phone": True, "telephone": "none", "hotel": "7177171"},
        ),
    ],
)
def test_addresses_are_hidden_however_deep_they_lie(shown, expected):
    assert hidden_value(shown) == expected


@pytest.mark.parametrize("text", ["a" * 8000, "0" * 8000, "00 " * 3000, "+ (" * 3000, "." * 8000])
def test_a_long_text_is_read_in_no_time(text):
    assert hidden_value(text) == text


@pytest.mark.long
@given(st.text(max_size=40), st.text(max_size=40))
def test_what_is_hidden_once_is_not_hidden_again(before, after):
    shown = hidden_value(f"{before} ada.lovelace@example.com {after}")
    assert "ada.lovelace@" not in shown
    assert hidden_value(shown) == shown


@pytest.mark.parametrize(
    ("text", "addresses", "phones"),
    [
        ("550 <Ada@Example.com> is full", ["ada@example.com"], []),
        ("to=ada%40example.com&n=+49%2030%207177171", ["ada@example.com"], ["49307177171"]),
        ("0049-30-7177171, (030) 717 71 71", [], ["49307177171", "307177171"]),
        ("nobody", [], []),
    ],
)
def test_addresses_and_numbers_are_found_as_they_are_compared(text, addresses, phones):
    assert list(addresses_in(text)) == addresses
    assert [phone for phone in phones_in(text) if phone] == phones
