"""Shared fixtures, the size of the run, and the table of what was skipped and why."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

ROOT = Path(__file__).resolve().parents[1]
LARGE = os.environ.get("PYVAULT_LARGE") == "1"
REQUIRED = frozenset(filter(None, os.environ.get("PYVAULT_REQUIRE", "").split(",")))

COUNTS = pytest.StashKey[list]()

# Hypothesis draws some values from the constants of whatever modules are loaded: without this, a test sees
# other examples alone than in the suite.
providers._get_local_constants = lambda: providers._local_constants  # noqa: SLF001 - there is no setting

settings.register_profile("small", max_examples=50, deadline=None, derandomize=True)
settings.register_profile(
    "large", max_examples=2_000, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("large" if LARGE else "small")

SHARED = Path(os.environ.get("PYVAULT_SHARED", ROOT.parent / "shared"))
INGREDIENTS = {
    "shared": ((SHARED / "data" / "options").is_dir, "no shared/data folder beside the checkout"),
    "browser": (Path("/usr/bin/chromium").exists, "needs Debian's chromium (apt-get install chromium)"),
    "large": (lambda: LARGE, "full counts: run by make test-large"),
}


def pytest_collection_modifyitems(items):
    """Skip, with the reason, each test whose ingredient is absent; fail instead where it is required."""
    if unknown := REQUIRED - set(INGREDIENTS):
        raise pytest.UsageError(f"PYVAULT_REQUIRE: {sorted(unknown)} is none of {sorted(INGREDIENTS)}")
    for name, (is_present, reason) in INGREDIENTS.items():
        if is_present():
            continue
        marked = [item for item in items if item.get_closest_marker(name)]
        if marked and name in REQUIRED:
            pytest.exit(f"PYVAULT_REQUIRE names {name!r}, which is missing: {reason}", returncode=4)
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=f"{name}: {reason}"))


def pytest_terminal_summary(terminalreporter):
    """Print what was skipped and why, grouped by reason."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    terminalreporter.section("skipped, and why")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:5d}  {reason}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real market data; only for tests marked ``shared``."""
    return SHARED / "data"


@pytest.fixture(scope="session")
def count(request):
    """Pick a count by the size of the run, ``count(small, large)``, and record it as evidence."""

    def pick(small: int, large: int) -> int:
        chosen = large if LARGE else small
        test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0]
        request.config.stash.setdefault(COUNTS, []).append({"test": test, "count": chosen})
        return chosen

    return pick


def pytest_sessionfinish(session):
    """Write the counts that the laws reached where the runner of the full counts asks for them."""
    if target := os.environ.get("PYVAULT_EVIDENCE"):
        Path(target).write_text(json.dumps(session.config.stash.get(COUNTS, [])), encoding="utf-8")
