"""Random events that say something of money, by rules that change, and what each amounts to by the words of the
definition."""

from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import strategies as st

from analytics import ingest
from analytics.ledger import compaction
from analytics.models import Event, Person
from analytics.money import money
from analytics.questions.values import values_by_path
from workspaces.conversions import MoneyKind, MoneyRule
from workspaces.models import Workspace

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
slugs = count()
amounts = st.sampled_from([0, 5, 5.5, 19.99, "7.25", "1.005", -3, "-3.10", "x", "", None, True, 10**13, 10**20, [5]])
properties = st.fixed_dictionaries(
    {},
    optional={
        "revenue": amounts,
        "total": amounts,
        "currency": st.sampled_from(["EUR", "chf", "JPY", "KWD", "", "gold", 7]),
        "order_id": st.sampled_from(["o1", "o2", 3, "", None]),
        "plan": st.sampled_from(["pro", "free"]),
    },
)
TYPES = ["purchase", "Order Refunded", "upgrade", "visit"]
sent = st.lists(
    st.tuples(st.sampled_from(TYPES), st.integers(0, 3), st.integers(0, 9), properties), min_size=1, max_size=14
)
rules = st.dictionaries(
    st.sampled_from(TYPES),
    st.builds(
        MoneyRule,
        kind=st.sampled_from([MoneyKind.SALE, MoneyKind.REFUND, MoneyKind.NONE]),
        amount=st.sampled_from([("revenue", "total"), ("total",)]),
        order=st.sampled_from([("order_id",), ()]),
    ).map(lambda rule: rule.data),
    max_size=3,
)
histories = st.fixed_dictionaries(
    {"batches": st.lists(sent, min_size=1, max_size=3), "stated": rules, "later": st.none() | rules}
)


def workspace_of(history, are_merged=lambda: False):
    """A workspace with the events of a history, of which `later` are rules that are stated after the first batch."""
    batches, stated, later = history["batches"], history["stated"], history["later"]
    workspace = Workspace.objects.create(
        name="W", slug=f"m{next(slugs)}", time_zone="Europe/Berlin", money_rules=stated
    )
    number = count()
    for batch in batches:
        items = [
            {
                "type": event_type,
                "occurredAt": (NOW - timedelta(days=days, hours=5)).isoformat(),
                "messageId": f"m{next(number)}",
                **({"contact": "ada"} if person == 0 else {"anonymousId": f"d{person}"}),
                "properties": values,
            }
            for event_type, person, days, values in batch
        ]
        ingest.take_events(workspace, items, received_at=NOW)
        if later is not None:
            workspace.money_rules, later = later, None
            workspace.save()
        if are_merged():
            compaction.merge_fully(workspace.pk)
    return workspace


def told(workspace):
    """Of each event that says something of money: the event, what it says, and sale, refund or duplicate."""
    types = [*workspace.rules_by_type]
    root = dict(Person.objects.filter(workspace_id=workspace.pk).values_list("number", "joined_to"))
    found, first = [], {}
    for event in Event.objects.filter(workspace_id=workspace.pk):
        rule = workspace.rules_by_type.get(event.type)
        if rule is None or not rule.is_money:
            continue
        said = money(rule, values_by_path(event.properties), workspace.currency)
        is_refund = rule.is_refund or (said.units or 0) < 0
        found.append((event, said, is_refund))
        if said.order and not is_refund:
            who = root[event.person_number] or event.person_number
            rank = (said.units is None, event.occurred_at, who, said.units or 0, said.currency, said.is_assumed)
            rank = (*rank, types.index(event.type), event.pk)
            first[said.order] = min(first.get(said.order, rank), rank)
    firsts = {rank[-1] for rank in first.values()}

    def kind(event, said, is_refund):
        if is_refund:
            return "refund"
        return "duplicate" if said.order and event.pk not in firsts else "sale"

    return [(event, said, kind(event, said, is_refund)) for event, said, is_refund in found]
