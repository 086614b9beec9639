"""Model → Argo objects, as plain dicts, in linear time."""
