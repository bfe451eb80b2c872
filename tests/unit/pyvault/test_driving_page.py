"""The page on driving the system is run, line by line."""

import doctest

from support.tree import ROOT


def test_page__on_driving_the_system__runs_as_it_reads():
    found = doctest.testfile(str(ROOT / "docs" / "driving-the-system.md"), module_relative=False)
    assert found.attempted > 15
    assert found.failed == 0
