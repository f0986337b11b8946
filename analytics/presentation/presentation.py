"""All that a report's page, file, mail or text shows, as one value."""

from dataclasses import dataclass, field, replace

from analytics.metrics import METRICS, Numbers
from analytics.presentation.attention import Attention
from analytics.presentation.briefing import briefing_of
from analytics.presentation.charts import Chart
from analytics.presentation.money import MoneyGap
from analytics.presentation.tables import Table
from analytics.presentation.tiles import Tile
from analytics.questions.slices import Slice
from analytics.reports.meta import Meta


@dataclass(frozen=True)
class Presentation:
    """`tables` are those beside the charts' own. `numbers` are those that the metrics' help quotes, `notices` what it
    cannot show, `money_gaps` what should be known of its amounts."""

    meta: Meta | None
    tiles: tuple[Tile, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    attention: tuple[Attention, ...] = ()
    notices: tuple[str, ...] = ()
    numbers: Numbers = field(default_factory=Numbers)
    money_gaps: tuple[MoneyGap, ...] = ()

    @property
    def briefing(self) -> str:
        """What of it is to be known first, in a sentence or two."""
        return briefing_of(self.tiles, self.attention)

    @property
    def all_tables(self) -> tuple[Table, ...]:
        """Each once, those of the charts first."""
        tables = (*(chart.table for chart in self.charts), *self.tables)
        return tuple({table.key: table for table in tables}.values())

    @property
    def sort_keys(self) -> frozenset[str]:
        """The columns by which any of its tables can be sorted."""
        return frozenset(column.key for table in self.all_tables if table.sortable for column in table.columns)

    def under(self, part: Slice) -> "Presentation":
        """Behind its numbers the rows that meet a part's conditions; without the numbers that these cannot apply to."""
        if not part.has_conditions:
            return self
        charts = (chart for chart in self.charts if not {*chart.columns} <= chart.table.left_out(part))
        return replace(
            self,
            tiles=tuple(tile.under(part) for tile in self.tiles),
            charts=tuple(replace(chart, table=chart.table.under(part)) for chart in charts),
            tables=tuple(table.under(part) for table in self.tables),
            money_gaps=tuple(gap.under(part) for gap in self.money_gaps),
        )

    def left_out(self, part: Slice) -> tuple[str, ...]:
        """What those of its numbers are called that a part's conditions cannot apply to."""
        metrics = [tile.metric.key for tile in self.tiles]
        metrics += [column.metric for table in self.all_tables for column in table.columns if column.metric]
        return tuple(dict.fromkeys(METRICS[key].name for key in metrics if not part.has_metric(key)))

    def can_be_sorted_by(self, sort: str) -> bool:
        return sort.removeprefix("-") in self.sort_keys

    def sorted_by(self, sort: str) -> "Presentation":
        """Each of its tables that has the column."""
        charts = tuple(replace(chart, table=chart.table.sorted_by(sort)) for chart in self.charts)
        return replace(self, charts=charts, tables=tuple(table.sorted_by(sort) for table in self.tables))


NOTHING_SHOWN = Presentation(meta=None)
