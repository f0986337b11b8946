"""From the sender's ids to our rows."""

from collections.abc import Collection

from analytics.models import Campaign, Contact


def campaigns_by_external_id(workspace_id: int, external_ids: Collection[str]) -> dict[str, Campaign]:
    rows = Campaign.objects.filter(workspace_id=workspace_id, external_id__in=set(external_ids))
    return {row.external_id: row for row in rows}


def contacts_by_external_id(workspace_id: int, external_ids: Collection[str]) -> dict[str, Contact]:
    """A contact that was merged into another one answers as that one."""
    rows = Contact.objects.filter(workspace_id=workspace_id, external_id__in=set(external_ids))
    return {row.external_id: row.merged_into or row for row in rows.select_related("merged_into")}
