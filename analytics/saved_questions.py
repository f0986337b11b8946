"""Writes to the questions that a workspace keeps. Each is one transaction, with its line in the audit trail."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from analytics.addresses import hidden_value
from analytics.audited import DataAction
from analytics.models import SavedQuestion
from analytics.questions.saved import QuestionText
from workspaces import undo
from workspaces.audit import record, record_change
from workspaces.models import Key, User, Workspace
from workspaces.roles import Right

Uses = Callable[[SavedQuestion], Sequence[str]]
"""What of one kind a question is part of, such as the names of boards."""

_uses: list[Uses] = []


def register_use(uses: Uses) -> None:
    """By whoever keeps something that is made of questions: one that is used is not deleted."""
    _uses.append(uses)


class QuestionInUse(ValueError):
    def __init__(self, name: str, users: Sequence[str]) -> None:
        super().__init__(f"{name} is part of {', '.join(users)}: change or delete that first.")


def uses_of(question: SavedQuestion) -> list[str]:
    """What it is part of, in words. A query for each kind."""
    return [use for uses in _uses for use in uses(question)]


@transaction.atomic
def save_question(*, workspace: Workspace, name: str, text: QuestionText, by: User | Key) -> SavedQuestion:
    """Keep a question, which was read before, for all members under a name of its own.

    Raises IntegrityError where another one has the name.
    """
    creator = by if isinstance(by, User) else None
    question = SavedQuestion(workspace=workspace, name=name, created_by=creator)
    question.report, question.parameters = text.report, text.data
    question.save(force_insert=True)
    record(DataAction.QUESTION_SAVED, by=by, workspace=workspace, target=question.api_id, after=_summary(question))
    return question


@transaction.atomic
def change_question(
    *, question: SavedQuestion, by: User | Key, name: str | None = None, text: QuestionText | None = None
) -> None:
    """Give it another name, or let it ask something else. Raises IntegrityError where another one has the name."""
    before = _summary(question)
    question.name = question.name if name is None else name
    if text is not None:
        question.report, question.parameters = text.report, text.data
    after = _summary(question)
    if before == after:
        return
    question.save(update_fields=["name", "report", "parameters"])
    record_change(
        DataAction.QUESTION_CHANGED,
        by=by,
        workspace=question.workspace,
        target=question.api_id,
        before=before,
        after=after,
    )


@transaction.atomic
def delete_question(*, question: SavedQuestion, by: User | Key) -> None:
    """One that is deleted already is left alone. Raises QuestionInUse for one that something is made of."""
    Workspace.objects.select_for_update(no_key=True).get(pk=question.workspace_id)
    if users := uses_of(question):
        raise QuestionInUse(question.name, users)
    deleted, _ = SavedQuestion.objects.filter(pk=question.pk, workspace=question.workspace_id).delete()
    if deleted:
        record(
            DataAction.QUESTION_DELETED,
            by=by,
            workspace=question.workspace,
            target=question.api_id,
            before=_summary(question),
        )


def restore_question(*, workspace: Workspace, by: User, name: str, **fields: Any) -> str:
    """Takes a deletion back, under the same address. Raises ValidationError where another has its name by now."""
    question = SavedQuestion(workspace=workspace, name=name, **fields)
    try:
        with transaction.atomic():
            question.save(force_insert=True)
            after = _summary(question)
            record(DataAction.QUESTION_SAVED, by=by, workspace=workspace, target=question.api_id, after=after)
    except IntegrityError:
        raise ValidationError(f"Another saved question is called {name} by now.") from None
    return f"{name} is there again."


undo.register("question", Right.CURATE, restore_question)


def _summary(question: SavedQuestion) -> dict[str, Any]:
    """Without addresses, for it is kept for ever."""
    return {
        "name": hidden_value(question.name),
        "report": question.report,
        "parameters": hidden_value(question.parameters),
    }
