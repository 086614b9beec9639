"""What tests of the translator share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_argo.translator.porting import Ported, ported


@pytest.fixture
def port(tmp_path: Path) -> Any:
    def made(text: str, *, keep_defaults: bool = False) -> Ported:
        file = tmp_path / "dag.py"
        file.write_text(text)
        return ported(file, keep_defaults=keep_defaults)

    return made
