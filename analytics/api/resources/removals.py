"""What is gone from the lists of a workspace, for those who keep copies of them (docs/sync.md)."""

from django.db.models import QuerySet

from analytics.api.filters import catalogue
from analytics.api.filters.following import BY_CHANGE
from analytics.api.resources import records
from analytics.api.resources.viewsets import DataViewSet
from analytics.models import Removal


class RemovalsViewSet(DataViewSet):
    """Rows of other lists that are gone: erased, dropped, deleted, or no longer kept. Told for 90 days."""

    resource, prefix = "removals", "rmv"
    filters = catalogue.RemovalFilter
    serializer_class = records.RemovalRecord
    has_uuids = True
    orderings = BY_CHANGE

    def rows(self) -> QuerySet[Removal]:
        return Removal.objects.filter(workspace_id=self.access.workspace.pk)
