"""Who opened or clicked: each rule by examples, in their order, whatever the order of arrival."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from analytics.actors import HUMANS, RULES, Actor, Engagement, deciding_rules

DELIVERED = datetime(2026, 3, 20, 9, tzinfo=UTC)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
PREFETCHING_GMAIL = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.17328)"
THUNDERBIRD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Thunderbird/128.3.1"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
)
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"


def opened(user_agent: str = "", after: float = 3600, **fields: Any) -> Engagement:
    return _engagement(False, user_agent, after, **fields)


def clicked(
    user_agent: str = CHROME, after: float = 3600, url: str = "https://x.example/a", **fields: Any
) -> Engagement:
    return _engagement(True, user_agent, after, url=url, **fields)


def _engagement(is_click: bool, user_agent: str, after: float, **fields: Any) -> Engagement:
    at = DELIVERED + timedelta(seconds=after)
    return Engagement((is_click, at, user_agent, *fields.values()), is_click, at, user_agent=user_agent, **fields)


CASES: dict[str, list[list[Engagement]]] = {
    "provider-bot": [[opened(hint="bot")], [clicked(hint="bot")], [opened(GMAIL, hint="bot")]],
    "provider-prefetch": [[opened(IPHONE, hint="prefetch")], [opened(GMAIL, hint="prefetch")]],
    "gmail-prefetch": [[opened(PREFETCHING_GMAIL)], [opened(PREFETCHING_GMAIL, hint="proxy")]],
    "apple-privacy": [[opened("Mozilla/5.0")], [opened("Mozilla/5.0", after=0.5)]],
    "hasty-open": [[opened(GMAIL, after=1.9)], [opened(LINUX, after=0)], [opened(YAHOO, after=-5)]],
    "security-gateway": [[opened("BarracudaCentral")], [clicked("Mozilla/5.0 (compatible; Mimecast URL Protect)")]],
    "crawler": [[clicked("python-requests/2.32.3")], [opened("curl/8.5.0")], [clicked("Slackbot-LinkExpanding 1.0")]],
    "click-burst": [
        [clicked(after=60, url="a"), clicked(after=62, url="b")],
        [clicked(after=60, url="a"), clicked(after=65, url="b"), clicked(after=70, url="c")],
        [clicked(IPHONE, after=60, url="a"), clicked(CHROME, after=60, url="b")],
    ],
    "open-beside-burst": [[opened(CHROME, after=50), clicked(after=60, url="a"), clicked(after=61, url="b")]],
    "provider-proxy": [[opened(hint="proxy")], [clicked(hint="proxy")], [opened(GMAIL, hint="proxy")]],
    "image-proxy": [[opened(GMAIL)], [opened(YAHOO, after=2)], [opened("seznam-email-proxy/1.0")]],
    "no-sign": [
        *([opened(agent)] for agent in (IPHONE, OUTLOOK, THUNDERBIRD, CHROME, LINUX, "")),
        *([clicked(agent)] for agent in (IPHONE, CHROME, LINUX, "", "Mozilla/5.0", PREFETCHING_GMAIL)),
        [opened(IPHONE, after=1)],
        [opened("", after=1)],
        [clicked(after=60, url="a"), clicked(after=62.1, url="b")],
        [clicked(after=60, url="a"), clicked(after=61, url="a")],
        [clicked(after=60, url=""), clicked(after=60, url="a")],
        [clicked(after=60, url="a"), clicked(after=65, url="b"), clicked(after=70.1, url="c")],
        [opened("Mozilla/5.0 (Presetting 1.0)")],
    ],
}
"""The first engagement of each case is decided by the rule, beside the others of its message."""


def test_every_rule_has_cases() -> None:
    assert list(CASES) == [rule.id for rule in RULES]
    assert {rule.actor for rule in RULES} == set(Actor)
    assert {Actor.HUMAN, Actor.PROXIED_HUMAN} == HUMANS


def test_the_decision_tells_the_rules_as_they_are() -> None:
    told = (settings.BASE_DIR / "docs/decisions/0007-human-or-machine.md").read_text()
    for rule in RULES:
        assert f"| `{rule.id}` | {rule.actor.value.replace('_', ' ')} | {rule.definition} |" in told


@pytest.mark.parametrize(("rule", "case"), [(rule, case) for rule, cases in CASES.items() for case in cases])
def test_a_rule_decides_its_cases(rule: str, case: list[Engagement]) -> None:
    assert deciding_rules(case, DELIVERED)[0].id == rule


def test_an_open_is_not_hasty_while_the_delivery_is_not_known() -> None:
    assert deciding_rules([opened(GMAIL, after=1)], None)[0].id == "image-proxy"


@pytest.mark.parametrize("one", [opened(CHROME, after=71.1), opened(IPHONE, after=60), opened(CHROME, after=49.9)])
def test_an_open_long_after_a_burst_or_by_somebody_else_is_a_persons(one: Engagement) -> None:
    burst = [clicked(after=60, url="a"), clicked(after=61, url="b")]
    assert deciding_rules([one, *burst], DELIVERED)[0].actor is Actor.HUMAN


engagements = st.builds(
    lambda make, **fields: make(**fields),
    st.sampled_from([opened, clicked]),
    user_agent=st.sampled_from([CHROME, GMAIL, "Mozilla/5.0", ""]),
    after=st.integers(0, 15),
    url=st.sampled_from(["", "a", "b", "c"]),
)


@given(given_=st.lists(engagements, max_size=10, unique=True), data=st.data())
def test_the_order_does_not_matter(given_: list[Engagement], data: st.DataObject) -> None:
    other = data.draw(st.permutations(given_))
    rules = dict(zip(other, deciding_rules(other, DELIVERED), strict=True))
    assert [rules[one] for one in given_] == deciding_rules(given_, DELIVERED)
