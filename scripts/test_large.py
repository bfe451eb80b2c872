"""Run every law at its full count and every planted fault; stop and resume at any time.

``make test-large`` keeps one record per test file and mutant under ``.build/large/<tree>``, where <tree>
names the content of the working tree: stop it, start it again, and what passed is not run again. The summary
goes to ``docs/evidence/<topic>.json``; that of a part is written where a topic is named, and names the part.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from planted_faults import Mutant, fails_unbroken, is_caught, read_mutants

ROOT = Path(__file__).resolve().parents[1]
WRITTEN_BY_RUNS = ("bench/results/", "docs/evidence/")
UNBROKEN = "tests of the planted faults, nothing broken"
READS_PROSE = (
    "tests/architecture/",
    "tests/e2e/test_readme.py",
)  # run again each time: prose is not in the tree


def main() -> int:
    """Run what has not passed yet, write the evidence, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--topic", help="name of the summary (default: ground-floor, if all is run)")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        help="run only test files and mutants whose name contains this; several times: or that",
    )
    arguments = parser.parse_args()

    def is_chosen(name: str) -> bool:
        return not arguments.only or any(part in name for part in arguments.only)

    folder = ROOT / ".build" / "large" / _tree()
    folder.mkdir(parents=True, exist_ok=True)
    files = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    mutants = [mutant for mutant in read_mutants(ROOT) if is_chosen(mutant.name)]
    jobs: list[tuple[str, Path | Mutant | list[Mutant]]] = []
    jobs += [(name, path) for name, path in files.items() if is_chosen(name)]
    jobs += [(UNBROKEN, mutants)] if mutants else []
    jobs += [(mutant.name, mutant) for mutant in mutants]
    records = []
    for index, (name, job) in enumerate(jobs, 1):
        record = _resume(folder / f"{_safe(name)}.json", name, job)
        records.append(record)
        print(f"[{index}/{len(jobs)}] {record['outcome']:<7} {record['seconds']:7.1f} s  {name}", flush=True)
    failed = [record["name"] for record in records if record["outcome"] != "passed"]
    if arguments.topic or not arguments.only:
        written = _write_evidence(arguments.topic or "ground-floor", arguments.only, records)
        print(f"summary: {written.relative_to(ROOT)}")
    for name in failed:
        print(f"FAILED {name}")
    print(f"{len(records) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _resume(record_path: Path, name: str, job: Path | Mutant | list[Mutant]) -> dict[str, Any]:
    """Record of a job that passed before, or of running it now."""
    if record_path.exists() and not name.startswith(READS_PROSE):
        record: dict[str, Any] = json.loads(record_path.read_text(encoding="utf-8"))
        if record["outcome"] == "passed":
            return record
    start = time.monotonic()
    if isinstance(job, list):
        record = {"kind": "unbroken", "outcome": "failed" if fails_unbroken(job, ROOT) else "passed"}
    else:
        record = _run_mutant(job) if isinstance(job, Mutant) else _run_tests(job)
    record = {"name": name, "seconds": round(time.monotonic() - start, 1)} | record
    record_path.write_text(json.dumps(record), encoding="utf-8")
    return record


def _run_tests(path: Path) -> dict[str, Any]:
    """Outcome of one test file at full counts, with the counts its laws reached."""
    build = ROOT / ".build"
    report, counts = build / "large.xml", build / "large-counts.json"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:ape_test",
        "-q",
        "--timeout=5400",
        f"--junitxml={report}",
        str(path),
    ]
    environment = os.environ | {"PYVAULT_LARGE": "1", "PYVAULT_EVIDENCE": str(counts)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        print(run.stdout[-6_000:], run.stderr[-2_000:], sep="\n")
        return {"kind": "tests", "outcome": "failed"}
    suite = next(iter(ET.parse(report).getroot()))  # noqa: S314 - our own report
    tallies = {key: int(suite.attrib[key]) for key in ("tests", "skipped")}
    laws = json.loads(counts.read_text(encoding="utf-8"))
    return {"kind": "tests", "outcome": "passed", **tallies, "counts": laws}


def _run_mutant(mutant: Mutant) -> dict[str, Any]:
    """A planted fault passes when its test catches it."""
    outcome = "passed" if is_caught(mutant, ROOT) else "failed"
    return {"kind": "mutant", "outcome": outcome, "file": mutant.file, "law": mutant.law}


def _write_evidence(topic: str, only: list[str], records: list[dict[str, Any]]) -> Path:
    """Write the summary of a run, whole or of the parts named by `only`."""
    tests = [record for record in records if record["kind"] == "tests"]
    mutants = [record for record in records if record["kind"] == "mutant"]
    summary = {
        "topic": topic,
        "only": only or "everything",
        "commit": _git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "python": platform.python_version(),
        "seeds": "fixed in each test; hypothesis derandomised",
        "tests": sum(record.get("tests", 0) for record in tests),
        "skipped": sum(record.get("skipped", 0) for record in tests),
        "failed": [record["name"] for record in records if record["outcome"] != "passed"],
        "mutants": f"{sum(m['outcome'] == 'passed' for m in mutants)} of {len(mutants)} caught",
        "seconds": round(sum(record["seconds"] for record in records)),
        "counts": _largest_counts(law for record in tests for law in record.get("counts", [])),
        "planted_faults_caught": [m["law"] for m in mutants if m["outcome"] == "passed"],
    }
    target = ROOT / "docs" / "evidence" / f"{topic}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    return target


def _largest_counts(laws: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Largest count that each test reached, over its parameters."""
    largest: dict[str, int] = {}
    for law in laws:
        test = law["test"].partition("[")[0]
        largest[test] = max(law["count"], largest.get(test, 0))
    return dict(sorted(largest.items()))


def _tree() -> str:
    """Name of what a test can depend on: every file of the tree but results and prose."""
    digest = hashlib.sha256()
    for name in _git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        is_result = name.startswith(WRITTEN_BY_RUNS) or name.endswith((".md", ".png"))
        if not is_result and (ROOT / name).is_file():
            digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def _safe(name: str) -> str:
    return "".join(character if character.isalnum() else "-" for character in name)


if __name__ == "__main__":
    sys.exit(main())
