"""Slices of a DAG file, where other statements of the file change what a function needs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.translator.slices import NotSliceable
from tests.translator.test_slices import result_of

REGISTER = "R = {}\ndef put(name):\n    def made(g):\n        R[name] = g\n        return g\n    return made\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (REGISTER + "@put('a')\ndef g(): return 1\ndef f(): return R['a']()", "it uses 'R', which other"),
        (
            "class B:\n    S = []\n    def __init_subclass__(cls): B.S.append(1)\nclass C(B): 1\ndef f(): B",
            "it uses 'B'",
        ),
        (
            "class M(type):\n  R = []\n  def __init__(c, *a): M.R.append(1)\nclass A(metaclass=M): pass\ndef f(): return M.R",
            "it uses 'M'",
        ),
        ("import random\nrandom.seed(1)\ndef f(): return random.random()", "it uses 'random', which other"),
        ("import random\ndef s(): random.seed(1)\ns()\ndef f(): return random.random()", "it uses 'random', which other"),
        ("import decimal\nc = decimal.getcontext()\nc.prec = 28\ndef f(): return decimal.Decimal(1)", "it uses 'decimal'"),
        ("from itertools import count\nC = count()\nnext(C)\ndef f(): return next(C)", "'C' is another each time"),
        ("C = iter([1])\ndef f(): return next(C)", "'C' is another each time"),
        ("from random import Random\nR = Random(1)\nN = R.random()\ndef f(): return R.random()", "it uses 'R'"),
        ("class A:\n    n = 0\na = A()\ndef up(x): x.n += 1\nup(a)\ndef f(): return a.n", "it uses 'a'"),
        (
            "class A:\n    n = 0\n    @classmethod\n    def up(cls): cls.n += 1\nA.up()\nx = A.up()\ndef f(): return A.n",
            "it uses 'A'",
        ),
        ("import time\nX = [time.monotonic_ns()]\ndef f(): return X", "'X' is another each time"),
        (
            "import requests\nX = requests.Session()\ndef up(x): x.max_redirects = 1\nup(X)\ndef f(): return X.get",
            "it uses 'X'",
        ),
        (
            "from requests.structures import CaseInsensitiveDict as D\nX = [D()]\ndef up(x): x[0]['a'] = 1\nup(X)\ndef f(): X",
            "it uses 'X'",
        ),
        ("import random, requests\nrandom.seed(1)\ndef f(): return requests", "it uses 'requests', and with it 'random'"),
        ("X = []\nfor _ in range(5000): X = [X]\nY = [X]\ndef f(): return len(Y)", "'Y' is another each time|uses 'X'"),
        (
            "class A:\n    @property\n    def __dict__(self): raise ValueError\nX = A()\ndef f(): return X and 1",
            "'X' is another each time",
        ),
        ("def g(seen=[]): seen.append(1); return seen\nN = g()\ndef f(): return g()", "it uses 'g'"),
        ("def g(): return g.n\ng.n = 1\ndef f(): return g()", "it uses 'g'"),
        (
            "def made():\n    n = 0\n    def f():\n        nonlocal n\n        n = 1\n    return f\nf = made()",
            "keeps 'n'",
        ),
        (
            "def m():\n  n = 0\n  def f():\n    def g():\n      nonlocal n; n = 1\n    g()\n  return f\nf = m()",
            "keeps 'n'",
        ),
    ],
)
def test_what_others_change_as_the_file_is_imported_is_not_sliced(sliced: Any, text: str, what: str) -> None:
    with pytest.raises(NotSliceable, match=what):
        sliced(text)


CHANGING = "def put(x): x.append(3)\ndef count():\n    global N\n    N += 2\n"


@pytest.mark.parametrize(
    "text",
    [
        CHANGING + "X = [1]; put(X)\ndef f(): return X",
        CHANGING + "N: int = 0\ncount(); count()\ndef f(): return N",
        CHANGING + "X = list()\nput(X)\ndef f(): return X",
        CHANGING + "a = 1\nX = [a]\nput(X)\ndef f(): return X",
        "X = []\nX.append(1); X.append(2)  # both\ndef f(): return X",
        "X = {'a': [1]}\nlen(X)\ndef f(): return X",
        "X = {'a': [1, 2]}\nY = X['a'].pop()\ndef f(): return X",
        "X = dict(a=1)\nY = X\nY['b'] = 2\ndef f(): return X",
        "from collections import deque\nX = deque([1])\nX.append(2)\ndef f(): return list(X)",
    ],
)
def test_a_global_is_what_it_was_when_the_file_had_been_imported(text: str, sliced: Any) -> None:
    there: dict[str, Any] = {}
    exec(text, there)
    assert result_of(sliced(text)) == there["f"]()


def test_what_is_set_up_for_a_module_beside_the_file_is_not_left_behind(tmp_path: Path, sliced: Any) -> None:
    (tmp_path / "slices_drawing.py").write_text("import random\ndef draw(): return random.random()\n")
    with pytest.raises(NotSliceable, match="it uses 'random', which other statements of the file set up"):
        sliced("import random\nfrom slices_drawing import draw\nrandom.seed(1)\ndef f(): return draw()")


def test_modules_beside_the_file_are_as_the_file_leaves_them(tmp_path: Path, sliced: Any) -> None:
    (tmp_path / "slices_kept.py").write_text("X = [1]\nclass A:\n    n = 0\ndef put(): X.append(2)\ndef get(): return X\n")
    use = "def f(): return slices_kept.get()[0]"
    assert result_of(sliced(f"import slices_kept\nN = slices_kept.get()\n{use}")) == 1
    for change in ("slices_kept.put()", "slices_kept.A.n = 1", "N = slices_kept.put()", "def g(): slices_kept.put()\ng()"):
        sys.modules.pop("slices_kept", None)
        with pytest.raises(NotSliceable, match="it uses slices_kept, in which the file changes something"):
            sliced(f"import slices_kept\n{change}\n{use}")


def test_a_global_that_no_literal_can_be_is_refused(sliced: Any) -> None:
    text = "from collections import defaultdict\ndef put(x): x['a'] = 1\nX = defaultdict(list)\nput(X)\ndef f(): return X"
    with pytest.raises(NotSliceable, match="it uses 'X', which other statements of the file change"):
        sliced(text)


@pytest.mark.parametrize(
    "text",
    [
        "import logging\nlog = logging.root\ndef loud(g): return log and g\n@loud\ndef g(): pass\ndef f(): return log and 1",
        REGISTER + "@put('a')\ndef g(): return 1\ndef f(): return g()",
        "class A:\n    X = 1\nclass B(A): pass\ndef f(): return A.X",
        "import time\nX = time.time()\ndef f(): return X and 1",
        "import requests\nX = requests.Session()\ndef up(x): x.get and x.headers\nup(X)\ndef f(): return len([X])",
        "from jinja2 import Template\nX = Template('{{ 1 }}')\nX.render()\ndef f(): return int(X.render())",
        "import random, yaml\nrandom.seed(1)\ndef f(): return yaml and 1",
        "import re\nX = [re.compile('a')]\nX[0].match('a')\ndef f(): return len(X)",
        "from pathlib import Path\nX = [Path('a')]\nstr(X[0])\ndef f(): return len(X)",
    ],
)
def test_what_others_only_use_is_sliced(sliced: Any, text: str) -> None:
    assert result_of(sliced(text)) == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("X = 1\ndef f(): return globals()['X']", "'f' calls globals()"),
        ("X = 1\ndef g(): return eval('X')\ndef f(): return g()", "'g' calls eval()"),
        ("X = 1\ndef f(): exec('print(X)')", "'f' calls exec()"),
        ("import sys\nX = 1\ndef f(): return sys.modules[__name__].X", "'f' looks its own module up"),
        ("import time\ntime.sliced = 1\ndef f(): return time.sliced", "it uses 'time', which other"),
        (
            "from functools import singledispatch as many\n@many\ndef g(x): 0\n@g.register\ndef _(x: int): 1\ndef f(): g(1)",
            "it uses 'g'",
        ),
    ],
)
def test_what_is_found_by_its_name_and_what_is_set_in_packages_is_not_sliced(sliced: Any, text: str, what: str) -> None:
    with pytest.raises(NotSliceable, match=re.escape(what)):
        sliced(text)
