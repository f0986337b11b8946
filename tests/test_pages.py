"""Every page of the program says what it leaves out of its address, and what it understands."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone

from analytics.ingest import take_contacts
from campaignos.page_parameters import MOST_NAMES, understood_of
from tests import openapi
from tests.analytics.asked_once import AskedOnce
from tests.copied_rows import copied
from tests.test_urls import ACCOUNT, OPEN, PAGES, Ground, logged_in, routes

pytestmark = pytest.mark.long

NONSENSE = "☃ nonsense"
FREE_TEXTS = {
    **dict.fromkeys(("q", "who"), "searched for, wherever it stands"),
    **dict.fromkeys(("touchSource", "touchMedium", "touchCampaign", "path"), "compared"),
    **dict.fromkeys(("utmSource", "utmMedium", "utmCampaign", "library", "value", "link", "reason"), "compared"),
    "joined": "looked up, and told where it was typed",
    "table": "a file's name: there is none, or it is a 404",
    "next": "where to go on",
    **dict.fromkeys(("steps", "step"), "told as an event that has never come in"),
    "exclude": "an event that has not come in excludes nobody",
    "eventType": "one that came in, or will",
    "seen": "what a form was opened with",
    "erases_idle_contacts": "a box that is checked",
}
"""Parameters that can have any value, and what is done with it."""
TOGETHER = {
    "week": "signedUpFrom=2026-03-01",
    "lostSince": "steps=buy&step=1",
    "compareFrom": "compare=custom",
    "compareTo": "compare=custom",
    "erases_idle_contacts": "kept_days=5",
}
FORMS = {"settings-data", "settings-audit", "key-drop"}
"""Pages whose fields themselves say what is wrong with them."""
UNWALKED = re.compile("uidb36|token|<str:key>|^api/|^v1/|logout")
"""Of the open routes, those that are no pages, or lead nowhere without a token."""
FORMER_LABELS = (
    *(
        "Opened by people",
        "Clicked by people",
        "rate of people",
        "Conversion events",
        "Opened by then",
        "Clicked by then",
    ),
    *(
        "What became of",
        "Reasons of bounces",
        "Why emails came back",
        "Interval of 95%",
        "95 %",
        "Points above control",
    ),
    *("People of the first step", "People of the last step", "From previous step", "From first step", "Drop-off"),
    *("Not told", "not attributed", "Of all", "of these days", "in these days", "weeks that are over", "Change of"),
    *("Somebody", "not known yet", "Anonymous id", "Cohort of", "Perhaps also", "Was also", "Erase", "erased"),
    *("Who this is", "Where they count", "Their data", "Time line", "For good", "For now", "Something else"),
    *("Answered by a machine", "Check the file", "Check before", "Drop the file", "Go on importing", "Dropped:"),
    *("What may be in it", "Look at", "chosen ones", "Made", "Make a", "Make the", "Begins", "Begun"),
    *("Second factor", "Forgotten", "Forgot your", "How long data", "would go", "is made", "Keyring", "Viewers look"),
    *("Bad Token", "reauthenticate", "e-mail", "the data allow", "Id"),
)
"""What pages called things before they used the field's words, which docs/style.md has."""
of_addresses = pytest.mark.either_database("names are judged, and links written, whatever the rows are")


@pytest.fixture
@copied
def own(db: None, now: Any) -> Ground:
    return Ground("own", now)


@pytest.fixture
def owner_client(own: Ground) -> Client:
    client = logged_in(own.owner)
    client.get("/")
    return client


Read = Callable[[str], str]


@pytest.fixture
def read(own: Ground, owner_client: Client) -> Read:
    """The page at an address, which is asked for once a process: the same rows are there for each test."""
    once = AskedOnce(own.workspace, __name__)
    return lambda address: once(address, lambda: _text(owner_client.get(address)).encode()).decode()


@pytest.fixture
def pages(own: Ground, read: Read) -> dict[str, str]:
    """By its route, the address of every page that its owner can ask for."""
    names = {name for name, (method, _) in PAGES.items() if method == "get"} | ACCOUNT | OPEN
    asked = {name: _address(own, name) for name, pattern in routes() if name in names and not UNWALKED.search(pattern)}
    return {name: address for name, address in asked.items() if "<main" in read(address)}


def _address(own: Ground, name: str) -> str:
    return own.address(name, dict(routes())[name], own)


def _text(response: Any) -> str:
    return "" if response.streaming or response.status_code not in (200, 400) else unescape(response.content.decode())


