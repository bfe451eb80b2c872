"""Market data as validated value objects, and the readers of files that hold it."""
