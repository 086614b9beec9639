"""Starts the pod's program: `python3 -c` this text, and the words of a bundle, base64 of compressed JSON, file name → text."""

import base64
import importlib
import importlib.util
import json
import sys
import zlib
from types import ModuleType
from typing import Any, Dict, List, Optional

PACKAGE = "airflow_argo_pod"
"""The name that `airflow_argo.pod` has in a pod, where the user's image may have an `airflow_argo` of its own."""


class ShippedModules:
    """Finds modules whose texts came with the task."""

    def __init__(self, texts: Dict[str, str]) -> None:
        self.texts = texts

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Optional[Any]:
        """The module, if it came with the task."""
        if name not in self.texts:
            return None
        is_package = any(other.startswith(name + ".") for other in self.texts)
        loader: Any = self
        return importlib.util.spec_from_loader(name, loader, is_package=is_package)

    def create_module(self, _spec: Any) -> None:
        """The usual one."""

    def exec_module(self, module: ModuleType) -> None:
        """Runs the module's text."""
        exec(compile(self.texts[module.__name__], module.__name__ + ".py", "exec"), module.__dict__)

    def get_source(self, name: str) -> str:
        """The module's text, for whoever shows it."""
        return self.texts[name]


def unbundled(words: List[str]) -> Dict[str, str]:
    """The files, name → text, of a bundle."""
    found: Dict[str, str] = json.loads(zlib.decompress(base64.b64decode("".join(words)))) if words else {}
    return found


def module_name(path: str) -> str:
    """`package.part` of `part.py`."""
    return ".".join([PACKAGE, *path[: -len(".py")].split("/")]).replace(".__init__", "")


def runner_of(files: Dict[str, str]) -> Any:
    """The module that runs tasks, from then on importable as all modules of a bundle are."""
    texts = {module_name(name): text for name, text in files.items() if name.endswith(".py")}
    finder: Any = ShippedModules(texts)
    sys.meta_path.insert(0, finder)
    return importlib.import_module(PACKAGE + ".runner")


def main() -> None:
    """Runs the program of the bundle."""
    files = unbundled(sys.argv[1:])
    sys.argv = sys.argv[:1]
    runner_of(files).main(files)


if __name__ == "__main__":
    main()
