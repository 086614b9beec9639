"""Globals that other statements change than those that bind them: each task sees what the import of the whole file made."""

from __future__ import annotations

import itertools
from collections import deque
from datetime import datetime, timezone

from airflow.sdk import DAG, task

COUNTER = itertools.count(7)
FIRST = next(COUNTER)


class Box:
    made = 0

    def __init__(self):
        self.items = []
        self.give_number()

    @classmethod
    def give_number(cls):
        cls.made += 1

    def add(self, item):
        self.items.append(item)
        return item


def fill(box):
    box.add("filled")


BOX = Box()
ADDED = [BOX.add(i) for i in range(2)]
fill(BOX)
setattr(BOX, "label", "set")  # noqa: B010 - so that no statement says so
NESTED = {"letters": list("abc")}
LAST = NESTED["letters"].pop()
STACK = deque([1, 2, 3])
STACK.pop()
ONE = dict(a=1)  # noqa: C408 - so that it isn't written down as it is
OTHER = ONE
OTHER["b"] = 2

with DAG("changed_at_import", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)):

    @task
    def objects():
        return [next(COUNTER), BOX.items, BOX.label, Box.made]

    @task
    def collections():
        return [NESTED, list(STACK), ONE]

    objects()
    collections()
