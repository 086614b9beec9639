"""Large values of mapped tasks, and of what tasks are mapped over, travel as artifacts."""

from __future__ import annotations

from functools import partial

import pytest

from tests.translator.large_dags import HEAD, ends_of


@pytest.fixture
def ran(tmp_path):
    return partial(ends_of, tmp_path)


MAPPED = """
    @task
    def big():
        import random
        return random.Random(1).randbytes(1_000_000).hex()

    @task
    def small():
        return "small"

    @task
    def pairs():
        return [1, 2]

    @task(retries=1, retry_delay=timedelta(0))
    def each(number, given, other, ti=None):
        assert ti.try_number > 1 or number == 1
        return [number, len(given), other, len(ti.xcom_pull(task_ids="big"))]

    @task_group
    def grouped(number, given):
        @task
        def first(number, given):
            return number + len(given)

        @task
        def second(got, given):
            return got + len(given)

        return second(first(number, given), given)

    @task
    def together(*got):
        return [list(one) for one in got]

    made = big()
    words = {"GIVEN": "{{ ti.xcom_pull(task_ids='big') | length }}"}
    echo = BashOperator.partial(task_id="echo", env=words).expand(bash_command=["echo $GIVEN", "echo 1$GIVEN"])
    made >> echo
    ends = each.partial(given=made, other=small()).expand(number=pairs()), grouped.partial(given=made).expand(number=[1, 2])
    together(*ends, echo.output)

large()
"""


def test_instances_take_artifacts(ran):
    steps, _ = ran(MAPPED, HEAD.replace("import dag, task", "import dag, task, task_group"))
    each = [[1, 2_000_000, "small", 2_000_000], [2, 2_000_000, "small", 2_000_000]]
    assert steps["together"] == ("success", [each, [4_000_001, 4_000_002], ["2000000", "12000000"]])


GIVEN_BY_INSTANCES = """
    @task(retries=1, retry_delay=timedelta(0))
    def each(number, ti=None):
        import random
        if number == 3:
            return "small"
        if number == 2 and ti.try_number == 1:
            ti.xcom_push(key="more", value="t" * 200_000)
            raise ValueError("once")
        ti.xcom_push(key="more", value=["y" * 400_000, number])
        return {"n": number, "text": random.Random(number).randbytes(300_000).hex()}

    @task
    def chained(got):
        return got if got == "small" else [got["n"], len(got["text"])]

    @task
    def both(got, other):
        return [other, got if got == "small" else len(got["text"])]

    @task
    def all_of(got, ti=None):
        more = ti.xcom_pull(task_ids="each", key="more", map_indexes=[0, 1])
        key = "mo" + "re"
        named = ti.xcom_pull(task_ids="each", key=key, map_indexes=1)
        return [one if one == "small" else len(one["text"]) for one in got], [len(one[0]) for one in more], named[1]

    @task_group
    def grouped(number):
        @task
        def first(number):
            import random
            return random.Random(number).randbytes(200_000).hex()

        @task
        def second(got, number):
            return [number, len(got)]

        return second(first(number), number)

    @task
    def plain(got):
        return list(got)

    made = each.expand(number=[1, 2, 3])
    all_of(made)
    plain.override(task_id="of_chained")(chained.expand(got=made))
    plain.override(task_id="of_both")(both.expand(got=made, other=["a", "b"]))
    plain.override(task_id="of_groups")(grouped.expand(number=[4, 5]))

large()
"""


def test_values_of_instances_travel_to_lists_and_to_other_instances(ran):
    steps, _ = ran(GIVEN_BY_INSTANCES, HEAD.replace("import dag, task", "import dag, task, task_group"))
    of_both = [[other, got] for got in (600_000, 600_000, "small") for other in "ab"]
    assert {name: steps[name] for name in ("all_of", "of_chained", "of_both", "of_groups")} == {
        "all_of": ("success", ([600_000, 600_000, "small"], [400_000, 400_000], 2)),
        "of_chained": ("success", [[1, 600_000], [2, 600_000], "small"]),
        "of_both": ("success", of_both),
        "of_groups": ("success", [[4, 400_000], [5, 400_000]]),
    }


