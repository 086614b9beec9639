"""Pods as processes: a spawner that forks them, a sandbox for each container's files, and what Argo's executor makes of their end."""
