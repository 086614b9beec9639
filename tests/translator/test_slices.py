"""Slices of a DAG file: what a function needs of it, run in a module of its own, does what it does there."""

from __future__ import annotations

import functools
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import validate_call

from airflow_argo.translator.annotations import may_read
from airflow_argo.translator.slices import NotSliceable, Slice


def result_of(found: Slice, *args: Any) -> Any:
    module = ModuleType(found.module or "slice")
    exec(compile(found.source, "slice", "exec", dont_inherit=True), vars(module))  # that is what pods do with it
    return vars(module)[found.function](*args)


@pytest.mark.parametrize(
    "text",
    [
        "def f(): return 1",
        "X = 1\ndef f(): return X",
        "import math\ndef f(): return math.floor(1.5)",
        "import math as m, json\ndef f(): return m.floor(1.5)",
        "from math import floor, ceil\ndef f(): return floor(1.5)",
        "def g(): return 1\ndef f(): return g()",
        "def g(): return f.__name__ and 1\ndef f(): return g()",
        "class A:\n    X = 1\ndef f(): return A.X",
        "class A:\n    X = 1\nclass B(A):\n    pass\ndef f(): return B().X",
        "X = []\nX.append(1)\ndef f(): return X[0]",
        "X = {}\nX['a'] = 1\ndef f(): return X['a']",
        "for X in range(2):\n    pass\ndef f(): return X",
        "if True:\n    X = 1\nelse:\n    X = 2\ndef f(): return X",
        "try:\n    import no_such_module as m\nexcept ImportError:\n    m = None\ndef f(): return 1 if m is None else 2",
        "import os\nif os.environ.get('NO_SUCH'):\n    from no_such_module import X\nelse:\n    X = 1\ndef f(): return X",
        "D = 1\nif D:\n    try:\n        from no_such import X\n    except ImportError:\n        X = D\ndef f(): return X",
        "from math import *\ndef f(): return floor(e) - floor(1.5)",
        "for _ in (1,):\n    from math import floor as g\nelse:\n    import json as m\ndef f(): return m.loads(str(g(1.5)))",
        "if True:\n    print()\n    import math as m\n    X = m.floor(1.5)\ndef f(): return X * m.floor(1.5)",
        "def outer():\n    x = 1\n    def inner(): return x\n    return inner\nf = outer()",
        "def outer(n):\n    def inner(): return n\n    return inner\nf = outer(1)",
        "f = lambda: 1",
        "X = 1\nf = lambda: X",
        "fs = [lambda: 0, lambda: 1]\nf = fs[1]",
        "from functools import partial\ndef g(a, b): return b\nf = partial(g, 0, b=1)",
        "def f(x=1): return x",
        "Y = 1\ndef f(x=Y): return x",
        "async def g(): return 1\ndef f():\n    import asyncio\n    return asyncio.run(g())",
        'def f():\n    """Says\n    one."""\n    return 1',
        "def f():\n    return len([x for x in (1,) if (lambda y: y)(x)])",
        "def f(a: 'unknown_name' = 1) -> 'another': return a",
        "from functools import wraps\ndef d(g):\n    @wraps(g)\n    def h(): return g()\n    return h\n@d\ndef f(): return 1",
        "def outer():\n    x = 1\n    return lambda: x\nf = outer()",
        "fs = [lambda a=x: a for x in (1, 2)]\nf = lambda: (lambda: 1)()",
        "f, g = (lambda: 1, lambda: 2)",
        "g, f = (lambda x=1: x, lambda y=1: y)",
        "from dataclasses import *\n@dataclass\nclass A:\n    x: int\ndef f(): return fields(A)[0].type('1')",
        "import typing as t\nclass A: pass\ndef g(a: A, b: 'A'): pass\ndef f(): return len({*t.get_type_hints(g).values()})",
        "import inspect\nclass A: pass\ndef g(a: A): pass\ndef f(): return inspect.get_annotations(g)['a'] is A",
        "from __future__ import annotations as _\nimport typing as t\nclass A: x: A\ndef f(): return len(t.get_type_hints(A))",
        "from pydantic import *\nclass A(BaseModel):\n x: int\nclass B(BaseModel):\n a: 'A'\ndef f(): return B(a={'x': 1}).a.x",
        "for X in (2, 1): pass\nY = 3\nfor Y in (X,): pass\ndef f(): return Y",
        "X = 3\nglobals()['X'] = 1\ndef f(): return X",
        "e = 3\nfrom math import *\ndef f(): return int(e - 1)",
        "X = 2\nprint(X := 1)\ndef f(): return X",
        "X = 2\nmatch [1]:\n    case [X]: pass\ndef f(): return X",
        "a = b = 3\na -= 3\nb = a + 1\ndel a\ndef f(): return b",
        "import time\nAT = time.time()\ndef f(): return 1 if AT else 0",
        "from typing import NewType\nN = NewType('N', int)\ndef f(): return N(1)",
        "import sys\nM = __name__\nclass A: pass\ndef f(): return 1 if A.__module__ == M == __name__ and 'sliced' in M else 0",
    ],
)
def test_slice_does_what_the_function_does(text: str, sliced: Any) -> None:
    assert result_of(sliced(text)) == 1


