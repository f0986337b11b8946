"""All that a report's page, file, mail or text shows, as one value."""

from dataclasses import dataclass, field

from analytics.metrics import Numbers
from analytics.presentation.charts import Chart
from analytics.presentation.findings import Attention
from analytics.presentation.tables import Table
from analytics.presentation.tiles import Tile
from analytics.reports.meta import Meta


@dataclass(frozen=True)
class Presentation:
    """`tables` are those beside the charts' own. `numbers` are those that the metrics' help quotes."""

    meta: Meta | None
    tiles: tuple[Tile, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    attention: tuple[Attention, ...] = ()
    numbers: Numbers = field(default_factory=Numbers)

    @property
    def all_tables(self) -> tuple[Table, ...]:
        """Each once, those of the charts first."""
        tables = (*(chart.table for chart in self.charts), *self.tables)
        return tuple({table.key: table for table in tables}.values())
