"""The command line: options and files in, orders to the desk, results out as words or as JSON."""
