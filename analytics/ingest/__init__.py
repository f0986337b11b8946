"""The only writer of facts: what arrives by SDKs, the bulk API and files ends in these functions.

`take_calls` (events and identities), `take_contacts`, `take_campaigns`, `take_enrollments`, `take_messages`,
`take_message_events`, `take_events`, `take_assignments`, `take_rates`. Each takes a list of parsed JSON items and one
clock reading, writes in one transaction, and answers an Outcome. Sending the same again changes nothing.

Whoever calls them hands the Outcome to `keep_remarks` afterwards, and what it could not read at all to `keep_refusal`.
"""

from analytics.ingest.assignments import take_assignments
from analytics.ingest.calls import take_calls, take_events
from analytics.ingest.campaigns import take_campaigns, take_enrollments
from analytics.ingest.messages.reports import take_message_events
from analytics.ingest.messages.sends import take_messages
from analytics.ingest.outcome import Outcome
from analytics.ingest.people.contacts import take_contacts
from analytics.ingest.rates import take_rates
from analytics.ingest.remarks import expire_remarks, keep_refusal, keep_remarks

__all__ = [
    "Outcome",
    "expire_remarks",
    "keep_refusal",
    "keep_remarks",
    "take_assignments",
    "take_calls",
    "take_campaigns",
    "take_contacts",
    "take_enrollments",
    "take_events",
    "take_message_events",
    "take_messages",
    "take_rates",
]
