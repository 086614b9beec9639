"""One campaign: tasks run, a fault is caused again and again while they do, and what became of them is counted."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field

PATIENCE = 900.0

ENOUGH = 0.8
"""Hits a task: some are over before their fault can be caused."""
ROUNDS = 5
"""So often all tasks run at most: on a slow machine few wait at once, and then what concerns all that wait hits few."""


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    `cause`: causes it, as often as it likes, until the scene is over. `dags`: whose tasks it hits. `submissions`: workflows
    that a task makes in all, where the fault itself forces that.
    """

    name: str
    cause: Callable[[Scene], None]
    dags: tuple[str, ...]
    submissions: int = 1
    connection: str = ""


@dataclass
class Outcome:
    """What a campaign found. `times`: how often the fault was caused, `hits`: how many tasks that concerned in all.

    Times are seconds.

    `repetitions`: how many tasks there were; those of a first round are to be hit.
    `reasons`: why tries have failed, as Airflow's logs have it, and how many; those of killed processes aren't there.
    `triggerer`: where it stood when tasks hadn't ended in time.
    """

    fault: str
    connection: str
    repetitions: int
    times: int
    hits: int
    workflows: int
    most_of_a_try: int
    most_of_a_task: int
    tries: dict[int, int]
    lost: list[str]
    longest_recovery: float
    seconds: float
    reasons: dict[str, int] = field(default_factory=dict)
    triggerer: str = ""
    passed: bool = False

    def to_json(self):
        return asdict(self)


@dataclass
class Scene:
    """What a fault may act upon. `runs`: the DAGs that run, by the ids of their runs."""

    airflow: object
    proxy: object
    cluster: object
    ledger: object
    runs: dict[str, str] = field(default_factory=dict)
    hit_at: dict[str, float] = field(default_factory=dict)
    restartable: object = None
    error: Exception | None = None
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    _hits: int = 0
    times: int = 0
    _known: set[str] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)

    def first(self, name):
        """Whether nobody has asked for this name before."""
        known = name in self._known
        self._known.add(name)
        return not known

    def hit(self, name="", tasks=1):
        """The fault was caused; `name`: of the only workflow or task that it concerns, or how many tasks it concerns."""
        self.times += 1
        self._hits += tasks
        self.hit_at[name] = time.time()  # the last one counts

    def unfinished(self, *states):
        """How many tasks haven't ended, or are in these states."""
        over = ("success", "failed", "skipped", "upstream_failed")
        return sum(1 for one in self.instances() if (one["state"] in states if states else one["state"] not in over))

    @property
    def hits(self):
        return self._hits

    def over(self, seconds=0.0):
        """Whether all tasks have ended; waits so many seconds for that."""
        return self._over.wait(seconds)

    def instances(self):
        """The task instances of the runs."""
        return [one for run, dag in list(self.runs.items()) for one in self.airflow.api.instances(dag, run)]


def run_campaign(fault, scene, say=print):
    """Carry out a fault's campaign."""
    started = time.monotonic()
    connection = fault.connection or "argo_default"
    _run(fault, scene, connection)
    causing = threading.Thread(target=_caused, args=(fault, scene), daemon=True)
    causing.start()
    try:
        instances = _ended(scene)
        needed = ENOUGH * len(instances)
        rounds = 1
        while rounds < ROUNDS and scene.hits < needed and scene.error is None and all(one["end_date"] for one in instances):
            _run(fault, scene, connection)
            instances, rounds = _ended(scene), rounds + 1
    finally:
        scene._over.set()
        scene.proxy.plan = lambda request: None
        causing.join(60)
    outcome = _judged(fault, scene, connection, instances, needed, time.monotonic() - started)
    say(json.dumps(outcome.to_json()))
    return outcome


def _run(fault, scene, connection):
    for dag in fault.dags:
        scene.runs[scene.airflow.api.trigger(dag, {"connection": connection})] = dag


def _caused(fault, scene):
    try:
        fault.cause(scene)
    except Exception as error:
        scene.error = error
        raise


