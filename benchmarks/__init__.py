"""Programs that measure a running server from outside, over HTTP. `python -m benchmarks.all` prints the whole table."""
