"""Extra links: buttons beside a task."""
