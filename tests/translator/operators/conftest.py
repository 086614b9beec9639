"""What tests of operators share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.translation import Translation
from tests.translator.operators.containers import HEAD

prepare_environment()


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(body: str, more: str = "") -> Translation:
        file = tmp_path / "dag.py"
        file.write_text(HEAD.format(more=more) + "\n".join("    " + line for line in body.strip().splitlines()) + "\n")
        (dag,) = load_dags(file)
        return translate(dag)

    return made
