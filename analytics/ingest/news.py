"""What endpoints are told of as it comes in: bounces and unsubscriptions, in the transaction that stores them.

They are told ids of ours alone: deliveries outlive whom they are about. What is imported of long ago is no news.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from analytics.models import Contact, Message, OutgoingEvent
from analytics.outbox import EndpointNews, tell_of_each

NEWS_FOR = timedelta(days=3)
"""What happened longer before it came in is told to nobody."""


def tell_bounces(
    workspace_id: int, changes: Iterable[tuple[Message | None, Message]], *, received_at: datetime
) -> None:
    """Of messages before and after. A bounce is told when it is known, and again when it is known to be for good.

    No query where there is none, one where no endpoint takes it, else two.
    """
    news = []
    for before, after in changes:
        at = _new_bounce(before, after)
        if at is not None and at > received_at - NEWS_FOR:
            kind = "hard" if after.hard_bounced_at else "soft" if after.soft_bounced_at else None
            data = {
                "message": after.api_id,
                "contact": f"ct_{after.contact_id}",
                "campaign": f"cmp_{after.campaign_id}",
                "bounce": kind,
                "bouncedAt": at.isoformat(),
            }
            news.append(EndpointNews(f"{after.api_id}:bounced:{kind}", data))
    tell_of_each(workspace_id, OutgoingEvent.MESSAGE_BOUNCED, news, at=received_at)


def _new_bounce(before: Message | None, after: Message) -> datetime | None:
    if after.hard_bounced_at and not (before and before.hard_bounced_at):
        return after.hard_bounced_at
    return after.bounced_at if after.bounced_at and not (before and before.bounced_at) else None


def tell_unsubscriptions(workspace_id: int, contacts: Iterable[Contact], *, received_at: datetime) -> None:
    """Of contacts that have unsubscribed just now. Queries as `tell_bounces` has."""
    news = [
        EndpointNews(
            f"{contact.api_id}:unsubscribed",
            {"contact": contact.api_id, "unsubscribedAt": contact.unsubscribed_at.isoformat()},
        )
        for contact in contacts
        if contact.unsubscribed_at and contact.unsubscribed_at > received_at - NEWS_FOR
    ]
    tell_of_each(workspace_id, OutgoingEvent.CONTACT_UNSUBSCRIBED, news, at=received_at)
