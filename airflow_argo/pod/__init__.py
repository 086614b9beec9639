"""What runs inside a pod; standard library only."""
