"""Annotations that something reads: fields of classes, and those of functions."""

import inspect
import logging
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict, get_type_hints

from airflow.sdk import DAG, task
from pydantic import BaseModel

log = logging.getLogger(__name__)


@dataclass
class Row:
    id: int
    price: Decimal
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> "Row":
        return cls(*[field.type(part) for field, part in zip(fields(cls), text.split(","), strict=True)])


class Point(NamedTuple):
    x: int
    y: float = 0.5


class Settings(TypedDict):
    rows: list[Row]


class Item(BaseModel):
    sku: str
    when: date | None = None


class Order(BaseModel):
    items: "list[Item]"


def described(point: Point, row: "Row", **more: Settings) -> date:
    """Not called: its annotations are read."""


with DAG("annotations", schedule=None):

    @task
    def rows(text: str) -> list[Any]:
        log.info("%s", text)
        row = Row.parse(text)
        return [row.id, row.price, row.name, {name: kind.__name__ for name, kind in Point.__annotations__.items()}]

    @task
    def orders():
        return Order.model_validate({"items": [{"sku": "a", "when": "2024-05-06"}]}).model_dump()

    @task
    def hints():
        read = {name: getattr(kind, "__name__", None) for name, kind in get_type_hints(described).items()}
        return read, [str(one.annotation).rpartition(".")[2] for one in inspect.signature(described).parameters.values()]

    @task
    def of_modules():
        return Row.__module__ == described.__module__ == __name__, Row.__qualname__

    rows("5,1.5,a")
    orders()
    hints()
    of_modules()
