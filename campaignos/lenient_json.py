"""JSON in which what is wrong with one value is left to whoever reads that value: it costs its neighbours nothing.

Strict JSON is read as fast as by `json.loads`; only what that refuses, or finds nested too deeply, is looked at twice.
"""

import json
import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEPT_LEVELS = 64
"""More than anybody may send, and few enough for the parser wherever it is called."""


def parse_leniently(body: bytes) -> Any:
    """NaN, infinities and numbers of too many digits are floats that are not finite, bytes that are no UTF-8 halves of
    surrogate pairs; what lies deeper than KEPT_LEVELS is a 0. Raises ValueError where that does not make it JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode(json.detect_encoding(body), "surrogateescape")
    try:
        return _loads(text)
    except RecursionError:
        flat = _without_depths(text.encode("utf-8", "surrogatepass"))
        return _loads(flat.decode("utf-8", "surrogatepass"))


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=_bounded_int)


def _bounded_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= sys.get_int_max_str_digits() else math.inf


def _without_depths(body: bytes) -> bytes:
    """The JSON with a 0 for each list or object that lies too deep. Linear, and without a loop over its characters."""
    characters = np.frombuffer(body, np.uint8).copy()
    is_outside = ~_inside_strings(characters)
    opens = is_outside & ((characters == ord("[")) | (characters == ord("{")))
    closes = is_outside & ((characters == ord("]")) | (characters == ord("}")))
    after = np.cumsum(opens.astype(np.int8) - closes.astype(np.int8), dtype=np.int32)
    before = np.concatenate([np.zeros(1, np.int32), after[:-1]])
    is_deep = np.maximum(before, after) > KEPT_LEVELS
    begins = is_deep & (before == KEPT_LEVELS) & opens
    characters[begins] = ord("0")
    return bytes(characters[~is_deep | begins])


def _inside_strings(characters: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which characters lie between quotes, the first of each pair included: a quote is none after an odd number of
    backslashes."""
    places = np.arange(len(characters), dtype=np.int32)
    last_other = np.maximum.accumulate(np.where(characters == ord("\\"), np.int32(-1), places))
    backslashes = places - 1 - np.concatenate([np.full(1, -1, np.int32), last_other[:-1]])
    is_quote = (characters == ord('"')) & (backslashes % 2 == 0)
    inside: NDArray[np.bool_] = np.cumsum(is_quote, dtype=np.int32) % 2 == 1
    return inside
