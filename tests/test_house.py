"""What stands around the code: documents, dependencies, configuration, continuous integration."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import architecture

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
REQUIREMENTS = ["requirements.txt", "tests/requirements.txt"]
ORACLES = {"torch", "jax", "jaxlib"}  # gigabytes: they take part where installed, and are required nowhere
SHARING = {"xdist"}  # shares the tests out where it is installed, as by .ci/run


def read(path: str) -> str:
    """The text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def config(path: str) -> dict:
    """A TOML file of the repository."""
    return tomllib.loads(read(path))


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own, run in the root of the repository, without the options of this run."""
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "PYTEST_ADDOPTS": ""}
    captured = {"capture_output": True, "encoding": "utf-8"}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=False, **captured)


# Documents


def blocks(document: str, *languages: str) -> list[str]:
    """The fenced code blocks of a document in the given languages."""
    pattern = rf"^```(?:{'|'.join(languages)})\n(.*?)^```"
    return re.findall(pattern, read(document), flags=re.MULTILINE | re.DOTALL)


def commands(document: str) -> list[str]:
    """Every single command in the shell blocks of a document, with forward slashes."""
    lines = "".join(blocks(document, "sh", "powershell")).replace("\\", "/").splitlines()
    return [command.strip() for line in lines for command in re.split("&&|;", line)]


def lines_of(document: str, ending: str) -> list[str]:
    """The lines of a document's shell blocks with that ending."""
    lines = "".join(blocks(document, "sh")).splitlines()
    return [line for line in lines if line.endswith(ending)]


def files_named(command: str) -> set[str]:
    """The files without which a command cannot run: scripts, lists, and a module given with -m."""
    files = set(re.findall(r"\S+\.(?:py|txt)\b", command))
    return files | ({"benchmarks/__main__.py"} if command.endswith("-m benchmarks") else set())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_runs_what_exists(document):
    needed = {file for command in commands(document) for file in files_named(command)}
    assert {file for file in needed if not (ROOT / file).is_file()} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_in_a_document_exists(document):
    quoted = re.findall(r"`([\w./]+(?:\.py|\.txt|\.md|/|/run))`", read(document))
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", read(document))
    assert len(quoted + linked) >= 3
    assert [path for path in quoted + linked if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_uses_the_environment_that_the_first_one_makes(document):
    makers = {"python3 -m venv .venv", "py -m venv .venv"}
    rest = [command for command in commands(document) if command not in makers]
    assert rest
    assert [command for command in rest if not command.startswith(".venv/")] == []


def test_one_command_opens_the_app_and_one_passes_the_tests():
    app, tests = lines_of("README.md", "run app.py"), lines_of("README.md", "-m pytest")
    make, install = "python3 -m venv .venv", ".venv/bin/pip install -r"
    assert app == [f"{make} && {install} requirements.txt && .venv/bin/streamlit run app.py"]
    assert tests == [f"{make} && {install} tests/requirements.txt && .venv/bin/python -m pytest"]


def test_windows_does_what_the_other_machines_do():
    [line] = "".join(blocks("README.md", "powershell")).splitlines()
    [other] = lines_of("README.md", "run app.py")
    same = other.replace("python3", "py").replace(" &&", ";").replace("bin/", "Scripts/")
    assert line.replace("\\", "/") == same


def test_the_notebook_example_runs_without_a_page():
    [example] = blocks("README.md", "python")
    shapes = "assert (states.shape, forget.shape, jacobians.shape) == ((101, 32), (100, 32), (10, 64, 64))"
    alone = "import sys; assert 'streamlit' not in sys.modules"
    result = python("-W", "error", "-c", "\n".join([example, shapes, alone]))
    assert result.returncode == 0, result.stderr


def test_the_licence_is_mit_and_names_its_holders():
    licence = read("LICENSE")
    assert licence.startswith("MIT License\n\nCopyright (c) 2026 The Gradient Flow Explorer authors\n")
    assert "Permission is hereby granted, free of charge" in licence
    assert config("pyproject.toml")["project"]["license"] == "MIT"


def test_the_changelog_tells_of_the_present_version():
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == config("pyproject.toml")["project"]["version"]


# Dependencies


def requirements(path: str) -> list[Requirement]:
    """The requirements a file lists itself, without those it includes."""
    lines = [line.partition("#")[0].strip() for line in read(path).splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-r")]


def names(path: str) -> set[str]:
    """The packages that a requirements file asks for itself."""
    return {requirement.name for requirement in requirements(path)}


def packages_imported(paths: Iterable[Path]) -> set[str]:
    """Third-party packages that the modules import; what lies in the root or the tests is ours."""
    found = {
        name.split(".")[0]
        for path in paths
        for _, name in architecture.imports(ast.parse(path.read_text(encoding="utf-8")))
    }
    ours = {path.stem for folder in (ROOT, ROOT / "tests") for path in folder.iterdir()}
    return found - ours - set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", REQUIREMENTS)
def test_every_requirement_has_a_floor_and_a_ceiling(path):
    bounds = {r.name: {specifier.operator for specifier in r.specifier} for r in requirements(path)}
    assert bounds
    assert {name: found for name, found in bounds.items() if found != {">=", "<"}} == {}


def test_the_tests_need_the_app_and_more():
    assert "-r ../requirements.txt" in read("tests/requirements.txt").splitlines()
    assert names("requirements.txt").isdisjoint(names("tests/requirements.txt"))


@pytest.mark.parametrize("path", REQUIREMENTS)
def test_the_oracles_of_gigabytes_are_not_required(path):
    assert names(path).isdisjoint(ORACLES)


def test_the_app_requires_exactly_what_it_uses():
    shipped = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("explorer/**/*.py")]
    through_streamlit = {"plotly"}  # st.plotly_chart imports it, and Streamlit does not require it
    streamlits_own = {"starlette"}  # Streamlit requires it, and st.App takes its routes
    assert packages_imported(shipped) - streamlits_own | through_streamlit == names("requirements.txt")


def test_the_tests_require_what_they_import():
    required = names("requirements.txt") | names("tests/requirements.txt")
    assert packages_imported(ROOT.glob("tests/**/*.py")) - required <= ORACLES | SHARING


def test_the_engine_loads_nothing_of_the_pages():
    modules = ["explorer", *(f"explorer.{path.stem}" for path in ROOT.glob("explorer/[a-z]*.py"))]
    heavy = {"streamlit", "plotly", "pandas"}
    result = python("-c", f"import sys, {', '.join(modules)}; print({heavy} & set(sys.modules))")
    assert result.stdout.strip() == "set()", result.stderr


def test_every_script_beside_the_app_finds_what_it_imports():
    """No page imports the benchmarks or the picture's script, so that nothing else notices a lost name."""
    scripts = [path for folder in ("assets", "benchmarks") for path in ROOT.glob(f"{folder}/*.py")]
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in scripts]
    named = [name for name in modules if not name.endswith(("_page", "__init__", "__main__"))]
    assert {"assets.picture", "benchmarks.engine"} <= set(named)
    result = python("-c", f"import {', '.join(named)}")
    assert result.returncode == 0, result.stderr


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "explorer" / "py.typed").is_file()


