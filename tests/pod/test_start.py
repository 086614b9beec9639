"""What a pod loads before its task begins: each module costs every pod time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from airflow_argo.compiler.calls import bootstrap, bundle

LOAD = """
texts = {module_name(name): text for name, text in unbundled(sys.argv[1:]).items()}
sys.meta_path.insert(0, ShippedModules(texts))
importlib.import_module(PACKAGE + "." + "MODULE")
print(json.dumps(list(sys.modules)))
"""
SLOW = {"asyncio", "dataclasses", "hashlib", "inspect", "ssl", "subprocess", "tempfile", "urllib.request", "uuid"}


@pytest.mark.parametrize(
    ("module", "needs"),
    [("runner", set()), ("functions", {"inspect"}), ("commands", {"subprocess", "tempfile"})],
)
def test_slow_modules_are_loaded_where_they_are_needed(module: str, needs: set[str]) -> None:
    program = bootstrap().partition("if __name__")[0] + LOAD.replace("MODULE", module)
    command = [sys.executable, "-I", "-S", "-c", program, *bundle(())]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert SLOW & set(json.loads(found)) == needs
