"""Everything: `python -m benchmarks [--quick]`, as `benchmarks.all`."""

import sys

from benchmarks.all import main

main("--quick" in sys.argv)
