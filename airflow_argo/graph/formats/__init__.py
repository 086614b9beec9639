"""One module a format: a Picture → text."""
