"""What a run says about its baseline: the part of the document, and the file where it is to be accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.baseline import BETTER, CAME, SHOWN, WENT, WORSE, Baseline, gone, write_baseline
from harness.questions import beside
from harness.report.document import natural
from harness.results import Row
from harness.session import Session

ORDER = (WORSE, CAME, WENT, SHOWN, BETTER)


def baseline_part(rows: Sequence[Row], session: Session, *, whole: bool) -> dict[str, Any]:
    """`baseline` of the document: its file, whether this run updates it, and all changes, the worst kind first.

    Nothing where nothing was compared with a baseline. Of a run that is not whole, what it did not ask is not told.
    """
    if session.baseline is None or session.settings.baseline is None or not any(row.baseline for row in rows):
        return {}
    changes = [change for row in rows for change in row.baseline.get("changes", ())]
    if whole:
        changes += [asdict(change) for change in gone(session.baseline, _asked(rows, session))]
    changes.sort(key=lambda change: (ORDER.index(change["kind"]), natural(change["case"])))
    file, updated = session.settings.baseline.name, session.settings.update_baseline
    return {"baseline": {"file": file, "updated": updated, "changes": changes}}


def accept(rows: Sequence[Row], session: Session, *, whole: bool) -> None:
    """Write what the rows observed to the file of the baseline; nothing where nothing was compared with it.

    What a run asked but could not observe stays as it was; so does, if the run is not whole, what it did not ask.
    """
    before = session.baseline
    if before is None or session.settings.baseline is None or not any(row.baseline for row in rows):
        return
    asked = _asked(rows, session)
    sections: dict[str, dict[str, Any]] = {"cases": {}, "models": {}}
    if before.tools == session.tools:
        for section, entries in sections.items():
            kept = getattr(before, section)
            entries.update({name: kept[name] for name in kept if name in asked[section] or not whole})
    for row in rows:
        if row.baseline:
            sections[row.baseline["section"]][row.baseline["id"]] = row.baseline["entry"]
    write_baseline(session.settings.baseline, Baseline(session.tools, **sections))


def _asked(rows: Sequence[Row], session: Session) -> dict[str, set[str]]:
    """The models whose error was asked for, and the cases, also of files that could not be judged."""
    seen = {name for row in rows for name in (row.case, row.model.get("id", ""))}
    given = {model.id: beside(model).reference for model in session.given}
    unmeasured = {name for name, reference in given.items() if reference is None}
    cases = {f"{name}-{target.id}" for name in given for target in session.given_targets}
    return {"models": (seen | set(given)) - unmeasured, "cases": seen | cases}