def test_what_it_needs_not_stays_behind(sliced: Any) -> None:
    found = sliced("import os, json\nSECRET = 1\ndef other(): return SECRET\ndef f(): return json.dumps(1)")
    assert "SECRET" not in found.source
    assert "os" not in found.imports
    assert found.imports == ("json",)


def test_decorators_of_packages_may_read_annotations() -> None:
    assert [one for one in (validate_call, functools.wraps, task_of_a_test) if may_read(one)] == [validate_call]


def task_of_a_test() -> None:
    """What an author might write."""


def test_what_only_annotations_name_stays_behind(sliced: Any) -> None:
    given = "(\n    é: int,  # why\n    b: dict[\n        str, json.JSONDecoder] = (), *c: 'json',\n) -> json.JSONEncoder"
    found = sliced(f"import json\ndef f{given}: return 1")
    assert found.imports == ()
    given = "(\n    é: int,  # why\n    b: 'dict[str, json.JSONDecoder]' = (), *c: 'json',\n) -> 'json.JSONEncoder'"
    assert found.source == f"def f{given}: return 1\n"
    assert result_of(found, 0) == 1


def test_modules_beside_the_file_travel(tmp_path: Path, sliced: Any) -> None:
    (tmp_path / "slices_pack").mkdir()
    (tmp_path / "slices_pack" / "__init__.py").write_text("")
    (tmp_path / "slices_pack" / "one.py").write_text("from slices_pack.two import X\n")
    (tmp_path / "slices_pack" / "two.py").write_text("import json\nX = 1\n")
    found = sliced("from slices_pack.one import X\ndef f(): return X")
    assert set(found.modules) == {"slices_pack", "slices_pack.one", "slices_pack.two"}


def test_function_of_a_module_beside_the_file(tmp_path: Path, sliced: Any) -> None:
    (tmp_path / "slices_beside.py").write_text("def f(): return 1\n")
    found = sliced("from slices_beside import f")
    assert found.function == "f"
    assert set(found.modules) == {"slices_beside"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("X = memoryview(b'')\ndef f(): return X", "uses 'X'"),
        ("def outer(x):\n    def inner(): return x\n    return inner\nf = outer(object())", "uses 'x'"),
        ("class A:\n    def f(self): return 1\nf = A().f", "no plain function"),
        ("f = print", "no plain function"),
        ("def f(): return __file__", "reads __file__"),
        ("def g(): return 1\nh = g\ndef g(): return 2\ndef f(): return h()", "name 'g' is not defined"),
        ("def floor(x): return 2\nfrom math import *\ndef f(): return floor(1)", "uses 'floor'"),
        ("class A: pass\nclass B(A): pass\ndef f(): return A.__subclasses__()", "looks for subclasses"),
        ("def g(): return 1\ndef f(): return f.__globals__['g']()", "its own module up, by __globals__"),
        ("import sys\ndef g(): return 1\ndef f(): return sys.modules[f.__module__].g()", "its own module up, by modules"),
        (
            "def f():\n    import inspect\n    return inspect.currentframe().f_globals['X']\nX = 1",
            "its own module up, by f_globals",
        ),
        ("import gettext\ngettext.install('x')\ndef f(): return _('y')", "'_', which is made a builtin"),
        ("L = []\nfor x in 'ab': L += [x]\nM = {}\nfor x in L: M[x] = L\ndef f(): return M", "uses 'M'"),
        ("import logging\nlogging.Logger.trace = print\ndef f(): return logging.getLogger('x').trace(1)", "uses 'logging'"),
        (
            "import logging as lg\nlg.addLevelName(5, 'TRACE')\ndef f(): return lg.getLogger('x').setLevel('TRACE')",
            "uses 'logging'",
        ),
        ("import logging\nsetattr(logging.Logger, 'x', 1)\ndef f(): return logging.root.x", "uses 'logging'"),
        ("import warnings\nwarnings.simplefilter('error')\ndef f(): warnings.warn('x')", "uses 'warnings'"),
        ("def outer(T):\n    def f(a: T = 1): return f.__annotations__\n    return f\nf = outer(int)", "an annotation of 'f'"),
        ("import os\nHERE = os.path.dirname(__file__)\ndef f(): return HERE", "reads __file__"),
        ("class A:\n    def g(self): return __file__\ndef f(): return A().g()", "reads __file__"),
        ("import pkgutil\ndef f(): return pkgutil.get_data('pack', 'a.txt')", "reads files of packages, by pkgutil"),
        ("def f():\n    from importlib import resources\n    return resources.files('pack')", "by importlib.resources"),
        ("f, g = lambda: X, lambda: X\nX = 1", None),
    ],
)
def test_what_cant_travel_is_said(text: str, why: str | None, sliced: Any) -> None:
    if why is None:  # two lambdas that do the same: either will do
        assert result_of(sliced(text)) == 1
        return
    with pytest.raises(NotSliceable, match=why):
        sliced(text)


