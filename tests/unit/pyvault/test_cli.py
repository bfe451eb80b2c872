"""Commands: what they print, their JSON, and their exit codes."""

import json
import os
import subprocess
import sys
import time

import pytest
from rich.console import Console
from typer.testing import CliRunner

from pyvault.cli import app
from pyvault.cli.warm import ensure_warm
from pyvault.errors import InputError
from pyvault.kernels.jit import cache_folder

COMMANDS = ("quote", "greeks", "surface", "demo", "devnet", "doctor", "warm")
OPTION = ["-F", "3000", "-K", "2800", "-K", "3200", "-v", "0.8", "-T", "30"]


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def run_process(*arguments):
    return subprocess.run(
        [sys.executable, "-c", "from pyvault.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help__of_every_command__is_there(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--help" in result.output


def test_quote__as_json__is_one_object_in_wad(run):
    payload = json.loads(run("quote", *OPTION, "--json").output)
    call, put = payload["quotes"][1]["call"], payload["quotes"][1]["put"]
    assert payload["unit"] == "WAD"
    assert put - call == pytest.approx(200 * 10**18, abs=2)


def test_quote_and_greeks__of_the_same_option__agree(run):
    on_chain = json.loads(run("quote", *OPTION, "--json").output)["quotes"][0]
    doubles = json.loads(run("greeks", *OPTION, "--json").output)
    assert on_chain["call"] / 1e18 == pytest.approx(doubles["price"][0], abs=1e-11)
    assert on_chain["delta_call"] / 1e18 == pytest.approx(doubles["delta"][0], abs=1e-13)
    assert on_chain["vega"] / 1e18 == pytest.approx(doubles["vega"][0], abs=1e-10)
    assert on_chain["theta_call"] / 1e18 == pytest.approx(doubles["theta"][0], abs=1e-9)


def test_greeks__of_a_put__is_parity_with_the_call(run):
    call = json.loads(run("greeks", *OPTION, "--json").output)
    put = json.loads(run("greeks", *OPTION, "--put", "--json").output)
    assert put["price"][0] - call["price"][0] == pytest.approx(2800 - 3000, abs=1e-10)


def test_quote_and_greeks__as_tables__name_strikes(run):
    for command in ("quote", "greeks"):
        output = run(command, *OPTION).output
        assert "2800" in output
        assert "3200" in output


def test_surface_fit__of_the_built_in_market__has_no_arbitrage(run):
    payload = json.loads(run("surface", "fit", "--json").output)
    assert payload["violations"] == []
    assert len(payload["slices"]) == 4
    assert payload["diagnostics"]["rmse"] < 1e-4


def test_surface_fit__with_a_plot__writes_a_self_contained_page(run, tmp_path):
    page = tmp_path / "surface.html"
    result = run("surface", "fit", "--plot", str(page))
    assert result.exit_code == 0
    assert "no arbitrage violations" in " ".join(result.output.split())
    assert "plotly" in page.read_text(encoding="utf-8").lower()


def test_doctor__on_this_machine__is_healthy(run):
    result = run("doctor", "--json")
    payload = json.loads(result.output)
    assert payload["healthy"], payload
    assert result.exit_code == 0


def test_warm__as_json__names_what_is_compiled(run):
    assert "greeks" in json.loads(run("warm", "--json").output)["warm"]


def test_main__where_the_cache_cannot_be_made__exits_3_and_names_the_variable(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PYVAULT_CACHE_DIR", str(tmp_path / "file" / "cache"))
    result = run_process("surface", "fit")
    assert result.returncode == 3
    assert "PYVAULT_CACHE_DIR" in result.stderr
    assert "Traceback" not in result.stderr


def test_ensure_warm__among_folders_of_old_sources__drops_the_oldest_but_four_and_none_in_use(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PYVAULT_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("pyvault.cli.warm.steps", lambda: {"nothing": lambda: None})
    hours = {f"kernels-{i:02}": i for i in range(9)}
    for name, age in hours.items():
        (tmp_path / name / "part").mkdir(parents=True)
        moment = time.time() - 3_600.0 * (age + 0.5)
        os.utime(tmp_path / name, (moment, moment))
    (tmp_path / "other").mkdir()
    ensure_warm("nothing", quiet=True)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"other", cache_folder().name, *list(hours)[:4]}
    for name in list(hours)[1:4]:
        os.utime(tmp_path / name)
    for name in ("kernels-new", "kernels-newer"):
        (tmp_path / name).mkdir()
    (cache_folder() / "nothing").unlink()
    ensure_warm("nothing", quiet=True)
    assert {path.name for path in tmp_path.iterdir()} == left | {"kernels-new", "kernels-newer"}


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("quote", *OPTION), ("quote", *OPTION, "--json"), ("devnet", "status", "--json")],
)
def test_main__whose_reader_has_gone__ends_quietly_with_the_shell_s_status(tmp_path, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", "from pyvault.cli import main; main()", *arguments]
    try:
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_version__is_the_package_version(run):
    assert run("--version").output.startswith("pyvault ")


def test_main__with_bad_input__exits_2_and_names_the_value_and_the_rule():
    result = run_process("greeks", "-F", "-3", "-K", "1", "-v", "0.5", "-T", "1")
    assert result.returncode == 2
    assert "forward" in result.stderr
    assert "-3.0" in result.stderr
    assert "Traceback" not in result.stderr


def changed(option, value):
    """The arguments of one option, with one of them set to another value."""
    arguments = dict(zip(("-F", "-K", "-v", "-T", "-r"), ("3000", "2800", "0.8", "30", "0"), strict=True))
    return [part for pair in (arguments | {option: value}).items() for part in pair]


@pytest.mark.parametrize("command", ["quote", "greeks"])
@pytest.mark.parametrize(
    ("option", "value", "name"),
    [
        *((option, "nan", name) for option, name in (("-F", "forward"), ("-K", "strike"), ("-T", "days"))),
        *((option, "-1", name) for option, name in (("-F", "forward"), ("-K", "strike"), ("-T", "days"))),
        ("-v", "nan", "implied_vol"),
        ("-v", "-0.8", "implied_vol"),
        ("-v", "inf", "implied_vol"),
        ("-F", "1e200", "forward"),
        ("-T", "inf", "days"),
        ("-T", "1e300", "time_to_expiry"),
    ],
)
def test_command__with_bad_input__raises_an_error_that_names_it(run, command, option, value, name):
    with pytest.raises(InputError) as caught:
        run(command, *changed(option, value))
    assert caught.value.name.startswith(name)


@pytest.mark.parametrize("rate", ["-1e6", "1e6", "nan"])
def test_greeks__at_a_rate_without_a_discount_factor__raises(run, rate):
    with pytest.raises(InputError):
        run("greeks", *changed("-r", rate))


def test_quote__at_a_rate_beyond_every_integer__names_it(run):
    with pytest.raises(InputError, match=r"^rate = 1e\+70"):
        run("quote", *changed("-r", "1e70"))


def test_surface_fit__with_a_time_but_no_file__says_so(run):
    with pytest.raises(InputError, match="timestamp"):
        run("surface", "fit", "--timestamp", "2026-03-03")


def test_surface_fit__with_a_plot_that_cannot_be_written__names_it(run, tmp_path):
    with pytest.raises(InputError, match=r"absent.*No such file"):
        run("surface", "fit", "--plot", str(tmp_path / "absent" / "surface.html"))


def test_doctor__on_a_narrow_screen__still_shows_every_state(run, monkeypatch):
    monkeypatch.setattr("pyvault.cli.doctor.console", Console(width=80))
    checks = json.loads(run("doctor", "--json").output)["checks"]
    lines = run("doctor").output.splitlines()
    assert sum(" ok " in line or " optional " in line for line in lines) == len(checks)


def test_doctor__with_a_file_that_is_no_anvil__reports_it(run, monkeypatch):
    monkeypatch.setenv("ANVIL", sys.executable + "-absent")
    result = run("doctor", "--json")
    assert result.exit_code == 3
    states = {check["name"]: check["state"] for check in json.loads(result.output)["checks"]}
    assert states["Anvil"] == "missing"


def test_main__where_the_contract_refuses__exits_4_with_its_reason():
    result = run_process("quote", "-F", "0", "-K", "1", "-v", "0.5", "-T", "1")
    assert result.returncode == 4
    assert "pricer: " in result.stderr


def test_main__with_an_unknown_file__exits_2_and_names_it():
    result = run_process("surface", "fit", "nowhere.csv")
    assert result.returncode == 2
    assert "nowhere.csv" in result.stderr
