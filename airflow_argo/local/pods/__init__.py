"""Pods as processes: a spawner that forks them, a sandbox for a container's files, what Argo's executor makes of their end."""
