"""The terminal sees a line for each case, and no more than it can bear."""

from __future__ import annotations

from report_rows import TARGET, document, row

from harness.report import summary_lines
from harness.report.render import CASES_SHOWN
from harness.session import Session


def test_the_terminal_sees_a_line_for_each_case(session: Session) -> None:
    (line,) = summary_lines(document(session, [row()]))
    assert line.startswith("✓ pass")
    assert "gru-u55" in line
    assert "1 NPU segment, 2 CPU operators" in line
    assert "1.500 ms estimated, 2,048 B SRAM, 4,096 B behind it" in line


def test_the_terminal_does_not_see_more_than_it_can_bear(session: Session) -> None:
    rows = [row(target={**TARGET, "id": f"u55_{number:03}"}) for number in range(CASES_SHOWN + 3)]
    lines = summary_lines(document(session, rows))
    assert len(lines) == CASES_SHOWN + 1
    assert lines[-1] == "... and 3 more cases in the report"
