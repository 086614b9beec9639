"""Random manifests through a real controller and through the engine: `python -m tests.golden.fuzz`."""
