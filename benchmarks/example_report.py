"""Makes reports/example/ and the screenshots of the README: the quick matrix, in light and dark, in real Chromium."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "reports" / "example"
ARGUMENTS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
CASE = "gru_u256_t28_none_mnist_int8/u55_128_high_end_embedded_shared_sram"
VIEWS = {
    "overview": "",
    "matrix": "#matrix?group=cell",
    "heat_map": "#matrix?show=ms&group=cell",
    "case": f"#case/{CASE}",
    "plots": "#plots",
}
IN_README = (("overview", "light"), ("heat_map", "light"), ("case", "dark"), ("plots", "dark"))
EVERYTHING = tuple((view, scheme) for view in VIEWS for scheme in ("light", "dark"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=ROOT / "docs" / "images", help="where the screenshots go")
    parser.add_argument("--report", type=Path, help="show this index.html, every view in both schemes; no example")
    asked = parser.parse_args()
    page = asked.report or _example()
    asked.images.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS.split())
        for view, scheme in EVERYTHING if asked.report else IN_README:
            _photograph(browser, page.resolve(), view, scheme, asked.images)
        browser.close()
    return 0


def _example() -> Path:
    arguments = ["pytest", "tests/verification", "--npu-report-dir=reports/example"]
    subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, check=True)
    return EXAMPLE / "index.html"


def _photograph(browser: Browser, page_file: Path, view: str, scheme: str, folder: Path) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 820})
    page.goto(page_file.as_uri() + VIEWS[view])
    page.wait_for_selector("html[data-ready]")
    page.screenshot(path=folder / f"{view}_{scheme}.png", animations="disabled")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
