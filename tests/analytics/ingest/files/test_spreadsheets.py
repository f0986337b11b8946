"""Files as spreadsheets write them: each is counted rightly, or says what is to be done."""

import io
from collections.abc import Callable

import pytest

from analytics.ingest.files.foresight import Foresight, foresight
from analytics.ingest.files.imports import ImportedBlock, import_blocks
from analytics.ingest.files.problems import FileError
from analytics.ingest.outcome import Remark
from analytics.models import Campaign, Contact, Event
from tests.conftest import NOW
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now", "workspace")

SHORTENED = (
    "a spreadsheet shortened a long number, and its digits are lost. Open the original file with this column as text"
)


@pytest.fixture
def read(workspace: Workspace) -> Callable[..., ImportedBlock]:
    def read(content: bytes, resource: str = "contacts") -> ImportedBlock:
        [block] = import_blocks(workspace, resource, io.BufferedReader(io.BytesIO(content)), source="test")  # type: ignore[arg-type]
        return block

    return read


@pytest.fixture
def foresee(workspace: Workspace) -> Callable[..., Foresight]:
    def foresee(content: bytes, resource: str = "contacts") -> Foresight:
        return foresight(workspace, resource, io.BufferedReader(io.BytesIO(content)), now=NOW)  # type: ignore[arg-type]

    return foresee


def messages(remarks: list[Remark]) -> list[str]:
    return [remark.message for remark in remarks]


def test_excel_in_german(read: Callable[..., ImportedBlock]) -> None:
    content = "\ufeffexternalId;name;attributes.score;attributes.size;attributes.zip\r\nk1;Özil;1.234,5;3,0;01067\r\n"
    assert read(content.encode()).outcome.accepted == 1
    contact = Contact.objects.get()
    assert (contact.name, contact.attributes) == ("Özil", {"score": 1234.5, "size": 3.0, "zip": "01067"})


def test_a_comma_is_no_decimal_where_it_separates(read: Callable[..., ImportedBlock]) -> None:
    read(b'externalId,attributes.a,attributes.b\nk,"1,5","1.5"\n')
    assert Contact.objects.get().attributes == {"a": "1,5", "b": 1.5}


@pytest.mark.parametrize("text", ["1.23.4,5", "01,5", "1,", ",5", "1,5,6", "12.34,5"])
def test_what_only_resembles_a_decimal_comma_is_a_text(read: Callable[..., ImportedBlock], text: str) -> None:
    read(f"externalId;attributes.a\nk;{text}\n".encode())
    assert Contact.objects.get().attributes == {"a": text}


def test_amounts_of_events_have_decimal_commas(read: Callable[..., ImportedBlock]) -> None:
    read(b"type;occurredAt;contact;properties.revenue\nbuy;2026-03-01;k;-9,50\n", "events")
    assert Event.objects.get().properties == {"revenue": -9.5}


def test_quoted_newlines_belong_to_their_cell(read: Callable[..., ImportedBlock]) -> None:
    block = read(b'externalId;name\r\na;"one\r\ntwo"\r\nnull;x\r\n')
    assert Contact.objects.get().name == "one\r\ntwo"
    assert [block.block.numbers[remark.index] for remark in block.rejected] == [4]


def test_rows_of_empty_cells_are_skipped_and_counted(
    read: Callable[..., ImportedBlock], foresee: Callable[..., Foresight]
) -> None:
    content = b"externalId;email;name\na;;\n;;\n \t; ;\n\n;;;;;\n"
    assert foresee(content).empty == 3
    block = read(content)
    assert (block.outcome.accepted, block.rejected, block.empty) == (1, [], 3)


@pytest.mark.parametrize("content", [b"externalId;email\n", b"externalId;email", b"externalId;email\n;\n\n;\n"])
def test_a_file_without_a_row_says_so(foresee: Callable[..., Foresight], content: bytes) -> None:
    with pytest.raises(FileError, match="There are no contacts in the file"):
        foresee(content)


def test_a_header_alone_is_judged(foresee: Callable[..., Foresight]) -> None:
    with pytest.raises(FileError, match="Unknown columns: 'e-mail'"):
        foresee(b"externalId;e-mail\n")


@pytest.mark.parametrize("title", ["Contacts;;", "Contacts of March", "Contacts;;\n;;", '"Our\tcontacts";x;'])
def test_titles_above_the_names_of_columns_are_no_rows(foresee: Callable[..., Foresight], title: str) -> None:
    line = title.count("\n") + 3
    [change] = foresee(f"{title}\nexternalId;email;name\na;a@example.com;A\n".encode()).changes
    assert (change.line, change.external_id) == (line, "a")