def _with(address: str, query: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{query}"


@of_addresses
def test_the_walk_sees_the_pages(pages: dict[str, str]) -> None:
    unseen = {"workspace", "event_json", "contact_export", "contacts_template", "campaigns_template", "import_template"}
    unseen |= {"add_filter", "find_options", "funnel_steps", "first_arrived", "import_rejected", "settings-audit-csv"}
    unseen |= {"scheduled-email-preview"}  # what a mail program shows
    assert {name for name, (method, _) in PAGES.items() if method == "get"} - unseen <= pages.keys()
    assert {"workspaces", "profile", "sessions", "metrics_help", "account_email", "mfa_index"} <= pages.keys()


@of_addresses
def test_every_page_says_which_names_it_does_not_understand(pages: dict[str, str], owner_client: Client) -> None:
    silent = []
    for address in pages.values():
        told = re.search(
            r"colour is not understood here and is left out; understood are: ([^<]*?)\.\s*<",
            _text(owner_client.get(_with(address, "colour=red&_=1"))),
        )
        names = [name for name in understood_of(resolve(urlsplit(address).path).func).allowed if name != "next"]
        if told is None or told[1] != (", ".join(names) or "none"):
            silent.append(address)
    assert not silent


@pytest.mark.either_database("values are judged before rows are asked for; names of rows have a test on both")
def test_every_page_says_which_values_it_leaves_out(pages: dict[str, str], owner_client: Client) -> None:
    """Asked for with all at once, then with each alone of which it said nothing: one may be left out for another."""
    silent = []
    for name, address in pages.items():
        bare = address.partition("?")[0]
        parameters = understood_of(resolve(urlsplit(address).path).func).allowed.keys() - FREE_TEXTS.keys()
        together = _text(owner_client.get(_with(bare, "&".join(f"{each}={NONSENSE}" for each in sorted(parameters)))))
        for parameter in parameters:
            if _is_left_out(parameter, together) or (name, parameter) == ("campaign", "campaign"):
                continue  # the page is of it: a 404
            query = "&".join(filter(None, (f"{parameter}={NONSENSE}", TOGETHER.get(parameter))))
            text = _text(owner_client.get(_with(bare if parameter in address else address, query)))
            is_told = _is_left_out(parameter, text) or (name in FORMS and 'class="error"' in text)
            if not is_told and not (name == "people" and parameter in ("from", "to")):
                silent.append(_with(address, query))
    assert not silent


def _is_left_out(parameter: str, text: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(parameter)} cannot be {NONSENSE!r}", text) is not None


@of_addresses
def test_no_link_and_no_form_of_a_page_has_what_is_not_understood(pages: dict[str, str], read: Read) -> None:
    odd = {
        (address, link, name)
        for address in pages.values()
        for link, names in _links(read(address), address)
        for name in names - _understood(link)
    }
    assert not odd


def _links(html: str, address: str) -> Iterator[tuple[str, set[str]]]:
    """Where a page leads on this site, and with which parameters."""
    for link in re.findall(r'<a [^>]*href="([^"#]+)', html):
        parts = urlsplit(link)
        if parts.netloc in ("", "testserver") and parts.scheme in ("", "http"):
            yield parts.path or urlsplit(address).path, set(parse_qs(parts.query, keep_blank_values=True))
    for attributes, form in re.findall(r"<form ([^>]*)>(.*?)</form>", html, re.DOTALL):
        if 'method="get"' in attributes:
            action = re.search(r'action="([^"]*)"', attributes)
            names = set(re.findall(r'<(?:input|select|textarea|button) [^>]*name="([^"]+)"', form))
            yield urlsplit(action[1] if action else address).path, names


def _understood(path: str) -> set[str]:
    try:
        view = resolve(path).func
    except Resolver404:
        return set()
    return _understood_by_api(path) if hasattr(view, "cls") else {*understood_of(view).allowed}


def _understood_by_api(path: str) -> set[str]:
    """What its schema names for the address; files of lists are told in words, as they are another content."""
    patterns = openapi.schema()["paths"].items()
    found = [each for pattern, each in patterns if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path)]
    reads = [each["get"] for each in found if "get" in each]
    named = {said["name"] for read in reads for said in read.get("parameters", ()) if said["in"] == "query"}
    return named | {"format" for read in reads if "`format=xlsx`" in read["description"]}


@of_addresses
def test_no_page_uses_a_former_label(pages: dict[str, str], read: Read) -> None:
    former = re.compile(rf"(?<![\w-])(?:{'|'.join(FORMER_LABELS)})(?![\w-])")
    asked = {name: _visible(read(address)) for name, address in pages.items()}
    assert len(asked) > 80
    assert {name: former.findall(text) for name, text in asked.items() if former.search(text)} == {}


