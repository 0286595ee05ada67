"""How fast the report is in real Chromium, at 800 and at 10,000 cases: first paint, and each filter, order and view.

Goals: first paint within 2 s and each change of the matrix within 200 ms, at 10,000 cases. Beside the time on the clock
stands the processor time of the page's main thread, which strays less where the machine has other work.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from harness.report.render import render_html

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from documents import of_size  # noqa: E402 - the reports that the tests show

ARGUMENTS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
CHANGES = (
    "#matrix",
    "#matrix?cell=gru",
    "#matrix?cell=gru&units=256",
    "#matrix?outcome=known",
    "#matrix?q=lstm",
    "#matrix?group=cell",
    "#matrix?sort=ms.down",
    "#matrix?show=ms",
    "#matrix?layout=list",
    "#matrix?layout=list&sort=ms.down",
    "#case/gru_u32_t8_none_int8_copy0/u55_128_high_end_embedded_shared_sram",
    "#plots",
)
READY = "() => document.documentElement.dataset.ready === 'true'"
CHANGE = """(address) => new Promise((done) => {
  const began = performance.now();
  const painted = () => setTimeout(() => done(performance.now() - began));
  addEventListener("hashchange", () => requestAnimationFrame(painted), { once: true });
  location.hash = address;
})"""
"""Milliseconds from the change of the address until the page was painted."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[800, 10_000])
    parser.add_argument("--rounds", type=int, default=5, help="the median of so many is told")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS.split())
        for cases in asked.cases:
            _measure(browser, _written(cases, Path(folder)), cases, asked.rounds)
        browser.close()
    return 0


def _written(cases: int, folder: Path) -> Path:
    document = of_size(cases)
    began = time.process_time()
    page = render_html(document)
    seconds = time.process_time() - began
    path = folder / f"{cases}.html"
    path.write_text(page, encoding="utf-8")
    print(f"{cases:,} cases: {path.stat().st_size:,} bytes, {seconds:.2f} s of processor time to write")
    return path


def _measure(browser: Browser, path: Path, cases: int, rounds: int) -> None:
    opened = [_opened(browser, path) for _ in range(rounds)]
    paint, ready = (statistics.median(times) for times in zip(*opened, strict=True))
    print(f"{cases:,} cases: first paint {paint:.0f} ms, every view ready {ready:.0f} ms")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_function(READY)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    for address in CHANGES:
        wall, busy = _change(page, session, address, rounds)
        print(f"{cases:,} cases: {wall:4.0f} ms, {busy:4.0f} ms of processor time {address}")
    page.close()


def _opened(browser: Browser, path: Path) -> tuple[float, float]:
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_function(READY)
    paint: float = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready: float = page.evaluate("performance.getEntriesByName('ready')[0].startTime")
    page.close()
    return paint, ready


def _change(page: Page, session: CDPSession, address: str, rounds: int) -> tuple[float, float]:
    walls, busies = [], []
    for _ in range(rounds):
        page.evaluate(CHANGE, "#overview")
        page.evaluate(CHANGE, "#matrix" if address != "#matrix" else "#overview?")
        began = _busy(session)
        walls.append(float(page.evaluate(CHANGE, address)))
        busies.append(_busy(session) - began)
    return statistics.median(walls), statistics.median(busies)


def _busy(session: CDPSession) -> float:
    """Milliseconds that the main thread of the page has worked."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(1e3 * float(entry["value"]) for entry in metrics if entry["name"] == "TaskDuration")


if __name__ == "__main__":
    sys.exit(main())