@pytest.mark.parametrize("number", ["4,91234E+11", "1.23E+15", "5E+15", "-1,2E+3"])
@pytest.mark.parametrize("column", ["externalId", "phone"])
def test_a_number_that_a_spreadsheet_shortened_is_refused(
    read: Callable[..., ImportedBlock], foresee: Callable[..., Foresight], column: str, number: str
) -> None:
    content = f"externalId;phone\n{number};\n" if column == "externalId" else f"externalId;phone\na;{number}\n"
    [told] = messages(read(content.encode()).rejected)
    assert told.startswith(f"{column} is {number!r}: {SHORTENED}")
    assert foresee(content.encode()).rejected[0].message == told
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("resource", "content"),
    [
        ("campaigns", "externalId;name\n1,5E+12;C\n"),
        ("enrollments", "campaign;contact\nc;1,5E+12\n"),
        ("messages", "externalId;campaign;contact;channel\nm;1,5E+12;a;EMAIL\n"),
        ("message-events", "message;type;at\n1,5E+12;opened;2026-03-01\n"),
        ("events", "type;occurredAt;messageId;contact\nt;2026-03-01;1,5E+12;a\n"),
        ("events", "type;occurredAt;anonymousId\nt;2026-03-01;1,5E+12\n"),
    ],
)
def test_such_a_number_names_nothing_in_any_resource(
    read: Callable[..., ImportedBlock], resource: str, content: str
) -> None:
    assert SHORTENED in messages(read(content.encode(), resource).rejected)[0]


@pytest.mark.parametrize("id", ["1e+21", "1.23E15", "E+15", "12E+15", "1.23e+15"])
def test_what_programs_write_is_an_id_like_any_other(read: Callable[..., ImportedBlock], id: str) -> None:
    assert read(f"externalId\n{id}\n".encode()).outcome.accepted == 1


def test_such_a_number_among_attributes_is_taken_with_a_warning(
    read: Callable[..., ImportedBlock], foresee: Callable[..., Foresight]
) -> None:
    content = b"externalId;attributes.customer\na;4,91234E+11\n"
    [told] = messages(read(content).warnings)
    assert told.startswith("attributes.customer is '4,91234E+11': a spreadsheet shortened")
    assert Contact.objects.get().attributes == {"customer": "4,91234E+11"}
    assert [(remark.line, remark.code) for remark in foresee(content).warnings] == [(2, "shortened_number")]


def test_the_check_tells_what_the_import_warns_of(
    read: Callable[..., ImportedBlock], foresee: Callable[..., Foresight]
) -> None:
    read(b"externalId,email\nknown,k@example.com\nmoved,m@example.com\n")
    content = (
        b"externalId,email,signedUpAt\n"
        b"a,K@example.com,2099-01-01\n"  # shared with what is there, and ahead
        b"b,new@example.com,\nc,New@example.com,\n"  # shared among themselves
        b"moved,away@example.com,\nd,m@example.com,\n"  # nobody has that one any more
        b"null,x@example.com,2099-01-01\n"
    )
    found = foresee(content)
    block = read(content)
    assert [(remark.line, remark.code, remark.message) for remark in found.warnings] == [
        (block.block.numbers[remark.index], remark.code, remark.message) for remark in block.warnings
    ]
    assert [(remark.line, remark.code) for remark in found.warnings] == [
        (2, "future_time"),
        (2, "email_shared"),
        (3, "email_shared"),
        (4, "email_shared"),
    ]
    assert found.warned == 4


@pytest.mark.parametrize("is_stated", [True, False])
def test_a_later_day_that_is_not_stated_changes_nothing_and_is_told(
    read: Callable[..., ImportedBlock], foresee: Callable[..., Foresight], is_stated: bool
) -> None:
    read(f"externalId;signedUpAt;signupIsStated\na;2026-03-01;{is_stated}\n".encode())
    content = b"externalId;signedUpAt;signupIsStated\na;2026-03-02;false\nb;2026-03-02;false\n"
    assert [remark.code for remark in foresee(content).warnings] == ["signup_not_stated"]
    assert [remark.code for remark in read(content).warnings] == ["signup_not_stated"]
    assert Contact.objects.get(external_id="a").signed_up_at.day == 28  # the last of February, in UTC


def test_of_each_kind_of_warning_the_first_are_shown(foresee: Callable[..., Foresight]) -> None:
    rows = "".join(f'{{"externalId": "u{number}", "signedUpAt": "2099-01-01"}}\n' for number in range(30))
    found = foresee(f'{rows}{{"externalId": "last", "nickname": "x"}}\n'.encode())
    assert found.warned == 31
    assert [remark.line for remark in found.warnings] == [1, 2, 3, 4, 5, 31]
    assert found.warnings[-1].message == "'nickname' is not read."


@pytest.mark.parametrize(
    "rows",
    [
        ["c;2026-03-02;2026-03-01"],
        ["c;2026-03-01;2026-03-03", "c;2026-03-04;"],
        ["c;2026-03-02;", "c;;2026-03-01"],
    ],
)
def test_a_campaign_that_ends_before_it_begins_is_refused(
    read: Callable[..., ImportedBlock], foresee: Callable[..., Foresight], rows: list[str]
) -> None:
    lines = [f"{row};C" for row in rows]
    content = "\n".join(["externalId;startedAt;endedAt;name", *lines, "good;2026-03-01;2026-03-01;G", ""]).encode()
    expected = foresee(content, "campaigns")
    block = read(content, "campaigns")
    [told] = block.rejected
    assert (told.code, block.block.numbers[told.index]) == ("invalid_ended_at", len(rows) + 1)
    assert "endedAt lies before startedAt" in told.message
    assert [(remark.line, remark.message) for remark in expected.rejected] == [(len(rows) + 1, told.message)]
    assert expected.new == block.outcome.accepted == len(rows)
    assert all(one.ended_at is None or one.ended_at >= one.started_at for one in Campaign.objects.all())
