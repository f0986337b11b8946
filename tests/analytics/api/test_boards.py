"""Boards: tiles of saved questions, which say what their reports say, in the API and under a link."""

import pytest

from analytics.api.questions.answers import shown_answer
from analytics.api.questions.board_answers import choices_of, shown_board
from analytics.api.questions.forms import FORMS, read_report
from analytics.api.questions.reading import Asking
from analytics.api.questions.texts import whole_text
from analytics.boards import save_board
from analytics.models import Board, SavedQuestion, SavedSegment
from analytics.presentation.audience import Audience
from analytics.questions.boards import BoardTile, moved_tile
from analytics.questions.saved import QuestionText
from analytics.saved_questions import save_question
from tests.analytics.shop import fill_shop
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.changes import create_workspace
from workspaces.models import AuditEvent
from workspaces.scope import scope

ASKED = {
    "funnel": {"steps": "visit,purchase"},
    "attribution": {"view": "credit"},
    "why": {"metric": "events"},
    "timeseries": {"metric": "events"},
}
"""What reports need to be asked."""


@pytest.fixture(autouse=True)
@copied
def shop(bulk, now):
    fill_shop(bulk)


@pytest.fixture
def ask(workspace, owner, now):
    def save(report="overview", **parameters):
        with scope(workspace):
            text = QuestionText(report, {**ASKED.get(report, {}), **parameters})
            whole = whole_text(text, read_report(text, Asking(workspace, now)))
            name = f"{report} {SavedQuestion.objects.count()}"
            return save_question(workspace=workspace, name=name, text=whole, by=owner)

    return save


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/boards"


def patch(api, address, body):
    return api.patch(address, body, content_type="application/json")


def test_a_board_is_made_changed_and_deleted_with_its_lines_in_the_audit_trail(api, url, ask):
    tile = {"question": ask().api_id, "shows": "figure:delivered"}
    made = post_json(api, url, {"name": "Monday", "tiles": [tile]})
    assert made.status_code == 201, made.text
    board = made.json()
    assert (board["name"], board["tiles"]) == ("Monday", [tile])
    one = f"{url}/{board['id']}"
    changed = patch(api, one, {"name": "Tuesday", "tiles": []})
    assert (changed.status_code, changed.json()["tiles"]) == (200, [])
    assert [row["name"] for row in api.get(url, {"q": "tues"}).json()["results"]] == ["Tuesday"]
    assert api.delete(one).status_code == 204
    assert not Board.objects.exists()
    actions = AuditEvent.objects.filter(action__startswith="board").order_by("pk").values_list("action", flat=True)
    assert [*actions] == ["board_saved", "board_changed", "board_deleted"]


@pytest.mark.parametrize(
    ("tile", "problem"),
    [
        ({"shows": "figure:weather"}, "shows no 'figure:weather'; allowed: figure:"),
        ({"question": "qst_999999"}, "There is no saved question qst_999999."),
        ({"question": "weather"}, "There is no saved question weather."),
    ],
)
def test_a_tile_shows_what_there_is(api, url, ask, tile, problem):
    given = {"question": ask().api_id, "shows": "figure:delivered", **tile}
    answer = post_json(api, url, {"name": "B", "tiles": [given]})
    assert answer.status_code == 400
    assert problem in answer.text.replace("&#x27;", "'")
    assert not Board.objects.exists()


def test_a_question_of_another_workspace_is_none(api, url, ask, stranger, workspace):
    other = create_workspace(name="Other", time_zone="UTC", by=stranger)
    theirs = SavedQuestion.objects.create(workspace=other, name="Q", report="overview")
    answer = post_json(api, url, {"name": "B", "tiles": [{"question": theirs.api_id, "shows": "figure:delivered"}]})
    assert (answer.status_code, Board.objects.count()) == (400, 0)


def test_it_has_at_most_twelve_tiles(api, url, ask):
    tile = {"question": ask().api_id, "shows": "figure:delivered"}
    assert post_json(api, url, {"name": "B", "tiles": [tile] * 13}).status_code == 400
    assert post_json(api, url, {"name": "B", "tiles": [tile] * 12}).status_code == 201


