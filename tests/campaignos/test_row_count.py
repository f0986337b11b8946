"""Whoever downloads a table can tell whether it is whole: by a header before the rows, and one behind them."""

import pytest

CSV = {"format": "csv"}


@pytest.fixture
def contacts(bulk):
    bulk("contacts", [{"externalId": f"u{number}"} for number in range(5)])


class Connection:
    """gunicorn's, as the program sees it."""

    trailer = b""


def read(client, address, query, **given):
    response = client.get(address, query, **given)
    return response, b"".join(response.streaming_content).count(b"\r\n") - 1


@pytest.mark.usefixtures("contacts")
def test_a_list_of_the_api_and_of_the_pages_tells_how_many_rows_it_has(api, workspace):
    for address in (f"/api/workspaces/{workspace.api_id}/contacts", f"/w/{workspace.slug}/contacts/"):
        response, rows = read(api, address, {**CSV, "q": "u1"} if "api" in address else CSV)
        assert int(response["X-Row-Count"]) == rows


@pytest.mark.usefixtures("contacts")
def test_the_count_of_rows_that_were_sent_is_told_behind_them(api, workspace):
    connection = Connection()
    given = {"gunicorn.socket": connection, "SERVER_PROTOCOL": "HTTP/1.1"}
    response, rows = read(api, f"/api/workspaces/{workspace.api_id}/contacts", CSV, **given)
    assert (rows, response["Trailer"], connection.trailer) == (5, "X-Row-Count", b"X-Row-Count: 5\r\n")


@pytest.mark.usefixtures("contacts")
def test_nothing_is_told_behind_rows_that_broke_off_or_have_no_chunks(api, workspace):
    address = f"/api/workspaces/{workspace.api_id}/contacts"
    connection = Connection()
    given = {"gunicorn.socket": connection, "SERVER_PROTOCOL": "HTTP/1.1"}
    next(iter(api.get(address, CSV, **given).streaming_content))
    assert connection.trailer == b""
    response, _ = read(api, address, CSV, **{**given, "SERVER_PROTOCOL": "HTTP/1.0"})
    assert (connection.trailer, "Trailer" in response) == (b"", False)