def test_a_module_that_reads_its_path_cant_travel_as_text(tmp_path: Path, sliced: Any) -> None:
    (tmp_path / "slices_placed.py").write_text("HERE = __file__\n")
    with pytest.raises(NotSliceable, match="slices_placed reads __file__"):
        sliced("import slices_placed\ndef f(): return slices_placed.HERE")


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("def f(): return 1", False),
        ("def f():\n    from airflow.sdk import Variable\n    return Variable", True),
        ("import airflow_argo\ndef f(): return airflow_argo", False),
    ],
)
def test_whether_it_needs_airflow(text: str, needs: bool, sliced: Any) -> None:
    assert sliced(text).needs_airflow == needs


DECORATORS = """
from airflow.sdk import task
from functools import lru_cache, partial, wraps

def of_task(made):
    return made.override(retries=2).function  # what a task of it calls

def making(f):
    return task(f).function

def making_by_import(f):
    from airflow.sdk import task as imported
    return imported(f).function

def making_with(**kwargs):
    def decorated(f):
        return task(**kwargs)(f).function
    return decorated

def plain(f):
    def inner(*a):
        return ["plain", f(*a)]
    return inner

def wrapping(f):
    @wraps(f)
    def inner(*a):
        return ["wrapping", f(*a)]
    return inner

def marking(f):
    f.mark = 7
    return f

class Counting:
    def __init__(self, f):
        self.f = f
    def __call__(self, *a):
        return ["counting", self.f(*a)]

def adder(n):
    def add(x):
        return x + n
    return add

def composed(f, g):
    def both(x):
        return f(g(x))
    return both

def raw(x):
    return x

add_one = adder(1)
also = add_one
chained = composed(raw, add_one)

@plain
def with_plain(x):
    return x * 2

@wrapping
@wrapping
def with_wrapping(x):
    return x * 3

@marking
def with_marking(x):
    return x * 4 + with_marking.mark

@Counting
def with_counting(x):
    return x * 5

@lru_cache
def cached(x):
    return x
"""
"""What a name stands for may not be the function that is defined under it."""


@pytest.mark.parametrize(
    ("function", "refused"),
    [
        ("def f(): return [add_one(1), also(1)]", None),
        ("def f(): return [with_plain(1), with_wrapping(1), with_marking(1), with_counting(1), cached(1)]", None),
        ("def f(): return chained(1)", None),
        ("f = partial(with_wrapping, 2)", None),
        ("f = partial(plain(raw), 2)", None),
        ("@wrapping\ndef f(): return 1", None),
        ("@plain\ndef f(): return 1", "it uses 'f', which is 'f' before it was decorated"),
        ("@of_task\n@task\n@wrapping\ndef f(): return 1", None),
        ("@making\n@wrapping\ndef f(): return 1", None),
        ("@making_with(retries=1)\ndef f(): return 1", None),
        ("@making_by_import\n@wrapping\ndef f(): return 1", None),
        ("@of_task\n@partial(task, retries=1)\ndef f(): return 1", None),
        ("f = partial(wrapping(raw), 1)", "function 'raw' is wrapped by what doesn't stand above it"),
        ("f = partial(wrapping(with_wrapping), 1)", "function 'with_wrapping' is wrapped by what doesn't stand above it"),
        ("f = wrapping(lambda: 1)", "function '<lambda>' is wrapped by what doesn't stand above it"),
        (
            "for i in (1, 2):\n    exec(f'f{i} = lambda: {i}')\ndef f(): return [f1(), f2()]",
            "it uses 'f1', which is a function",
        ),
    ],
)
def test_what_made_another_of_a_function_is_heeded_or_refused(function: str, refused: str | None, sliced: Any) -> None:
    text = f"{DECORATORS}\n{function}\n"
    if refused is not None:
        with pytest.raises(NotSliceable) as caught:
            sliced(text)
        assert caught.value.reason == refused
        return
    there: dict[str, Any] = {}
    exec(text, there)
    assert result_of(sliced(text)) == there["f"]()


