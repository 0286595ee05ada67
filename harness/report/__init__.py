"""The report: rows to one document, and that to JSON and a self-contained HTML file."""

from harness.report.changes import accept, baseline_part
from harness.report.document import build_document
from harness.report.github import add_to_job_summary, annotation_lines
from harness.report.render import summary_lines, write_report
from harness.report.summary import summary_markdown, verdict_lines

__all__ = [
    "accept",
    "add_to_job_summary",
    "annotation_lines",
    "baseline_part",
    "build_document",
    "summary_lines",
    "summary_markdown",
    "verdict_lines",
    "write_report",
]
