"""In a suite that asks nothing of the harness, the installed plugin changes nothing and loads nothing heavy."""

from __future__ import annotations

import re

from runs import Folder, Ran

WITHOUT = ("-p", "no:ethos_u_rnn_harness")
NAMES = ("model", "evidence", "target", "case", "verify", "given", "view", "compilation")
SUITE = {
    "conftest": """
        import pytest

        def pytest_addoption(parser):
            parser.addoption("--model", default="mine")
            parser.addoption("--target", action="append")

        def pytest_generate_tests(metafunc):
            if "case" in metafunc.fixturenames:
                metafunc.parametrize("case", ["one", "two"])

        @pytest.fixture
        def model(request):
            return request.config.getoption("--model")

        @pytest.fixture(params=["a", "b"])
        def target(request):
            return request.param
        """
    + "\n".join(
        f"""
        @pytest.fixture
        def {name}():
            return {name!r}
        """
        for name in ("evidence", "verify", "given", "view", "compilation")
    ),
    "test_mine": """
        import sys

        import pytest

        def test_the_fixtures_are_mine(
            model, evidence, target, case, verify, given, view, compilation, record_property
        ):
            record_property("npu_like", 1)
            assert (model, evidence, verify, given, view) == ("yours", "evidence", "verify", "given", "view")
            assert target in "ab" and case in ("one", "two")

        def test_nothing_heavy_is_loaded():
            heavy = {"numpy", "jinja2", "psutil", "harness.session", "harness.fixtures", "harness.run"}
            assert heavy & set(sys.modules) == set()

        def test_fails():
            assert "mine" == "yours"

        @pytest.mark.xfail(reason="known")
        def test_is_expected_to_fail():
            raise ValueError

        @pytest.mark.skip(reason="not here")
        def test_is_skipped():
            pass
        """,
}


def said(ran: Ran) -> str:
    """What a run printed, without times and the list of plugins."""
    text = re.sub(r"^plugins:.*\n", "", ran.out, flags=re.MULTILINE)
    return re.sub(r"\d+\.\d+s", "TIME", text)


def test_a_run_is_the_same_with_and_without_the_plugin(folder: Folder) -> None:
    folder.write(**SUITE)
    arguments = ("-v", "-rA", "--model=yours", "--target=x", "-p", "no:cacheprovider")
    with_plugin, without = folder.pytest(*arguments), folder.pytest(*arguments, *WITHOUT)
    assert with_plugin.outcomes == {"failed": 1, "passed": 5, "skipped": 1, "xfailed": 1}
    assert "ethos-u-rnn-harness" in with_plugin.out
    assert "ethos-u-rnn-harness" not in without.out
    assert said(with_plugin) == said(without)
    assert (with_plugin.code, with_plugin.err) == (without.code, without.err) == (1, "")
    assert not (folder.path / "reports").exists()


def test_the_plugin_brings_one_fixture_and_no_marker(folder: Folder) -> None:
    folder.write(**SUITE)
    for arguments in (("--fixtures", "-v"), ("--markers",)):
        with_plugin = said(folder.pytest(*arguments, "-p", "no:cacheprovider"))
        without = said(folder.pytest(*arguments, "-p", "no:cacheprovider", *WITHOUT))
        added = set(with_plugin.splitlines()) - set(without.splitlines())
        names = [line.split()[0] for line in added if " -- " in line]
        assert names == (["ethos_u"] if "--fixtures" in arguments else [])


def test_a_suite_in_which_nothing_is_found_ends_as_ever(folder: Folder) -> None:
    assert folder.pytest().code == folder.pytest(*WITHOUT).code == 5


def test_the_names_that_matter_are_tried_here() -> None:
    assert all(f"def {name}(" in SUITE["conftest"] or f'"{name}"' in SUITE["conftest"] for name in NAMES)
