"""Published cases of other funnels, where their words mean the same here: who did what in which minute, how far each of
them got, and what it took on average. Retyped as data; the sources are named.

Of PostHog's funnels in any order only who completes all steps is meant: it counts any two of the steps as two. Of the
DuckDB extension's modes those that let others lie between steps are left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Acts = str | Sequence[tuple[int, str]]
"""Of one person: an act a minute, or minutes and acts."""
DAY = 24 * 60


@dataclass(frozen=True)
class Case:
    """By the acts of somebody, how many `steps` they reach. `window` is in minutes; `mean` has the mean minutes to each
    step after the first. With `only_whole` it counts alone whether they reach all."""

    source: str
    steps: str
    reached: Mapping[Acts, int]
    order: str = "ordered"
    window: int | None = 14 * DAY
    exclude: Sequence[tuple[str, int, int]] = ()
    mean: tuple[float, ...] = ()
    only_whole: bool = False


POSTHOG = "PostHog/posthog posthog/hogql_queries/insights/funnels/test"
DUCKDB = "tomtom215/duckdb-behavioral"
BASIC = ("s", "ps", "spxi", "ixps", "psxpi", "xsxp", "xspix", "ip")
ONCE = ((0, "s"), (60, "p"), (120, "i"))
TRIES = (*ONCE, (3060, "s"), (3120, "p"), (4680, "s"), (4860, "p"))
MOVIES = (
    ((720, "s"), (780, "p"), (900, "b")),
    ((2280, "s"), (2400, "p")),
    ((2280, "s"), (2400, "p"), (2460, "b")),
)
LATE = (((840, "s"), (845, "p")), ((843, "s"),), ((720, "s"), (735, "p")))
SHOP = (((0, "v"), (5, "c"), (10, "p")), ((0, "v"), (5, "c")), ((0, "v"), (300, "c")))
LEFT = ((60, "s"), (120, "p"), (180, "l"), (240, "x"), (300, "l"))
FULL = (((60, "s"), (120, "p")), ((180, "s"), (210, "x"), (240, "p")), ((300, "s"), (360, "p")))


def _all_of(people: Sequence[Acts], levels: Sequence[int]) -> dict[Acts, int]:
    return dict(zip(people, levels, strict=True))


CASES = {
    "a basic strict funnel": Case(
        f"{POSTHOG}/test_funnel_strict.py", "spi", _all_of(BASIC, (1, 1, 2, 1, 1, 1, 3, 0)), "strict"
    ),
    "an advanced strict funnel": Case(
        f"{POSTHOG}/test_funnel_strict.py",
        "supv",
        {"s": 1, "sp": 1, "suUpxi": 2, "xsupx": 3, "xsupxx": 3, "xsupV": 3, "xsupsv": 3, "xssupv": 4},
        "strict",
    ),
    "conversion times of a strict funnel": Case(
        f"{POSTHOG}/test_funnel_strict.py",
        "spi",
        {((0, "s"),): 1, ((0, "s"), (60, "p")): 2, ((0, "s"), (120, "p"), (240, "i")): 3},
        "strict",
        mean=(90, 120),
    ),
    "what lies between on a strict way": Case(f"{POSTHOG}/test_funnel_strict.py", "fc", {"ffxxcc": 1}, "strict"),
    "a strict funnel of two": Case(f"{POSTHOG}/test_funnel_strict.py", "sp", {"sxp": 1, "sp": 2}, "strict"),
    "many at one instant": Case(f"{POSTHOG}/test_funnel_strict.py", "abc", {(*[(0, "a")] * 30, (0, "b"), (0, "c")): 3}),
    **{
        f"several incomplete tries, {order}": Case(
            f"{POSTHOG}/conversion_time_cases.py", "spi", {TRIES: 3}, order, DAY, mean=(60, 60)
        )
        for order in ("ordered", "strict", "any")
    },
    **{
        f"times between steps, {order}": Case(
            f"{POSTHOG}/conversion_time_cases.py", "spb", _all_of(MOVIES, (3, 2, 3)), order, 7 * DAY, mean=(100, 90)
        )
        for order in ("ordered", "strict")
    },
    **{
        f"a window of {window} minutes, {order}": Case(
            f"{POSTHOG}/conversion_time_cases.py", "sp", _all_of(LATE, levels), order, window, mean=mean
        )
        for order in ("ordered", "strict", "any")
        for window, levels, mean in ((14 * DAY, (2, 1, 2), (10,)), (5, (2, 1, 1), (5,)))
    },
    "a basic funnel in any order": Case(
        f"{POSTHOG}/test_funnel_unordered.py",
        "spi",
        {"s": 1, "ps": 2, "spxi": 3, "ixps": 3, "ips": 3, "psxi": 3, "xi": 0, "px": 0, "ip": 0},
        "any",
        only_whole=True,
    ),
    "a funnel of four in any order": Case(
        f"{POSTHOG}/test_funnel_unordered.py",
        "spic",
        {"s": 1, "pc": 2, "spxi": 3, "ics": 3, "psci": 4, "xi": 1, "px": 1, "ip": 2},
        "any",
        only_whole=True,
    ),
    "twice through in any order": Case(
        f"{POSTHOG}/test_funnel_unordered.py",
        "spi",
        {((0, "i"), (120, "s"), (240, "p"), (DAY, "p"), (DAY + 180, "i"), (DAY + 360, "s")): 3},
        "any",
        DAY,
    ),
    "what is excluded in any order": Case(
        f"{POSTHOG}/test_funnel_unordered.py", "sp", _all_of(FULL, (2, 1, 2)), "any", exclude=(("x", 1, 2),)
    ),
    "what is excluded after all is done": Case(
        f"{POSTHOG}/test_funnel_unordered.py", "spl", {LEFT: 3}, "any", exclude=(("x", 1, 3),)
    ),
    "within an hour": Case(f"{DUCKDB} test/sql/window_funnel.test", "vcp", _all_of(SHOP, (3, 2, 1)), window=60),
    "within half an hour": Case(f"{DUCKDB} test/sql/window_funnel.test", "vcp", _all_of(SHOP, (3, 2, 1)), window=30),
    "what nobody did": Case(f"{DUCKDB} test/sql/window_funnel.test", "nc", {SHOP[0]: 0}, window=60),
    "an extension's default": Case(
        f"{DUCKDB} src/window_funnel.rs", "abc", {"abc": 3, "ab": 2, "bc": 0, "x": 0, "a": 1}, window=60
    ),
    "an extension's window": Case(
        f"{DUCKDB} src/window_funnel.rs",
        "abc",
        {((0, "a"), (30, "b"), (120, "c")): 2, ((0, "a"), (120, "b"), (200, "a"), (230, "b")): 2},
        window=60,
    ),
    "an extension's unsorted input": Case(
        f"{DUCKDB} src/window_funnel.rs", "abc", {((2, "c"), (0, "a"), (1, "b")): 3}, window=60
    ),
    "an extension's long funnel": Case(f"{DUCKDB} src/window_funnel.rs", "abcdefgh", {"abcdefgh": 8}, window=60),
    "an extension without a window": Case(
        f"{DUCKDB} src/window_funnel.rs", "ab", {((0, "a"), (0, "b")): 2, ((0, "a"), (1, "b")): 1}, window=0
    ),
    "an extension's acts of one instant": Case(
        f"{DUCKDB} src/window_funnel.rs", "ab", {((100, "a"), (100, "b")): 2}, window=60
    ),
    "an extension's strict ways": Case(
        f"{DUCKDB} src/window_funnel.rs", "abc", {"aab": 2, "abc": 3, "abbc": 2}, "strict", 60
    ),
}
