"""Where events came from, as a list says it: a UTM source, or more precisely with medium and campaign."""

from dataclasses import dataclass
from unicodedata import normalize

from analytics.lists.query import ListParameters, Query, query_of
from analytics.models import UtmTriple
from workspaces.models import Workspace


@dataclass(frozen=True)
class UtmSource:
    """Medium and campaign are None where any is meant, and an empty text where the link has none."""

    source: str
    medium: str | None = None
    campaign: str | None = None

    @classmethod
    def read(cls, parameters: ListParameters) -> "UtmSource | None":
        source = parameters.text("utmSource")
        if source is None:
            parameters.refuse_without("utmSource", "utmMedium", "utmCampaign")
            return None
        medium = parameters.text_or_empty("utmMedium")
        return cls(comparable_name(source), medium and comparable_name(medium), parameters.text_or_empty("utmCampaign"))

    @property
    def query(self) -> Query:
        return query_of(utmSource=self.source, utmMedium=self.medium, utmCampaign=self.campaign)

    @property
    def label(self) -> str:
        return " / ".join(part or "–" for part in (self.source, self.medium, self.campaign) if part is not None)

    def triple_ids(self, workspace: Workspace) -> list[int]:
        """One query."""
        rows = UtmTriple.objects.filter(workspace=workspace, source=self.source)
        if self.medium is not None:
            rows = rows.filter(medium=self.medium)
        if self.campaign is not None:
            rows = rows.filter(campaign=self.campaign)
        return list(rows.values_list("pk", flat=True))


def comparable_name(name: str) -> str:
    """As sources and mediums are kept."""
    return normalize("NFC", name).strip().lower()
