"""The pytest plugin: options, and the harness's own run where something is asked of it.

It is loaded in every pytest run of an environment, so it changes nothing there and loads nothing heavy.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

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


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """With --npu-explain-policy, print which limits hold and why, and run nothing."""
    name = config.getoption(PREFIX + "explain_policy")
    if name is None:
        return None
    from harness.asked import settings_of
    from harness.errors import UsageError
    from harness.rules import explain_policy

    try:
        lines = explain_policy(settings_of(config).rules, name)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(config), "ethos-u-recorder")
    named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    models, more = config.getoption(PREFIX + "model"), not named and _project_names_models(config)
    if more or any(config.getoption(PREFIX + option.field) not in (None, False) for option in OPTIONS):
        from harness.asked import session_of

        session_of(config)
    if config.getoption(PREFIX + "update_baseline"):
        from harness.run import refuse_mixed_baseline

        refuse_mixed_baseline(config)
    if config.getoption("benchmark_only", default=False):  # of pytest-benchmark: it would skip every claim
        return
    if models or more:
        others = named if models else config.args
        config.args = [*others, *({str(VERIFICATION)} - set(others))]


@pytest.fixture
def ethos_u(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 - what it gives is loaded only where it is asked for
    """Judges models: assert ethos_u.check("kws.tflite", accelerator="ethos-u55-128").fully_on_npu."""
    from harness.suite import EthosU

    return EthosU(request)


def _project_names_models(config: pytest.Config) -> bool:
    from harness.errors import UsageError
    from harness.project_file import project_table

    try:
        return bool(project_table(config.invocation_params.dir)[1].get("model"))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


class Recorder:
    """Hands reports with facts of the harness to its run; pytest-xdist's controller sees only these."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if any(name == PROPERTY for name, _ in report.user_properties):
            from harness.run import start

            start(self._config).take(report)
