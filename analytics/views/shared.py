"""A share link as who has it sees it: one saved question or one board, without an account, and nothing else of the
workspace."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import check_password
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from analytics.addresses import hidden_value, without_addresses
from analytics.api.questions.answers import shown_answer
from analytics.api.questions.board_answers import NOT_THERE, shown_board
from analytics.api.questions.forms import read_report
from analytics.api.questions.locks import read_locks
from analytics.api.questions.reading import Asking
from analytics.models import Board, SavedQuestion, ShareLink
from analytics.presentation.audience import Audience
from analytics.presentation.fitting import fit_page, room_of_rows
from analytics.presentation.outside import outside_presentation
from analytics.presentation.presentation import Presentation
from analytics.questions.questions import Question
from analytics.questions.ranges import RANGES
from analytics.questions.saved import QuestionText
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.share_links import note_view, usable_link
from analytics.views.board_tiles import BarePage, SharedPage, draw_tiles, runs_of
from analytics.views.shared_files import FILE_OF_LINK, file_query, is_file, shared_file
from campaignos.errors import ParameterError, too_many_requests
from campaignos.limits import Limit
from campaignos.page_parameters import JUDGED, understands

OPENINGS = Limit("shared-links", times=120, seconds=60)
PASSWORDS = Limit("shared-passwords", times=10, seconds=60)
PASSWORDS_OF_LINK = Limit("shared-passwords-of-link", times=1000, seconds=3600)
"""From everywhere: as for an account, it slows down who guesses from very many networks."""
LET_IN_SECONDS = 12 * 60 * 60
DAYS_CHOSEN = ("range", "from", "to")
_SALT = "analytics.share-links"


@require_http_methods(["GET", "HEAD", "POST"])
@understands(*DAYS_CHOSEN, format=FILE_OF_LINK, table=JUDGED)
def shared_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """What the link shows. Whoever looks, member or not, sees the same."""
    now = timezone.now()
    if OPENINGS.is_reached(request):
        return too_many_requests(request)
    link = usable_link(token, now)
    if link is None:
        return _dead_link(request)
    if link.password and not _is_let_in(request, link):
        return _asked_for_password(request, link, token)
    if request.method == "POST":
        return redirect("shared", token)
    try:
        response = _board_answer(request, link, now) if link.board_id else _answer(request, link, now)
    except Http404:
        return _dead_link(request)
    if request.method == "GET":
        note_view(link, now)
    return _with_guards(response, link)


def _answer(request: HttpRequest, link: ShareLink, now: datetime) -> HttpResponseBase:
    """Raises Http404 where what it asks is not there any more: nothing is shown with a condition left out."""
    saved = SavedQuestion.objects.get(workspace=link.workspace, pk=link.question_id or 0)
    try:
        asking = Asking(link.workspace, now, locks=read_locks(link.locks, link.workspace))
        question, is_refused = _question(request, link, saved.text, asking)
        audience = Audience(link.workspace.zone, sees_addresses=False)
        shown = shown_answer(saved.report, question, asking, audience)
    except (ParameterError, ObjectDoesNotExist):
        raise Http404 from None
    outside = outside_presentation(shown, is_rounded=link.is_rounded)
    if is_file(request):
        return shared_file(request, hidden_value(saved.name), [] if is_refused else [outside])
    return _page(request, link, saved, question, outside, is_refused)


def _board_answer(request: HttpRequest, link: ShareLink, now: datetime) -> HttpResponseBase:
    """Of a tile that cannot be asked under the locks, or not any more, nothing but its question's name."""
    board = Board.objects.get(workspace=link.workspace, pk=link.board_id or 0)
    try:
        asking = Asking(link.workspace, now, locks=read_locks(link.locks, link.workspace))
    except (ParameterError, ObjectDoesNotExist):
        raise Http404 from None
    refused: list[bool] = []

    def read(text: QuestionText, asking: Asking) -> Question:
        question, is_refused = _question(request, link, text, asking)
        refused.append(is_refused)
        return question

    tiles = shown_board(board, asking, Audience(link.workspace.zone, sees_addresses=False), read)

    def outside(shown: Presentation) -> Presentation:
        return outside_presentation(shown, is_rounded=link.is_rounded)

    if is_file(request):
        shown = [] if any(refused) else [outside(tile.shown) for tile in tiles if tile.shown]
        return shared_file(request, hidden_value(board.name), shown)
    page = BarePage()
    told = [replace(tile, problem=tile.problem and NOT_THERE) for tile in tiles]
    drawn = draw_tiles(told, page, title=hidden_value, outside=outside)
    context = {
        "title": hidden_value(board.name),
        "page": page,
        "runs": runs_of(drawn),
        "has_charts": any(tile.shown and tile.shown.charts for tile in drawn),
        "link": link,
        "ranges": RANGES if link.may_choose_days else {},
        "range_chosen": request.GET.get("range", ""),
        "is_refused": any(refused),
        "file_query": file_query({} if any(refused) else _days_chosen(request, link)),
        "now": now,
    }
    return _without_addresses(request, link, "shared/board.html", context)


