"""Lists in a text, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignos.commas import comma_text, comma_values


@given(st.lists(st.text(st.sampled_from('a b,"\n'), max_size=6) | st.text(max_size=4), min_size=1))
def test_what_is_joined_is_taken_apart_again(values):
    assert comma_values(comma_text(values)) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a,b", ["a", "b"]),
        (" a , b ", ["a", "b"]),
        ("a,,b", ["a", "", "b"]),
        ("", [""]),
        ('"a, b",c', ["a, b", "c"]),
        ('"a ""b"""', ['a "b"']),
        ('5" pipe,b', ['5" pipe', "b"]),
        ('"open,b', ['"open', "b"]),
        ('"a" b,c', ['"a" b', "c"]),
    ],
)
def test_quotes_are_those_of_csv(text, values):
    assert comma_values(text) == values
