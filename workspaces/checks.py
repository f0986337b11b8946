"""System checks of the database: whether row level security is as the settings say."""

from typing import Any

from django.core import checks

from workspaces.row_security import problems, why_closed


@checks.register(checks.Tags.database)
def check_row_security(databases: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Run by `manage.py check --database default`, and before `migrate`, after which new tables wait for `protect`."""
    if not databases:
        return []
    messages: list[checks.CheckMessage] = [checks.Warning(problem, id="workspaces.W001") for problem in problems()]
    if error := why_closed():
        hint = "Set it for every process, or take the policies off: `manage.py protect --off`."
        messages.append(checks.Error(error, hint=hint, id="workspaces.E001"))
    return messages
