"""What the Go standard library does with text, numbers and times, where Argo's results depend on it."""
