"""The report: rows to one document, and that to JSON and a self-contained HTML file."""

from harness.report.document import build_document
from harness.report.render import summary_lines, write_report

__all__ = ["build_document", "summary_lines", "write_report"]
