"""JSON in which what is wrong with one value costs no other."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignos.lenient_json import KEPT_LEVELS, parse_leniently
from tests.examples import examples

texts = st.text() | st.text('[]{}"\\\\:,', max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
)


@examples(100)
@given(json_values, st.booleans())
def test_json_is_read_as_it_is(value: Any, is_ascii: bool) -> None:
    body = json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")

    assert parse_leniently(body) == json.loads(body)


@examples(60)
@given(before=json_values, after=json_values, innermost=texts)
def test_what_lies_too_deep_costs_nothing_beside_it(before: Any, after: Any, innermost: str) -> None:
    depth = 3000
    deep = "[" * depth + json.dumps(innermost) + "]" * depth
    body = f"[{json.dumps(before)}, {deep}, {json.dumps(after)}]"

    first, cut, last = parse_leniently(body.encode())

    assert (first, last) == (before, after)
    for _ in range(KEPT_LEVELS - 1):
        (cut,) = cut
    assert cut == 0


@pytest.mark.parametrize("written", ["NaN", "-Infinity", "9" * 4301, "-" + "9" * 9999, "1e999"])
def test_a_number_that_is_none_is_not_finite(written: str) -> None:
    before, odd, after = parse_leniently(f"[1, {written}, {10**4000}]".encode())

    assert (before, after) == (1, 10**4000)
    assert not math.isfinite(odd)


@pytest.mark.parametrize("body", [b"", b"[", b"[1] 2", b"{'a': 1}", b"[" * 100_000, b"\xff", b'{"a":' * 5000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whichever of its kinds
        parse_leniently(body)
