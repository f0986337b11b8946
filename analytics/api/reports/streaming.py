"""Answers with many rows, sent in parts: byte for byte the same as in one piece."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from django.http import StreamingHttpResponse
from rest_framework.renderers import JSONRenderer

ROWS_OF_A_PART = 1000

_Row = TypeVar("_Row")
_Show = Callable[[Sequence[_Row]], list[Any]]


def streamed_answer(body: dict[str, Any], name: str, rows: Sequence[_Row], show: _Show[_Row]) -> StreamingHttpResponse:
    """`body`, with all rows under `name`, where it has none. `show` makes JSON's types of some of them."""
    return StreamingHttpResponse(_parts(body, name, rows, show), content_type="application/json")


def _parts(body: dict[str, Any], name: str, rows: Sequence[_Row], show: _Show[_Row]) -> Iterator[bytes]:
    render = JSONRenderer().render
    empty = f'"{name}":['.encode()
    before, _, after = render({**body, name: []}).partition(empty)
    yield before + empty
    for start in range(0, len(rows), ROWS_OF_A_PART):
        yield (b"," if start else b"") + render(show(rows[start : start + ROWS_OF_A_PART]))[1:-1]
    yield after
