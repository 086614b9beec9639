"""`python -m tests.provider.faults --count 100 --fault watch-cut`: campaigns by hand; prints a table, and JSON lines."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.provider.faults.campaign import run_campaign, table
from tests.provider.faults.faults import FAULTS, chosen
from tests.provider.faults.private_cluster import available
from tests.provider.faults.stage import stage


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="tasks that each fault hits")
    parser.add_argument("--fault", action="append", default=[], help=f"one of {', '.join(FAULTS)}, or a part of its name")
    parser.add_argument("--through", choices=("kubernetes", "argo-server"), help="only one of both")
    parser.add_argument("--kubeconfig", help="of a cluster with Argo's CRDs; by default KUBECONFIG's")
    options = parser.parse_args()
    faults = chosen(options.fault, options.through)
    if not available():
        print("server-restarted is left out: there are no programs for an API server of our own", file=sys.stderr)  # noqa: T201
        faults = [fault for fault in faults if fault.connection != "argo_restarted"]
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        stage(Path(folder), options.kubeconfig, options.count) as here,
    ):
        outcomes = [run_campaign(fault, here.scene(fault)) for fault in faults]
    print(table(outcomes))  # noqa: T201
    for one in outcomes:
        for text in one.lost[:5]:
            print(f"{one.fault}: {text}", file=sys.stderr)  # noqa: T201
        if one.triggerer:
            print(f"{one.fault}: the triggerer, {one.triggerer}", file=sys.stderr)  # noqa: T201
    return 0 if all(one.passed for one in outcomes) else 1


sys.exit(main())