def test_a_name_is_taken_once(api, url):
    assert post_json(api, url, {"name": "B"}).status_code == 201
    again = post_json(api, url, {"name": "B"})
    assert (again.status_code, again.json()["message"]) == (409, "Another board has this name.")


def test_a_question_of_a_board_is_not_deleted(api, url, ask, workspace):
    question = ask()
    tile = {"question": question.api_id, "shows": "figure:delivered"}
    board = post_json(api, url, {"name": "Monday", "tiles": [tile]}).json()
    of_question = f"/api/workspaces/{workspace.api_id}/saved-questions/{question.api_id}"
    refused = api.delete(of_question)
    assert (refused.status_code, "the board Monday" in refused.text) == (409, True)
    assert api.delete(f"{url}/{board['id']}").status_code == 204
    assert api.delete(of_question).status_code == 204


def test_its_answer_is_that_of_each_question_and_says_what_is_gone(api, url, ask, workspace, owner, now):
    funnel, kept = (
        ask("funnel"),
        SavedSegment.objects.create(workspace=workspace, name="S", condition="contact.known:true"),
    )
    gone = ask(segment=[kept.api_id])
    tiles = [
        {"question": funnel.api_id, "shows": next(iter(choices_of(funnel, Asking(workspace, now))))},
        {"question": gone.api_id, "shows": "figure:delivered"},
    ]
    board = post_json(api, url, {"name": "B", "tiles": tiles}).json()
    SavedSegment.objects.filter(pk=kept.pk).delete()
    answer = api.get(f"{url}/{board['id']}/answer").json()
    assert answer["board"] == board
    alone = api.get(f"/api/workspaces/{workspace.api_id}/saved-questions/{funnel.api_id}/answer").json()
    first, second = answer["answers"]
    assert (first["question"], first["problem"]) == (alone["question"], None)
    assert {**first["answer"], "meta": None} == {**alone["answer"], "meta": None}
    assert (second["question"]["id"], second["answer"]) == (gone.api_id, None)
    assert kept.api_id in second["problem"]


def test_who_only_reads_makes_none_and_sees_no_addresses(viewer_client, url, workspace, owner):
    save_board(workspace=workspace, name="For ada@example.com", by=owner)
    assert post_json(viewer_client, url, {"name": "B"}).status_code == 403
    [board] = viewer_client.get(url).json()["results"]
    assert "ada@example.com" not in board["name"]


@pytest.mark.parametrize("report", [*FORMS])
def test_every_part_of_an_answer_can_be_a_tile_and_says_what_the_page_says(ask, workspace, owner, now, report):
    question, asking = ask(report), Asking(workspace, now)
    audience = Audience(workspace.zone, sees_addresses=True)
    with scope(workspace):
        whole = shown_answer(report, read_report(question.text, asking), asking, audience)
        choices = choices_of(question, asking)
        tiles = [BoardTile(question.api_id, shows) for shows in choices][:12]
        board = save_board(workspace=workspace, name=f"B {report}", by=owner, tiles=tiles)
        shown = shown_board(board, asking, audience)
    assert [tile.tile for tile in shown] == tiles
    assert {key for key in choices if key.startswith("table:")} == {f"table:{table.key}" for table in whole.all_tables}
    assert {key for key in choices if key.startswith("figure:")} == {f"figure:{one.metric.key}" for one in whole.tiles}
    assert len([key for key in choices if key.startswith("chart:")]) == len(whole.charts)
    values = {one.metric.key: one.value for one in reversed(whole.tiles)}
    for tile in shown:
        parts = [*tile.shown.tiles, *tile.shown.charts, *tile.shown.tables]
        assert len(parts) == 1
        assert all(one.value == values[one.metric.key] for one in tile.shown.tiles)
    keys = [table.key for tile in shown for table in tile.shown.all_tables]
    assert len(keys) == len({*keys})


def test_a_tile_moves_by_places_and_stops_at_the_ends():
    tiles = tuple(BoardTile(f"qst_{number}", "figure:sent") for number in range(3))
    first, second, third = tiles
    assert moved_tile(tiles, 0, 1) == (second, first, third)
    assert moved_tile(tiles, 2, -1) == (first, third, second)
    assert moved_tile(tiles, 0, -1) == tiles
    assert moved_tile(tiles, 2, 5) == tiles
