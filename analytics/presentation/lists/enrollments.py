"""Enrollments below each other."""

from collections.abc import Sequence

from analytics.lists import EnrollmentList, EnrollmentRow
from analytics.presentation.audience import Audience
from analytics.presentation.lists.people import ADDRESS_COLUMNS, address_cells, contact_cell
from analytics.presentation.tables import Cell, Column, Kind, Row, Table


def enrollments_table(enrollments: EnrollmentList, rows: Sequence[EnrollmentRow], audience: Audience) -> Table:
    columns = (
        Column("contact", "Contact"),
        *ADDRESS_COLUMNS,
        Column("campaign", "Campaign"),
        Column("status", "Status"),
        Column("enrolled", "Enrolled", Kind.INSTANT),
        Column("completed", "Completed", Kind.INSTANT),
    )
    return Table(enrollments.name, "Enrollments", columns, [_row(row, audience) for row in rows], is_list=True)


def _row(row: EnrollmentRow, audience: Audience) -> Row:
    return Row(
        {
            "contact": contact_cell(row.contact, audience),
            **address_cells(row.contact, audience),
            "campaign": Cell(row.campaign),
            "status": Cell(row.status),
            "enrolled": Cell(audience.local(row.enrolled_at)),
            "completed": Cell(audience.local(row.completed_at)),
        }
    )
