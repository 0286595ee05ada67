"""One pytest run with questions of the harness: jobs begun ahead, known failures, and the report."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from pathlib import Path

import pytest

from harness.artefacts import ARTEFACTS, write_artefacts
from harness.asked import RUNNING, SESSION, jobs_of, question_of, session_of, test_of
from harness.errors import UsageError
from harness.facts import fact, facts_of
from harness.garbage import Garbage
from harness.jobs import Job
from harness.known import KnownFailure, read_known_failures
from harness.outcome import STOPPED, Outcome
from harness.plain import write_atomically
from harness.progress import Progress
from harness.report import (
    accept,
    add_to_job_summary,
    annotation_lines,
    baseline_part,
    build_document,
    summary_lines,
    summary_markdown,
    verdict_lines,
    write_report,
)
from harness.results import Row, row_of
from harness.session import Session
from harness.wording import count

NAME = "ethos-u-run"
KNOWN_FAILURES = pytest.StashKey[list[KnownFailure]]()


def start(config: pytest.Config) -> Run:
    """The run of this pytest configuration; begun when it is first needed."""
    run = config.pluginmanager.get_plugin(NAME)
    if not isinstance(run, Run):
        run = Run(config)
        config.pluginmanager.register(run, NAME)
    return run


class Run:
    """What the plugin remembers while pytest runs: the rows of the report, and whether anything was asked."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._rows: list[Row] = []
        self._known: dict[str, list[KnownFailure]] = {}
        self._garbage = Garbage()
        config.add_cleanup(self._garbage.let_go)  # after pytest's own, which searches for garbage
        self._begun: dict[str, Future[Outcome]] = {}
        self._progress: Progress | None = None
        self._summary: list[str] = []
        self._annotations: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        with self._garbage.keep():
            return (yield)

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> list[str]:
        """What is asked, and how much of it is known already."""
        jobs = _distinct_jobs(items)
        if not jobs:
            return []
        known = sum(session_of(self._config).engine.knows(job) for job in jobs.values())
        claims = sum(bool(jobs_of(item)) for item in items)
        asked = f"Ethos-U: {count(claims, 'claim')} on {count(len(jobs), 'result')}, {known:,} of them in the store"
        return [asked, *session_of(self._config).settings.toolchains.lines()]

    def prepare(self, jobs: Iterable[Job]) -> None:
        """Let what runs these jobs be started while pytest still collects."""
        if self._begins_jobs:
            session_of(self._config).engine.prepare(jobs)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Run the jobs of all selected tests over all cores; the tests judge once those of the first half are done.

        After an interrupt before that, the tests whose jobs are done still judge. Under pytest-xdist every worker
        selects every test, so there each test begins its own jobs.
        """
        interrupted = False
        if self._begins_jobs:
            self._begin_jobs(session)
            interrupted = not self._finish_first_half(session)
        outcome = yield
        if interrupted:
            raise KeyboardInterrupt
        return outcome

    @property
    def _begins_jobs(self) -> bool:
        return not self._config.option.collectonly and not hasattr(self._config, "workerinput")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._finish([item])
        token = RUNNING.set(item)
        try:
            return (yield)
        finally:
            RUNNING.reset(token)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed or report.when == "call":
            for entry in self._known_failures(item):
                _apply(entry, report)
        return report

    def _known_failures(self, item: pytest.Item) -> list[KnownFailure]:
        """The entries that are about a test; most tests have none of their name."""
        test = test_of(item)
        if test not in self._known:
            entries = self._config.stash.get(KNOWN_FAILURES, [])
            self._known[test] = [entry for entry in entries if entry.names(test)]
        if not self._known[test]:
            return []
        question = question_of(item)
        return [entry for entry in self._known[test] if entry.concerns(question)]

    def take(self, report: pytest.TestReport) -> None:
        """Keep the row of a test report, if it decides something."""
        row = row_of(report)
        if row is not None:
            self._rows.append(row)

    def _begin_jobs(self, session: pytest.Session) -> None:
        jobs = _distinct_jobs(session.items)
        if jobs:
            engine = session_of(self._config).engine
            self._progress = Progress(engine, self._config.get_terminal_writer())
            with self._garbage.keep():  # reads what the store knows
                self._begun = dict(zip(jobs, engine.submit_all(jobs.values()), strict=True))

    def _finish_first_half(self, session: pytest.Session) -> bool:
        """Wait for what the first half of the tests asks about; False if interrupted.

        One core can judge them while the others make the last results: later tests mostly ask what takes more steps.
        """
        try:
            self._finish(session.items[: len(session.items) // 2])
        except KeyboardInterrupt:
            session_of(self._config).engine.close()
            done = {key for key, future in self._begun.items() if _is_answered(future)}
            session.items[:] = [item for item in session.items if {job.key for job in jobs_of(item)} <= done]
            return False
        return True

    def _finish(self, items: list[pytest.Item]) -> None:
        """Wait for the jobs of these tests, as far as they were begun ahead, and say how far the run is."""
        jobs = (job for item in items for job in jobs_of(item)) if self._begun else ()
        left = {future for job in jobs if not (future := self._begun[job.key]).done()}
        if left and self._progress:
            self._progress.watch(left)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if not (self._rows or self._begun) or hasattr(self._config, "workerinput"):
            return
        early = exitstatus == pytest.ExitCode.INTERRUPTED or bool(session.shouldstop or session.shouldfail)
        run = session_of(self._config)
        arguments = [str(argument) for argument in self._config.invocation_params.args]
        document = build_document(self._rows, run, interrupted=early, arguments=arguments)
        whole = not early and is_whole(self._config)
        document |= baseline_part(self._rows, run, whole=whole)
        written = write_report(document, run.settings.report_dir)
        summary = summary_markdown(document)
        write_atomically(run.settings.report_dir / "summary.md", summary.encode())
        add_to_job_summary(summary, os.environ)
        self._annotations = annotation_lines(document, os.environ)
        self._summary = [*verdict_lines(document), *summary_lines(document), f"report: {written}"]
        if run.settings.update_baseline:
            accept(self._rows, run, whole=whole)
        self._write_artefacts(run)

    def _write_artefacts(self, run: Session) -> None:
        """Keep each given model that was compiled, and what Vela made of it, beside the report."""
        given = {model.id for model in run.given}
        compiled = {
            (row.case, entry["key"]): row
            for row in self._rows
            for entry in row.evidence
            if entry["stage"] == "compilation" and row.model["id"] in given
        }
        folder = run.settings.report_dir / ARTEFACTS
        for (_, key), row in compiled.items():
            write_artefacts(folder, run.store, model=row.model, target=row.target, key=key, config=run.config_file)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._summary:
            terminalreporter.ensure_newline()
            terminalreporter.section("Ethos-U")
            for line in (*self._summary, *self._annotations):
                terminalreporter.write_line(line)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        if SESSION in config.stash:
            config.stash[SESSION].close(prune=not hasattr(config, "workerinput"))
            del config.stash[SESSION]


def is_whole(config: pytest.Config) -> bool:
    """Whether a run asks all that its options name: no test is picked by name."""
    picked = any(config.getoption(name, default=None) for name in ("keyword", "deselect", "lf"))
    return not picked and not any("::" in str(argument) for argument in config.args)


def refuse_mixed_baseline(config: pytest.Config) -> None:
    """Raise pytest.UsageError for part of a run that would update a baseline of another Vela.

    A baseline names one Vela: cycles of another one must not be left in it.
    """
    run = session_of(config)
    baseline, updates = run.baseline, run.settings.update_baseline
    if updates and baseline is not None and baseline.tools != run.tools and not is_whole(config):
        raise pytest.UsageError(
            f"the baseline is of Vela {baseline.tools.get('vela')} with another vela.ini or version than this run: "
            "update it with a whole run, without -k, --lf and ::"
        )


def expect_failures(config: pytest.Config, path: Path) -> None:
    """Let the entries of a known_failures.toml decide about the tests; raises pytest.UsageError for a wrong file."""
    try:
        config.stash[KNOWN_FAILURES] = read_known_failures(path)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _is_answered(future: Future[Outcome]) -> bool:
    return future.done() and not future.cancelled() and not future.exception() and future.result().kind != STOPPED


def _distinct_jobs(items: list[pytest.Item]) -> dict[str, Job]:
    return {job.key: job for item in items for job in jobs_of(item)}


def _apply(entry: KnownFailure, report: pytest.TestReport) -> None:
    """Turn a failure that the entry explains into an expected one, and a pass of a listed case into a failure."""
    if report.failed and entry.explains(facts_of(report.user_properties)):
        report.outcome = "skipped"
        report.wasxfail = f"{entry.reason} ({entry.upstream})"
    elif report.passed and report.when == "call":
        report.outcome = "failed"
        report.longrepr = f"fixed: passes, but is listed as a known failure ({entry.upstream}); remove the entry"
        report.user_properties.append(fact({"fixed": entry.upstream}))
