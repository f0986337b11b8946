"""Forms of what is stored: one that was opened before somebody else saved is refused, and says what they saved."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.db.models import Model
from django.http import QueryDict

SEEN = "seen"
CHANGED_MEANWHILE = (
    "Somebody saved these settings after you opened this page. Yours are not saved yet: look, and save again."
)


class StoredForm(forms.Form):
    """`stored` has the values as they are now, by the fields' names.

    The page carries along what each field was when it was opened. Where a field has changed since, the form is refused
    once: the fields that its sender left alone then show what is stored, and the others say what it is.
    """

    seen = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, stored: Mapping[str, Any]) -> None:
        self.stored = stored
        now = json.dumps({name: _digest(value) for name, value in stored.items()})
        self.before = _digests(data.get(SEEN, "")) if data is not None else {}
        if data is not None:
            data = data.copy()
            data[SEEN] = now
        super().__init__(data, initial={**stored, SEEN: now})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values.pop(SEEN, None)
        changed = [name for name in self.stored if self._is_changed(name) and values.get(name) != self.stored[name]]
        for name in changed:
            shown = self.fields[name].prepare_value(self.stored[name])
            if _digest(values.get(name)) == self.before[name]:
                self._show_stored(name, shown)
                self.add_error(name, "This was changed after you opened the page; here is what it is now.")
            else:
                self.add_error(name, f"After you opened the page, this was changed to: {shown}")
        if changed:
            self.add_error(None, CHANGED_MEANWHILE)
        return values

    def _is_changed(self, name: str) -> bool:
        now = _digest(self.stored[name])
        return bool(self.before.get(name, now) != now)

    def _show_stored(self, name: str, shown: Any) -> None:
        data = cast(QueryDict, self.data)
        data.pop(name, None)
        if shown not in (False, None):
            data[name] = "on" if shown is True else shown


def stored_fields(row: Model, names: Iterable[str]) -> dict[str, Any]:
    """A row's values of the form's fields."""
    return {name: getattr(row, name) for name in names if name != SEEN}


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:8]


def _digests(text: str) -> dict[str, Any]:
    """Nothing where the page carried none."""
    try:
        digests = json.loads(text or "{}")
    except ValueError:
        return {}
    return digests if isinstance(digests, dict) else {}
