"""Which files of the DAGs folder tasks may read, by what the texts say."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_argo.translator.named_files import look_again, named_files

FILES = "team/sql/a.sql team/sql/b.sql team/conf.yaml team/x.py team/.hidden.sql shared/conf.yaml other/a.sql c.csv team/in/go"
HERE = "HERE = Path(__file__).parent\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES.split():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    look_again()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HERE + "(HERE / 'sql' / 'a.sql').read_text()", "team/sql/a.sql"),
        (HERE + "open(HERE / f'sql/{name}.sql')", "team/sql/a.sql team/sql/b.sql"),
        (HERE + "open(HERE / 'sql' / (name + '.sql'))", "team/sql/a.sql team/sql/b.sql"),
        (HERE + "HERE.rglob('*.yaml')", "team/conf.yaml"),
        (HERE + "(HERE / 'sql').iterdir()", "team/sql/a.sql team/sql/b.sql"),
        (HERE + "(HERE.parent / 'shared' / 'conf.yaml')", "shared/conf.yaml team/conf.yaml"),
        (HERE + "(HERE.parent / 'c.csv')", "c.csv"),
        (HERE + "command = f'bash {HERE}/in/go {{{{ ds }}}} >log'", "team/in/go"),
        (HERE + "print('sql', f'{a}_{b}', '.', '*', 'x.py')", ""),
        ("def f(dag): return open(dag.folder + '/sql/a.sql')", "team/sql/a.sql"),
        ("import pkgutil\npkgutil.get_data('team.sql', 'a.sql')", "team/sql/a.sql"),
        (
            "from importlib.resources import files\nfiles('other').joinpath(f'{name}.sql')",
            "other/a.sql team/sql/a.sql team/sql/b.sql",
        ),
        ("import importlib.resources as res\nres.read_text('shared', 'conf.yaml')", "shared/conf.yaml team/conf.yaml"),
        ("open('sql/a.sql')", ""),
    ],
)
def test_files_that_a_text_names(root: Path, text: str, found: str) -> None:
    files = named_files([text], root / "team" / "dag.py", root)
    assert [file.relative_to(root).as_posix() for file in files] == found.split()
