"""Boards on pages: made, filled, put in order, looked at, deleted and brought back; and under a link."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.api.questions.board_answers import choices_of
from analytics.api.questions.forms import read_report
from analytics.api.questions.locks import locks_data, read_locks
from analytics.api.questions.reading import Asking
from analytics.api.questions.texts import whole_text
from analytics.boards import save_board
from analytics.models import Board, SavedQuestion, ShareLink
from analytics.questions.boards import BoardTile
from analytics.questions.saved import QuestionText
from analytics.saved_questions import save_question
from analytics.share_links import create_link
from tests.analytics.shop import fill_shop
from tests.analytics.views.everything import everything
from tests.analytics.views.texts import text_of
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.scope import scope

pytestmark = pytest.mark.either_database("what a tile shows is what its report answers, which is asked of both")


@pytest.fixture(autouse=True)
@copied
def shop(bulk, now):
    caches["process"].clear()
    fill_shop(bulk)


@pytest.fixture
def ask(workspace, owner, now):
    def save(report="overview", **parameters):
        with scope(workspace):
            text = QuestionText(report, parameters)
            whole = whole_text(text, read_report(text, Asking(workspace, now)))
            name = f"{report} {SavedQuestion.objects.count()}"
            return save_question(workspace=workspace, name=name, text=whole, by=owner)

    return save


@pytest.fixture
def board(ask, workspace, owner, now):
    """A figure of the overview, and of the trend of events its chart and its table."""
    overview, trend = ask(), ask("timeseries", metric=["events"])
    tiles = [BoardTile(overview.api_id, "figure:delivered"), *_parts(trend, workspace, now)]
    return save_board(workspace=workspace, name="Monday", by=owner, tiles=tiles)


def _parts(question, workspace, now):
    shows = [*choices_of(question, Asking(workspace, now))]
    kinds = ("chart:", "table:")
    return [BoardTile(question.api_id, next(one for one in shows if one.startswith(kind))) for kind in kinds]


def page_of(workspace, *parts):
    return "/".join(["", "w", workspace.slug, "boards", *map(str, parts), ""])


def test_a_board_is_made_and_filled_step_by_step(api, workspace, ask):
    question = ask()
    made = api.post(page_of(workspace), {"name": "Monday"})
    board = Board.objects.get()
    edit = page_of(workspace, board.pk, "edit")
    assert made.headers["Location"] == edit
    chosen = api.get(edit, {"question": question.api_id}).text
    assert '<option value="figure:delivered">' in chosen
    tile = {"act": "add", "question": question.api_id, "shows": "figure:delivered"}
    answer = api.post(page_of(workspace, board.pk, "tiles"), tile, follow=True)
    assert "The tile is on the board." in text_of(answer.text)
    refused = api.post(page_of(workspace, board.pk, "tiles"), {**tile, "shows": "figure:weather"}, follow=True)
    assert "its question shows no such thing" in text_of(refused.text)
    board.refresh_from_db()
    assert board.tiles == [{"question": question.api_id, "shows": "figure:delivered"}]


def test_it_shows_its_tiles_in_order_with_what_opens_them(viewer_client, workspace, board):
    html = viewer_client.get(page_of(workspace, board.pk)).text
    text = text_of(html)
    assert text.index("overview 0") < text.index("timeseries 1")
    assert html.count("<canvas") == 1
    assert f'href="/w/{workspace.slug}/reports/overview/?' in html
    assert re.search(rf'class="opens" href="/w/{workspace.slug}/', html)
    assert "Change board" not in html
    ids = re.findall(r' id="(tile\d+-[^"]*)"', html)
    assert len(ids) == len({*ids}) == 2


def test_a_question_is_asked_once_however_many_tiles_show_it(viewer_client, workspace, ask, owner, now):
    question = ask("timeseries", metric=["events"], interval="week")
    chart, table = _parts(question, workspace, now)
    queries = []
    for number, tiles in enumerate([[chart], [chart, table] * 6]):
        board = save_board(workspace=workspace, name=f"B{number}", by=owner, tiles=tiles)
        viewer_client.get(page_of(workspace, board.pk))
        with CaptureQueriesContext(connection) as made:
            viewer_client.get(page_of(workspace, board.pk))
        queries.append(len(made))
    assert queries[0] == queries[1] <= 20


def test_tiles_move_and_go_and_come_back(api, workspace, board):
    acts, before = page_of(workspace, board.pk, "tiles"), board.tiles
    form = {"act": "later", **before[0], "place": 0}
    assert api.post(acts, form).status_code == 302
    board.refresh_from_db()
    assert board.tiles == [before[1], before[0], before[2]]
    stale = api.post(acts, {**form, "act": "remove"}, follow=True)
    assert "Somebody changed the board meanwhile" in text_of(stale.text)
    answer = api.post(acts, {**form, "act": "remove", "place": 1}, follow=True)
    assert "The tile is removed." in text_of(answer.text)
    board.refresh_from_db()
    assert board.tiles == [before[1], before[2]]
    token = re.search(r'name="what" value="([^"]+)"', answer.text)[1]
    assert "The tile is there again." in text_of(api.post("/undo/", {"what": token}, follow=True).text)
    board.refresh_from_db()
    assert board.tiles == [before[1], before[0], before[2]]


def test_it_is_renamed_deleted_and_brought_back(api, workspace, board):
    assert api.post(page_of(workspace, board.pk, "edit"), {"name": "Tuesday", "seen": ""}).status_code == 302
    assert "Tuesday" in text_of(api.get(page_of(workspace), {"q": "tues"}).text)
    answer = api.post(page_of(workspace, board.pk, "delete"), follow=True)
    assert "No boards yet" in text_of(api.get(page_of(workspace)).text)
    token = re.search(r'name="what" value="([^"]+)"', answer.text)[1]
    assert "Tuesday is there again." in text_of(api.post("/undo/", {"what": token}, follow=True).text)
    assert (Board.objects.get().pk, Board.objects.get().tiles) == (board.pk, board.tiles)


def test_who_only_reads_changes_nothing(viewer_client, workspace, board):
    assert viewer_client.post(page_of(workspace), {"name": "B"}).status_code == 403
    assert "New board" not in viewer_client.get(page_of(workspace)).text


@pytest.fixture
def share(board, owner, now, workspace):
    def make(locks=None, **options):
        with scope(workspace):
            kept = locks_data(read_locks(locks or {}, workspace))
        end = now + timedelta(days=30)
        return f"/shared/{create_link(board=board, by=owner, expires_at=end, locks=kept, **options)[1]}/"

    return make


def test_whoever_has_its_link_sees_its_tiles_and_nothing_leads_into_the_workspace(share, api, workspace, board):
    address = share()
    outside, member = Client().get(address).text, api.get(address).text
    assert outside == member
    assert "Monday" in text_of(outside)
    assert outside.count("<canvas") == 1
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', outside)
    outward = r"/static/|#|/help/metrics/#|\?format=csv&amp;table=tile"
    assert [one for one in addresses if not re.match(outward, one)] == []
    assert "/w/" not in outside
    assert workspace.slug not in outside
    assert "noindex" in Client().get(address).headers["X-Robots-Tag"]


def test_locks_of_its_link_hold_for_every_tile_and_no_parameter_loosens_them(share, workspace, board):
    locked, free = share({"where": ["channel:push"]}), share()
    shown = Client().get(locked).text
    assert shown != Client().get(free).text
    for query in ({"where": "channel:email"}, {"segment": "seg_1"}, {"range": "7d"}, {"question": "qst_1"}):
        assert Client().get(locked, query).text == shown
    chosen = share({"where": ["channel:push"]}, may_choose_days=True)
    assert "Last 7 days" in text_of(Client().get(chosen, {"range": "7d"}).text)


def test_no_parameters_and_no_role_show_more_of_a_board(share, workspace, api, viewer_client, stranger_client):
    address = share({"where": ["channel:push"]})
    expected, values = Client().get(address).text, everything(workspace)
    del values["format"]  # that of a table is a file: see below
    for client in (Client(), api, viewer_client, stranger_client):
        assert client.get(address).text == expected
        assert client.get(address, values).text == expected


@pytest.mark.long
def test_no_parameter_alone_shows_more_of_a_board_to_anybody(share, workspace, api, viewer_client, stranger_client):
    address, values = share({"where": ["contact.known:true"]}), everything(workspace)
    expected = Client().get(address).text
    assert Client().get(address, {"format": values.pop("format"), "table": values["table"]}).status_code == 404
    clients = [Client(), api, viewer_client, stranger_client]
    for number, (name, value) in enumerate(values.items()):
        caches["default"].clear()
        assert clients[number % 4].get(address, {name: value}).text == expected, name
    posted = Client().post(f"{address}?range=7d", values)
    assert (posted.status_code, posted["Location"]) == (302, address)


def test_tables_show_their_newest_rows_and_say_of_how_many(viewer_client, share, workspace, board, ask, now):
    days = ask("timeseries", metric="events", range="30d", interval="day")
    board.tiles = [_parts(days, workspace, now)[1].data]
    board.save()
    for html in (viewer_client.get(page_of(workspace, board.pk)).text, Client().get(share()).text):
        assert "the newest 12 of 30 rows" in text_of(html)
        assert "31 Mar 2026" in text_of(html)
        assert "Wed 4 Mar 2026" not in text_of(html)


def test_a_tile_is_changed_by_what_its_report_calls_it(api, workspace, board):
    board.tiles = [*board.tiles, {**board.tiles[0], "shows": "table:gone"}]
    board.save()
    html = api.get(page_of(workspace, board.pk, "edit")).text
    assert re.search(r"Remove ?: Delivered", text_of(html))
    assert "table:gone (What it shows is not there any more.)" in text_of(html)


def test_a_tile_that_cannot_be_asked_under_a_lock_shows_nothing(share, workspace, board, ask, owner, now):
    address = share({"where": ["channel:push"]})
    health = ask("attribution", view="credit")
    board.tiles = [{"question": health.api_id, "shows": "table:touches"}]
    board.save()
    answer = Client().get(address)
    assert (answer.status_code, "<table" in answer.text) == (200, False)
    assert "What it shows is not there any more." in text_of(answer.text)
    assert "channel" not in text_of(answer.text)


def test_numbers_of_its_link_are_rounded_where_it_says_so(share):
    html = Client().get(share(is_rounded=True)).text
    numbers = [unescape(one) for one in re.findall(r'data-value="(\d+)"', html)]
    assert {number for number in numbers if int(number) % 10} == set()


def test_tables_of_its_link_are_there_as_files(share, api, viewer_client, workspace, board, ask, now):
    days = ask("timeseries", metric="messages_total", range="30d", interval="day", compare="off")
    board.tiles = [_parts(days, workspace, now)[1].data]
    board.save()

    def lines(client, **query):
        return b"".join(client.get(address, query)).decode("utf-8-sig").splitlines()

    address = share({"where": ["channel:push"]})
    [href] = re.findall(r'href="\?(format=csv[^"]*)"', Client().get(address).text)
    asked = dict(parse_qsl(unescape(href)))
    assert asked == {"format": "csv", "table": "tile0-days"}
    assert "format=csv" not in viewer_client.get(page_of(workspace, board.pk)).text
    heads, *rows = lines(Client(), **asked)
    assert (heads, len(rows)) == ("Day,Messages", 30)
    assert lines(api, **{**everything(workspace), **asked}) == [heads, *rows]
    assert lines(viewer_client, where="channel:email", range="7d", **asked) == [heads, *rows]
    address = share()
    assert lines(Client(), **asked) != [heads, *rows]
    assert Client().get(address, {"format": "csv", "table": "days"}).status_code == 404


def test_a_board_that_a_link_shows_is_not_deleted(api, share, workspace, board):
    share(name="Agency")
    refused = api.post(page_of(workspace, board.pk, "delete"), follow=True)
    assert "Monday is shown by the link Agency" in text_of(refused.text)
    assert Board.objects.exists()


def test_links_to_boards_are_made_in_the_settings_and_by_the_api(api, workspace, board, ask):
    page = f"/w/{workspace.slug}/settings/links/"
    assert "Monday (board)" in api.get(page, {"board": board.api_id}).text
    assert "Link created" in text_of(api.post(page, {"question": board.api_id, "name": "Agency"}).text)
    url = f"/api/workspaces/{workspace.api_id}/share-links"
    made = post_json(api, url, {"board": board.api_id})
    assert (made.status_code, made.json()["board"], made.json()["question"]) == (201, board.api_id, None)
    assert post_json(api, url, {"board": board.api_id, "question": ask().api_id}).status_code == 400
    assert post_json(api, url, {}).status_code == 400
    assert post_json(api, url, {"board": "brd_999999"}).status_code == 400
    assert {*ShareLink.objects.values_list("board", flat=True)} == {board.pk}