MAPPED_OVER = """
    @task
    def items():
        return [{"n": number, "text": str(number) * 900_000} for number in range(3)] + [{"n": 3, "text": "4"}]

    @task
    def pairs():
        import os
        os.environ.clear()
        return {"a": "x" * 400_000, "b": 1}

    @task
    def each(item):
        return len(item["text"]) + item["n"]

    @task
    def pair(item):
        return item[0], len(item[1]) if item[0] == "a" else item[1]

    @task
    def total(*got):
        return [list(one) for one in got]

    total(each.expand(item=items()), pair.expand(item=pairs()))

large()
"""


def test_elements_over_which_tasks_are_mapped_travel_each_by_itself(ran):
    steps, _ = ran(MAPPED_OVER)
    assert steps["total"] == ("success", [[900_000, 900_001, 900_002, 4], [("a", 400_000), ("b", 1)]])


PUT_TOGETHER = """
    @task
    def each(number, letter):
        return letter * (number * 150_000)

    @task
    def list_():
        return ["p" * 160_000, "q"]

    @task
    def two():
        return {"a": "d" * 170_000, "b": [1]}

    @task
    def pair(got):
        return [len(one) for one in got]

    @task
    def length(got):
        return len(got)

    @task
    def total(*got):
        return [list(one) for one in got]

    one, other, listed = each.partial(letter="a").expand(number=[1, 2]), each.partial(letter="b").expand(number=[2, 1]), list_()
    zipped = pair.expand(got=one.zip(other, listed))
    joined = length.expand(got=one.concat(other))
    elements = length.override(task_id="elements").expand(got=[two(), listed])
    total(zipped, joined, elements)

large()
"""


def test_elements_of_lists_that_are_put_together_travel_each_by_itself(ran):
    steps, _ = ran(PUT_TOGETHER)
    zipped, joined = [[150_000, 300_000, 160_000], [300_000, 150_000, 1]], [150_000, 300_000, 300_000, 150_000]
    assert steps["total"] == ("success", [zipped, joined, [2, 2]])


READ_BY_ARGO = """
    @task
    def rows():
        import random
        return {"a": random.Random(1).randbytes(200_000).hex()}

    @task
    def other():
        return {"b": 1}

    @task
    def read(given):
        return len(given)

    read.expand(given=rows().concat(other()))

large()
"""


def test_what_expressions_take_apart_is_never_an_artifact_and_the_pod_says_why(ran):
    steps, log = ran(READ_BY_ARGO)
    assert steps["rows"][0] == "failed"
    assert log.count("Argo reads return_value itself, so that can't be in an artifact") == 1


LONG_ELEMENTS = """
    @task
    def made():
        return ["a" * 300_000, "b"]

    @task
    def other():
        return ["c"]

    @task
    def read(given):
        return len(given)

    read.expand(given=made())
    read.expand(given=made().concat(other()))

large()
"""


def test_long_elements_that_compress_are_mapped_over_unless_argo_has_to_read_them(ran):
    steps, log = ran(LONG_ELEMENTS, HEAD.replace('"yes"', '"no"'))
    assert {name: steps[name][0] for name in ("read", "made", "made__1", "read__1")} == {
        "made": "success",
        "read": "success",
        "made__1": "failed",
        "read__1": "upstream_failed",
    }
    assert "tasks are mapped over an element of 390 KiB; at most 240 KiB" in log


MANY = """
    @task
    def each(number):
        return str(number) * 150_000

    @task
    def last(*given):
        return [len(one[0]) for one in given]

    last(*[each.override(task_id=f"each_{number}").expand(number=[number]) for number in range(105)])

large()
"""


def test_values_travel_where_templates_are_shared(ran):
    steps, _ = ran(MANY)
    assert steps["last"] == ("success", [150_000 * len(str(number)) for number in range(105)])