def _visible(html: str) -> str:
    """What is read or heard of a page: without the code that it shows, and without scripts."""
    named = " ".join(re.findall(r'(?:aria-label|title|placeholder)="([^"]*)"', html))
    bare = re.sub(r"<(script|style|pre|code)\b.*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", f"{bare} {named}")


def test_a_long_address_makes_no_long_notice(own: Ground, owner_client: Client) -> None:
    query = "&".join(f"x{number}{'y' * 200}=1" for number in range(20))
    text = _text(owner_client.get(_with(_address(own, "overview"), query)))
    notice = re.search(r"x0y.*left out", text)
    assert notice is not None
    assert f"and {20 - MOST_NAMES} more are not understood here" in notice[0]
    assert len(notice[0]) < 1500


def test_of_two_values_the_page_says_which_it_took(own: Ground, owner_client: Client) -> None:
    told = "type is there 2 times, with different values: the last is taken."
    assert told in _text(owner_client.get(_with(_address(own, "events"), "type=a&type=buy")))
    assert told not in _text(owner_client.get(_with(_address(own, "events"), "type=buy&type=buy")))
    assert "is there 2 times" not in _text(
        owner_client.get(_with(_address(own, "timeseries"), "metric=events&metric=opens"))
    )


@pytest.mark.parametrize(
    ("page", "query", "left_out"),
    [
        ("events", "property=nothing", "property"),
        ("events", "property=nothing&value=x", "property"),
        ("events", "value=x", "value"),
        ("events", "person=999", "person"),
        ("events", "utmMedium=email", "utmMedium"),
        ("messages", "variant=999", "variant"),
        ("messages", "notCampaign=cmp_999", "notCampaign"),
        ("enrolments", "notCampaign=cmp_999", "notCampaign"),
        ("contacts", "metric=opens", "metric"),
        ("contacts", "metric=event:nothing&week=0&signedUpFrom=2026-03-01", "metric"),
        ("overview", "compareFrom=2026-01-01", "compareFrom"),
        ("attribution", "sort=nothing", "sort"),
        ("contacts", "range=7d", None),
    ],
)
def test_what_names_nothing_is_left_out_and_told(
    own: Ground, owner_client: Client, page: str, query: str, left_out: str | None
) -> None:
    text = _text(owner_client.get(_with(_address(own, page), query)))
    total = re.compile(r'data-total="(\d+)"')
    if left_out is not None:
        assert f"{left_out} cannot be" in text
    assert total.findall(text) == total.findall(_text(owner_client.get(_address(own, page))))


def test_the_reference_of_the_api_says_so_too(client: Client, db: None) -> None:
    assert "colour is not understood here" in _text(client.get("/api/docs/?colour=red"))


@pytest.mark.parametrize(
    "name",
    [
        *("contact_erasure", "contact_part", "contact_join", "member-remove", "invitation-revoke", "key-revoke"),
        *("key-drop", "webhook-rotate", "webhook-revoke", "webhook-sign", "settings-delete", "sample"),
    ],
)
def test_what_asks_first_says_what_it_does_and_can_be_cancelled(own: Ground, owner_client: Client, name: str) -> None:
    address = _address(own, name)
    take_contacts(own.workspace, [{"externalId": "twin"}], received_at=timezone.now())
    address += {"contact_join": "?joined=twin", "key-drop": "?since=2026-03-01T00:00"}.get(name, "")
    html = _text(owner_client.get(address))
    assert re.search(r'<button[^>]*class="danger"', html), "the act itself is a POST"
    assert re.search(r'<a href="[^"]+">Cancel</a>', html)
    assert not [heading for heading in re.findall(r"<h2>([^<]*)</h2>", html) if "?" in heading]


def test_a_funnels_people_are_told_which_event_has_never_come_in(own: Ground, owner_client: Client) -> None:
    address = f"{_address(own, 'people').partition('?')[0]}?from=2026-03-01&to=2026-03-31&steps=nothing"
    assert "No event 'nothing' has ever come in." in _text(owner_client.get(address))


def test_the_way_to_the_overview_keeps_what_the_address_says(own: Ground, owner_client: Client) -> None:
    response = owner_client.get(f"/w/{own.workspace.slug}/?range=7d&colour=red")
    assert response["Location"].endswith("/reports/overview/?range=7d&colour=red")