# Configuration


def test_no_usage_statistics_are_sent():
    assert config(".streamlit/config.toml")["browser"]["gatherUsageStats"] is False


def test_the_first_start_asks_for_no_address():
    """On a machine that never ran Streamlit its prompt for an e-mail address would hold up the start."""
    assert config(".streamlit/config.toml")["server"]["showEmailPrompt"] is False


def test_the_server_watches_no_files():
    """It would watch the whole folder, the environment in it too: half a minute of computing at a start."""
    assert config(".streamlit/config.toml")["server"]["fileWatcherType"] == "none"


def test_the_app_listens_on_its_own_machine_only():
    assert config(".streamlit/config.toml")["server"]["address"] == "localhost"


def test_no_protection_is_switched_off():
    server = config(".streamlit/config.toml")["server"]
    assert server.get("enableCORS", True)
    assert server.get("enableXsrfProtection", True)


def test_the_oldest_python_is_the_same_everywhere():
    project, ruff = config("pyproject.toml")["project"], config("pyproject.toml")["tool"]["ruff"]
    assert project["requires-python"] == ">=3.11"
    assert ruff["target-version"] == "py311"
    assert "Python 3.11 or later" in read("README.md")


# Continuous integration


def test_continuous_integration_can_be_started():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_continuous_integration_takes_its_test_command_from_the_readme():
    [line] = [line for line in read(".ci/run").splitlines() if line.startswith("test_command=")]
    command = ["bash", "-euc", f'{line}; printf %s "$test_command"']
    found = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    assert [found] == lines_of("README.md", "-m pytest")


def test_continuous_integration_ends_with_the_tests_and_stops_at_the_first_failure():
    script = read(".ci/run").splitlines()
    assert "set -euo pipefail" in script
    assert script[-1] == 'bash -euo pipefail -c "$test_command"'


@pytest.mark.parametrize(
    "part", ["bin/ruff check", "bin/mypy", "torch==2.13.0", "-p tests.required", "apt_install chromium"]
)
def test_continuous_integration_leaves_nothing_out(part):
    code = [line for line in read(".ci/run").splitlines() if not line.lstrip().startswith("#")]
    assert any(part in line for line in code)


SKIPPING = {
    "a mark": "@pytest.mark.skip(reason='no tool')\ndef test(): ...",
    "a call": "def test():\n    pytest.skip('no tool')",
    "a fixture": "@pytest.fixture\ndef tool():\n    pytest.skip('no tool')\n\ndef test(tool): ...",
    "a whole file": "pytest.importorskip('no_such_tool')",
}


def pytest_on(folder: Path, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What pytest, configured as here, says of one file with that source."""
    file = folder / "test_one.py"
    file.write_text(f"import pytest\n\n{source}\n", encoding="utf-8")
    configured = ["-c", "pyproject.toml", f"--rootdir={folder}", "-p", "no:cacheprovider"]
    return python("-m", "pytest", *configured, *options, str(file))


@pytest.mark.parametrize("source", SKIPPING.values(), ids=SKIPPING)
def test_under_continuous_integration_a_skipped_test_fails_and_says_why(tmp_path, source):
    result = pytest_on(tmp_path, source, "-p", "tests.required")
    assert result.returncode not in {0, pytest.ExitCode.NO_TESTS_COLLECTED}
    assert re.search("no test may be skipped here.*no.(such_)?tool", result.stdout)


def test_under_continuous_integration_passing_and_expected_failure_stay_what_they_are(tmp_path):
    source = "def test_passes(): ...\n\n@pytest.mark.xfail\ndef test_fails():\n    assert False"
    result = pytest_on(tmp_path, source, "-p", "tests.required")
    assert result.returncode == 0, result.stdout
    assert "1 passed, 1 xfailed" in result.stdout


def test_elsewhere_a_skipped_test_is_named_with_its_reason(tmp_path):
    result = pytest_on(tmp_path, SKIPPING["a call"])
    assert result.returncode == 0, result.stdout
    assert "no tool" in result.stdout
