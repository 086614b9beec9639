"""An engine in a process of its own: `python child.py MANIFEST FOLDER [resume] [OPTION=VALUE ...]` prints the status."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from airflow_argo.local import Engine, Interrupted, load, resume_from


def main(manifest: str, folder: str, *rest: str) -> int:
    options: dict[str, Any] = {"grace": 1.0}
    options |= dict(one.split("=", 1) for one in rest if "=" in one)
    program = load(json.loads(Path(manifest).read_text(encoding="utf-8")))
    engine = resume_from(folder) if "resume" in rest else Engine(program, name="wf", folder=folder, **options)
    try:
        sys.stdout.write(json.dumps(engine.run()))
    except Interrupted as error:
        sys.stdout.write(f"{error}\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
