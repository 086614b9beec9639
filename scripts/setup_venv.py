"""Makes `.venv` with this package and all that its tests need; does nothing if it is up to date.

With a version of Airflow, such as `2.11`, makes `.venvs/2.11` of `requirements/airflow-2.11.txt` instead.

Runs with any Python from 3.10 on and nothing else: pip comes from wherever one is to be had (uv, Python's own ensurepip, the
system's pip, pip's own bootstrap script).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = sys.argv[1] if len(sys.argv) > 1 else None
VENV = ROOT / ".venvs" / VERSION if VERSION else ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements" / (f"airflow-{VERSION}.txt" if VERSION else "dev.txt")
LOWEST = (3, 11) if VERSION else (3, 10)
"""The providers that are current need Python 3.11."""

GET_PIP = "https://bootstrap.pypa.io/get-pip.py"
TRIES = 3


class NoPip(Exception):
    """There is no way to install anything here."""


def main() -> int:
    """Makes the environment; returns the exit code."""
    if sys.version_info < LOWEST:
        lowest = ".".join(map(str, LOWEST))
        return fail(f"Python {lowest} or later is needed, and this is {sys.version.split()[0]}; run: make PYTHON=python3.12")
    if not LOCK.exists():
        known = ", ".join(sorted(lock.stem.removeprefix("airflow-") for lock in LOCK.parent.glob("airflow-*.txt")))
        return fail(f"Airflow {VERSION} isn't among the versions that are tested: {known}")
    stamp = VENV / "made-of"
    wanted = made_of()
    found = stamp.read_text() if PYTHON.exists() and stamp.exists() else ""
    if found == wanted:
        compiled(ROOT / "airflow_argo")
        return 0
    print(f"setting up {VENV.relative_to(ROOT)} (some minutes the first time) …", flush=True)
    try:
        if found.splitlines()[:2] != wanted.splitlines()[:2]:  # another Python, or moved
            make_empty()
        install = installer()
        retried([*install, "-r", str(LOCK)])
        retried([*install, "--no-deps", "--editable", str(ROOT)])
    except NoPip:
        return fail("there is no pip, and none can be fetched; install one (on Debian: apt install python3-venv)")
    except subprocess.CalledProcessError as error:
        return fail(f"{' '.join(map(str, error.cmd[:4]))} … ended with exit code {error.returncode}; its reason is above")
    compiled(VENV / "lib", ROOT / "airflow_argo")
    stamp.write_text(wanted)
    return 0


def made_of() -> str:
    """What the environment depends on, as one text that changes when any of it does."""
    files = (LOCK, ROOT / "pyproject.toml", Path(__file__))
    parts = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return "\n".join([" ".join(sys.version.split()), str(ROOT), *parts])


def make_empty() -> None:
    """Makes an empty environment."""
    shutil.rmtree(VENV, ignore_errors=True)
    if shutil.which("uv"):
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(VENV)], check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)


def installer() -> list[str]:
    """The command that installs into the environment."""
    if shutil.which("uv"):
        return ["uv", "pip", "install", "--quiet", "--python", str(PYTHON)]
    own, quietly = [str(PYTHON), "-m", "pip"], ["install", "--quiet", "--disable-pip-version-check"]
    if works([*own, "--version"]) or works([str(PYTHON), "-m", "ensurepip"]):
        return [*own, *quietly]
    outer = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if works([*outer, "--version"]):
        return [*outer, *quietly]
    fetch_pip()
    return [*own, *quietly]


def compiled(*folders: Path) -> None:
    """Compiles what has changed; else each process would do it anew where bytecode isn't written, and uv installs none."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run([str(PYTHON), "-m", "compileall", "-q", "-j0", *map(str, folders)], env=environment, capture_output=True)


def works(command: list[str]) -> bool:
    """Whether a command ends well."""
    return subprocess.run(command, capture_output=True).returncode == 0


def fetch_pip() -> None:
    """Installs pip by its own bootstrap script."""
    try:
        with urllib.request.urlopen(GET_PIP, timeout=60) as answer:
            script = answer.read()
    except OSError as error:
        raise NoPip from error
    with tempfile.NamedTemporaryFile(suffix=".py") as file:
        file.write(script)
        file.flush()
        subprocess.run([str(PYTHON), file.name, "--quiet"], check=True)


def retried(command: list[str]) -> None:
    """Runs a command that uses the network, again if it fails."""
    for attempt in range(1, TRIES + 1):
        try:
            subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""})
        except subprocess.CalledProcessError:
            if attempt == TRIES:
                raise
            print("once more …", flush=True)
        else:
            return


def fail(message: str) -> int:
    """Says why it can't be; returns the exit code."""
    print(f"setup: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
