"""`python -m tests.simulation [--seeds N] [--first SEED]`: worlds one after the other; `--trace SEED` tells one of them."""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.stage import Outcome, play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--trace", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # the order of sets belongs to the world too
        os.execve(  # noqa: S606 - this very program
            sys.executable,
            [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    if wanted.trace is not None:
        outcome = play(wanted.trace)
        print("\n".join(outcome.trace))  # noqa: T201
        tell(outcome)
        return 1 if outcome.wrong else 0
    failed = 0
    seeds = range(wanted.first, wanted.first + wanted.seeds)
    with ProcessPoolExecutor(wanted.jobs) as pool:
        for outcome in pool.map(play, seeds):
            if outcome.wrong:
                failed += 1
                tell(outcome)
    print(f"{wanted.seeds} worlds, {failed} of them wrong")  # noqa: T201
    return 1 if failed else 0


def tell(outcome: Outcome) -> None:
    """What is wrong, and how to see it again."""
    head = f"seed {outcome.seed}: {outcome.days:.1f} days, {outcome.deaths} deaths, {outcome.letters} requests, {outcome.steps} steps"
    print(head, *(f"  {each}" for each in outcome.wrong[:12]), sep="\n")  # noqa: T201
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
