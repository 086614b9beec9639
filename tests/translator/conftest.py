"""What tests of the translator share."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.translator.porting import Ported, ported
from airflow_argo.translator.slices import Slice, slice_of

COUNT = itertools.count()


@pytest.fixture
def port(tmp_path: Path) -> Any:
    def made(text: str, *, keep_defaults: bool = False) -> Ported:
        file = tmp_path / "dag.py"
        file.write_text(text)
        return ported(file, keep_defaults=keep_defaults)

    return made


@pytest.fixture
def sliced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(tmp_path))

    def made(text: str, name: str = "f") -> Slice:
        file = tmp_path / f"sliced_{next(COUNT)}.py"
        file.write_text(text)
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, file.stem, module)
        spec.loader.exec_module(module)
        return slice_of(getattr(module, name), str(file), is_shippable=lambda value: not isinstance(value, memoryview))

    return made