@pytest.mark.parametrize(
    "text",
    [
        (
            "made = []\nfor i in (1, 2):\n    def g(x=i, *, y=i * 2, z=len('ab')):\n"
            "        return [x, y, z]\n    made.append(g)\nf = made[0]"
        ),
        "made = []\nfor i in (1, 2):\n    made.append(lambda x=i: x)\nf = made[0]",
        "def make(name):\n    def g(x=name, y=name + '!'):\n        return x + y\n    return g\nf = make('a')",
        "from datetime import date\nDAY = date(2024, 1, 2)\ndef f(x=DAY): return x.day",
        "D = [1]\ndef f(x=D):\n    x.append(2)\n    return D",
        "D = [1]\ndef f(x=D): return [x, D]\nD = [2]",
        "D = {'a': [1]}\ndef f(x=D['a']): return x",
    ],
)
def test_defaults_are_those_that_the_function_was_made_with(text: str, sliced: Any) -> None:
    there: dict[str, Any] = {}
    exec(text, there)
    assert result_of(sliced(text)) == there["f"]()


def test_a_default_that_only_its_definition_knew_is_refused(sliced: Any) -> None:
    with pytest.raises(NotSliceable, match="a default of 'g' is made of 'day', which stands for several things"):
        sliced(
            "from datetime import date\nmade = []\nfor i in (1, 2):\n"
            "    day = date(2024, 1, i)\n    def g(x=day): return x\n    made.append(g)\nf = made[0]"
        )


AROUND = """import functools
def tag(word):
    return lambda g: functools.wraps(g)(lambda: [word, g()])
def say(): return "global"
word = "w"
"""


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (
            "def make(word):\n    @tag(word)\n    def g(): return 1\n    return g\nf = make('own')",
            "a decorator of 'g' is made of 'word'",
        ),
        (
            "class A:\n    word = 'own'\n    @tag(word)\n    def g(): return 1\nf = A.g",
            "a decorator of 'g' is",
        ),
        (
            "def make():\n    def say(): return 'own'\n    def g(x=say): return x()\n    return g\nf = make()",
            "a default of 'g' is",
        ),
        ("def make():\n    @tag(word)\n    def g(): return 1\n    return g\nf = make()", None),
    ],
)
def test_what_definitions_find_around_them_is_not_taken_for_globals(made: str, what: str | None, sliced: Any) -> None:
    if what is not None:
        with pytest.raises(NotSliceable, match=what):
            sliced(AROUND + made)
        return
    assert result_of(sliced(AROUND + made)) == ["w", 1]


@pytest.mark.parametrize("outside", ["def g(): return 'global'\ndef h(): return g()", "g = 5\ndef h(): return g"])
def test_a_function_inside_another_of_the_name_of_a_global_is_refused(outside: str, sliced: Any) -> None:
    with pytest.raises(NotSliceable, match="several things are called 'g'"):
        sliced(f"{outside}\ndef make():\n    def g(): return h()\n    return g\nf = make()")


def test_lambdas_that_a_function_finds_around_it_travel(sliced: Any) -> None:
    made = "def make():\n    h = lambda x=2: x\n    k = lambda: h() * 3\n    return lambda: [h(), k()]\nf = make()"
    assert result_of(sliced(made)) == [2, 6]


@pytest.mark.parametrize(
    "made", ["def f(x=D['a']):", "def f(x=(D, 1)):", "def g(x):\n    return D\nf = partial(g, D)\ndef h():"]
)
def test_a_default_that_is_part_of_what_a_function_uses_is_not_parted_from_it(made: str, sliced: Any) -> None:
    with pytest.raises(NotSliceable, match="it uses 'D', which other statements of the file change"):
        sliced(f"from functools import partial\nD = {{'a': [1]}}\n{made}\n    return D")


def test_two_things_of_one_name_are_refused(sliced: Any) -> None:
    with pytest.raises(NotSliceable, match="several things are called 'n'"):
        sliced(
            "def a(n):\n    def g(): return n\n    return g\none, two = a(1), a(2)\n"
            "def pair(x, y):\n    def h(): return [x(), y()]\n    return h\nf = pair(one, two)"
        )