def _question(request: HttpRequest, link: ShareLink, text: QuestionText, asking: Asking) -> tuple[Question, bool]:
    """What it asks, as who is outside may see it, of the days of the address where those may be chosen; and whether
    these are no such days."""
    question, is_refused = _question_of_days(request, link, text, asking)
    if isinstance(question, WhatChangedQuestion):
        question = replace(question, tries_segments=False)
    return question, is_refused


def _question_of_days(
    request: HttpRequest, link: ShareLink, text: QuestionText, asking: Asking
) -> tuple[Question, bool]:
    days = _days_chosen(request, link)
    if days:
        but = {name: said for name, said in text.parameters.items() if name not in DAYS_CHOSEN}
        try:
            return read_report(QuestionText(text.report, {**but, **days}), asking), False
        except ParameterError as error:
            if error.parameter not in DAYS_CHOSEN:
                raise
    return read_report(text, asking), bool(days)


def _days_chosen(request: HttpRequest, link: ShareLink) -> dict[str, str]:
    if not link.may_choose_days:
        return {}
    return {name: request.GET[name] for name in DAYS_CHOSEN if request.GET.get(name)}


def _page(
    request: HttpRequest,
    link: ShareLink,
    saved: SavedQuestion,
    question: Question,
    shown: Presentation,
    is_refused: bool,
) -> HttpResponse:
    page = SharedPage(question=question)
    page.room = room_of_rows(shown, page.room)
    fit = fit_page(shown, None, page.room)
    page.bytes_of_rows = max(1, sum(table.bytes_of_rows for table in fit.all_tables))
    context = {
        "page": page,
        "title": hidden_value(saved.name),
        "tiles": fit.tiles,
        "charts": fit.charts,
        "shown_tables": fit.tables,
        "numbers": fit.numbers,
        "meta": fit.meta,
        "link": link,
        "ranges": RANGES if link.may_choose_days else {},
        "is_refused": is_refused,
        "file_query": file_query({} if is_refused else _days_chosen(request, link)),
    }
    return _without_addresses(request, link, "shared/question.html", context)


def _without_addresses(request: HttpRequest, link: ShareLink, template: str, context: dict[str, Any]) -> HttpResponse:
    with timezone.override(link.workspace.zone):
        response = render(request, template, context)
    response.content = str(without_addresses(response.content.decode())).encode()
    return response


def _is_let_in(request: HttpRequest, link: ShareLink) -> bool:
    """Whether the browser gave the password before, and it has not expired since."""
    try:
        given = signing.loads(request.COOKIES.get(_cookie(link), ""), salt=_SALT, max_age=LET_IN_SECONDS)
    except signing.BadSignature:
        return False
    return bool(given == [link.pk, link.digest])


def _cookie(link: ShareLink) -> str:
    return f"shared_{link.pk}"


def _asked_for_password(request: HttpRequest, link: ShareLink, token: str) -> HttpResponseBase:
    is_wrong = request.method == "POST"
    if is_wrong and (PASSWORDS.is_reached(request) or PASSWORDS_OF_LINK.is_reached_of(str(link.pk))):
        return too_many_requests(request)
    if is_wrong and check_password(request.POST.get("password", ""), link.password):
        let_in = redirect("shared", token)
        let_in.set_cookie(
            _cookie(link),
            signing.dumps([link.pk, link.digest], salt=_SALT),
            max_age=LET_IN_SECONDS,
            path=request.path,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
        return _with_guards(let_in, link)
    response = render(request, "shared/password.html", {"is_wrong": is_wrong}, status=403 if is_wrong else 200)
    return _with_guards(response, link)


def _dead_link(request: HttpRequest) -> HttpResponse:
    """The same for a link that is over, was revoked, never was, or asks for what is gone."""
    return render(request, "shared/dead_link.html", status=404)


def _with_guards(response: HttpResponseBase, link: ShareLink) -> HttpResponseBase:
    """No search engine keeps it, no other page learns its address, and none but those named shows it within a frame.
    Browsers report no breach of its policy: such reports say the address. Without a referrer they would not say either
    whose form the password's is, and it would be refused."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    guarded: Any = response
    guarded._csp_replace = {"frame-ancestors": link.origins or ["'none'"], "report-uri": None}
    guarded.xframe_options_exempt = bool(link.origins)
    return response
