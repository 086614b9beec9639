"""The example DAGs that Airflow and the installed providers ship."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from airflow_argo.translator.dag_file_errors import DagFileError
from airflow_argo.translator.loading import load_dags, prepare_environment


def example_files() -> list[Path]:
    """The files, Airflow's own first."""
    spec = find_spec("airflow")
    assert spec is not None
    found: list[Path] = []
    for root in spec.submodule_search_locations or ():
        own = sorted((Path(root) / "example_dags").glob("*.py"))
        provided = sorted(Path(root).glob("providers/**/example_dags/*.py"))
        found += [file for file in (*own, *provided) if not file.name.startswith("__")]
    return found


def example_dags() -> Iterator[tuple[Path, Any | str]]:
    """Each DAG with its file; of a file that can't be imported, why."""
    prepare_environment()
    files = example_files()
    sys.path[:0] = sorted({str(file.parent / "plugins") for file in files if (file.parent / "plugins").is_dir()})
    for file in files:
        yield from ((file, dag) for dag in _dags_of(file))


def _dags_of(file: Path) -> list[Any]:
    try:
        return load_dags(file)
    except DagFileError as error:
        return [str(error)]
