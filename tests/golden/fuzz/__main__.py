"""Random manifests through Argo's controller and through the engine: `python -m tests.golden.fuzz FOLDER --count 500`.

FOLDER keeps each manifest and how the controller ended it, so that they are compared again without one (`--kept`). KUBECONFIG
leads to the controller, ARGO_NAMESPACE is its namespace, else `argo`. What ends differently is shown by number and node.

The controller is the judge, but for what is chance: how soon a pod begins, of several faults which one is found first,
when hooks that are errors are looked at in a loop. So a difference that is found again with the same number counts.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from .engine import on_the_engine
from .judged import compared, kind_of
from .manifests import manifest
from .mutations import mutated

Document = dict[str, Any]
Maker = Callable[[int], tuple[list[Document], set[str]]]
SHOWN = 12
"""Differences of one manifest."""


def main() -> int:
    """Judges some manifests, and tells how many end differently."""
    options = _options()
    numbers = range(options.first, options.first + options.count)
    options.folder.mkdir(parents=True, exist_ok=True)
    report, make = Report(options.folder), mutated if options.mutated else manifest
    if options.kept:
        for number in numbers:
            kept = options.folder / f"{number}.json"
            if kept.exists():
                report.judge(number, **json.loads(kept.read_text()))
    else:
        from tests.golden.cluster import Controller

        from .controller import Batch

        def keep(number: int, end: Document) -> None:
            kept = {"features": sorted(make(number)[1]), "end": end}
            (options.folder / f"{number}.json").write_text(json.dumps(kept, indent=1, sort_keys=True))
            report.judge(number, **kept)

        Batch(Controller(os.environ.get("ARGO_NAMESPACE", "argo")), options.at_once, keep).run(
            _written(options.folder, numbers, make)
        )
    report.show_features()
    return int(report.failed > 0)


def _written(folder: Path, numbers: range, make: Maker) -> Iterator[tuple[int, list[Document]]]:
    for number in numbers:
        if not (folder / f"{number}.json").exists():
            documents, _ = make(number)
            (folder / f"{number}.yaml").write_text(yaml.safe_dump_all(documents, sort_keys=False, width=160))
            yield number, documents


class Report:
    """What has been found so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.judged, self.failed = folder, 0, 0
        self.features: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()

    def judge(self, number: int, features: list[str], end: Document) -> None:
        """Compare a manifest's end with the engine's, and show what differs."""
        text = (self.folder / f"{number}.yaml").read_text()
        try:
            here = on_the_engine([document for document in yaml.safe_load_all(text) if document])
        except Exception:  # noqa: BLE001 - whatever the engine does wrong is a finding
            here = {"crash": traceback.format_exc()}
        found = compared(end, here)
        self.judged += 1
        self.features.update(features)
        self.ends[kind_of(end)] += 1
        if found:
            self.failed += 1
            _say("\n".join([f"--- {number}", *found[:SHOWN]]))
        elif self.judged % 25 == 0:
            _say(f"{self.judged} judged, {self.failed} end differently")

    def show_features(self) -> None:
        """How often each feature was in a manifest."""
        _say(f"{self.judged} judged, {self.failed} end differently; they end {dict(self.ends)}")
        for feature, count in sorted(self.features.items()):
            _say(f"{count:6} {feature}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.golden.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--first", type=int, default=1, metavar="NUMBER")
    parser.add_argument("--at-once", type=int, default=12, metavar="N", help="workflows on the controller at a time")
    parser.add_argument("--mutated", action="store_true", help="manifests with one thing wrong in them")
    parser.add_argument("--kept", action="store_true", help="compare with the ends that FOLDER keeps")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
