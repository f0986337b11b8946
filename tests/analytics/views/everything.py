"""Every parameter that an address can have, for tests that none shows by a link what the link does not."""

from analytics.api.questions.forms import FORMS
from analytics.models import Campaign, SavedSegment


def everything(workspace):
    """Each parameter that any page or list knows, and values that would show something else."""
    segment = SavedSegment.objects.create(workspace=workspace, name="S", condition="contact.known:true")
    campaign = Campaign.objects.order_by("pk").first()
    values = {
        **dict.fromkeys(("from", "compareFrom"), "2026-03-01"),
        **dict.fromkeys(("to", "compareTo"), "2026-03-20"),
        **{"range": "7d", "compare": "off", "match": "date", "interval": "week", "opens": "all", "limit": "1"},
        **{"where": "channel:push", "segment": segment.api_id, "filter": '{"did":"purchase"}'},
        **{"breakdown": "channel", "campaign": campaign.api_id, "channel": "push", "metric": "sent"},
        **{
            "steps": "visit",
            "step": "visit",
            "funnel": "fun_1",
            "window": "1d",
            "order": "any",
            "exclude": "visit@1-2",
        },
        **{"view": "models", "model": "first", "rowsBy": "touch", "touchpoints": "open", "min": "2", "max": "3"},
        **{"start": "event:visit", "show": "counts", "unit": "day", "by": "month", "mode": "onOrAfter"},
        **{
            "clock": "rolling",
            "horizon": "26",
            "refundsBy": "order",
            "test": "ab_1",
            "cap": "1",
            "cohort": "first_order",
        },
        **{"age": "week", "cost": "3", "lookback": "1d", "lookback.utm": "1d", "collapse": "0", "reuse": "false"},
        "path": "0123456789abcdef",
        **{"format": "csv", "table": "days", "page": "2", "sort": "-sent", "rows": "true", "days": "7", "period": "7d"},
        **{
            "filterField": "channel",
            "list": "range=7d",
            "workspace": "ws_2",
            "slug": "other",
            "lock": "",
            "locks": "{}",
        },
    }
    assert {name for form in FORMS.values() for name in form.parameters} - {*values} <= {
        f"lookback.{kind}" for kind in ("click", "open", "delivered")
    }
    return values
