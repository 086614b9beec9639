"""Operators, one module a family, each a function from operator to job. Found by class name: see `registry`."""