def _ended(scene):
    """The task instances, when all have ended. Whatever hasn't by then is shown as it is."""
    deadline = time.monotonic() + PATIENCE
    instances = []
    while time.monotonic() < deadline:
        with suppress(OSError, AssertionError):  # too busy to answer
            instances = scene.instances()
            states = {scene.airflow.api.run_state(dag, run) for run, dag in scene.runs.items()}
            if instances and states <= {"success", "failed"}:
                return scene.instances()
        scene.over(1.0)
    return instances


def _judged(fault, scene, connection, instances, needed, seconds):
    entries = scene.ledger.of(set(scene.runs))
    of_try = Counter((one.run_id, one.index, one.attempt) for one in entries)
    of_task = Counter((one.run_id, one.index) for one in entries)
    lost = [text for one in instances if (text := _loss(scene, one))]
    outcome = Outcome(
        fault=fault.name,
        connection=connection,
        repetitions=len(instances),
        times=scene.times,
        hits=scene.hits,
        workflows=len(entries),
        most_of_a_try=max(of_try.values(), default=0),
        most_of_a_task=max(of_task.values(), default=0),
        tries=dict(sorted(Counter(one["try_number"] for one in instances).items())),
        lost=lost,
        longest_recovery=round(max((_recovery(scene, one, entries) for one in instances), default=0.0), 1),
        seconds=round(seconds, 1),
    )
    outcome.reasons = _reasons(scene, instances)
    if any(not one["end_date"] for one in instances):
        outcome.triggerer = f"started again {scene.airflow.restarts['triggerer']} times\n{scene.airflow.stacks('triggerer')}"
    outcome.passed = (
        not lost
        and outcome.hits >= needed
        and outcome.most_of_a_try == 1
        and outcome.most_of_a_task <= fault.submissions
        and len(of_task) == len(instances)
        and scene.error is None
    )
    return outcome


def _loss(scene, instance):
    """What is wrong with the end of a task, or ""."""
    where = instance["dag_id"], instance["dag_run_id"], instance["task_id"]
    index = instance["map_index"]
    if instance["state"] != "success":
        return f"{where[0]}[{index}] is {instance['state']} in try {instance['try_number']}"
    value = scene.airflow.api.xcom(*where, map_index=index)
    return "" if value == {"n": index} else f"{where[0]}[{index}] gave {value}"


def _reasons(scene, instances):
    found = Counter()
    for one in instances:
        where = one["dag_id"], one["dag_run_id"], one["task_id"]
        for number in range(1, one["try_number"]):
            with suppress(OSError, AssertionError):
                log = scene.airflow.api.log(*where, number, one["map_index"]).replace("\\", "")
                found.update({text[:200] for text in re.findall(r'"exc_value": ?"([^"]*)', log)})
    return dict(found.most_common(5))


def _recovery(scene, instance, entries):
    """Seconds from the last fault that hit the task, or the end of its workflow if that came later, to the task's end."""
    from datetime import datetime

    if not instance["end_date"]:
        return PATIENCE
    end = datetime.fromisoformat(instance["end_date"].replace("Z", "+00:00")).timestamp()
    own = [one for one in entries if (one.run_id, one.index) == (instance["dag_run_id"], instance["map_index"])]
    names = {one.name for one in own} | {f"{instance['dag_run_id']}[{instance['map_index']}]"}
    hits = [when for name, when in scene.hit_at.items() if name in names and when < end]
    moments = [*hits, *(one.ended for one in own if one.ended and one.ended < end)]
    return end - max(moments) if moments else 0.0


def table(outcomes):
    """As text."""
    head = (
        "fault",
        "through",
        "tasks",
        "times",
        "hits",
        "workflows",
        "most a try",
        "tries",
        "lost",
        "longest recovery",
        "passed",
    )
    rows = [
        (
            one.fault,
            one.connection.removeprefix("argo_"),
            str(one.repetitions),
            str(one.times),
            str(one.hits),
            str(one.workflows),
            str(one.most_of_a_try),
            " ".join(f"{number}:{count}" for number, count in one.tries.items()),
            str(len(one.lost)),
            f"{one.longest_recovery:.1f} s",
            "yes" if one.passed else "NO",
        )
        for one in outcomes
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )
