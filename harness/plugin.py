"""The pytest plugin: options, and the harness's own run where something is asked of it.

It is loaded in every pytest run of an environment, so it changes nothing there and loads nothing heavy.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.options import OPTIONS, PREFIX, PROPERTY

VERIFICATION = Path(__file__).parent / "verification"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ethos-u", "recurrent networks on Arm Ethos-U")
    for option in OPTIONS:
        group.addoption(
            f"--npu-{option.name}",
            dest=PREFIX + option.field,
            **option.keywords,
        )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(config), "ethos-u-recorder")
    if any(config.getoption(PREFIX + option.field) not in (None, False) for option in OPTIONS):
        from harness.errors import UsageError
        from harness.fixtures import session_of

        try:
            session_of(config).check()
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
    if config.getoption(PREFIX + "model"):
        named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
        config.args = [*named, *({str(VERIFICATION)} - set(named))]


class Recorder:
    """Hands reports with facts of the harness to its run; pytest-xdist's controller sees only these."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if any(name == PROPERTY for name, _ in report.user_properties):
            from harness.run import start

            start(self._config).take(report)
