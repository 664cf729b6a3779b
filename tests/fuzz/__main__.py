"""`python -m tests.fuzz TARGET [--seconds N]`: search one reader with atheris, guided by coverage; `all` for each in turn.

What is found is printed and its input kept in `.cache/fuzz/TARGET`. Atheris is no dependency: it is fetched when it is
missing, and when there is none for this Python this program says so and ends with 3.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".cache" / "fuzz"
PACKAGES = HOME / "packages"
ATHERIS = "atheris==3.0.0"
NOT_THERE = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if not _has_atheris():
        return NOT_THERE
    if wanted.here:
        return _search(wanted.target, wanted.seconds)
    from tests.fuzz.targets import TARGETS  # after the check, so that the check is quick

    names = list(TARGETS) if wanted.target == "all" else [wanted.target]
    if names[0] not in TARGETS:
        parser.error(f"there is no target {names[0]}; known ones: all, {', '.join(TARGETS)}")
    found = [name for name in names if _in_a_process(name, wanted.seconds) != 0]
    return 1 if found else 0


def _has_atheris() -> bool:
    """Whether it can be imported, from a folder of its own; fetched if need be."""
    sys.path.insert(0, str(PACKAGES))
    try:
        import atheris  # noqa: F401
    except ImportError:
        fetched = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:",
             "--target", str(PACKAGES), ATHERIS],
            check=False,
        )  # fmt: skip
        return fetched.returncode == 0
    return True


def _in_a_process(name: str, seconds: int) -> int:
    """One target in a process of its own: the engine ends the process when it is done or has found something."""
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(seconds), "--here"],
        cwd=ROOT,
        check=False,
    ).returncode


def _search(name: str, seconds: int) -> int:
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports(include=["fedi", "actors"]):
        from tests.fuzz.targets import TARGETS

    corpus = HOME / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    engine = [sys.argv[0], str(corpus), f"-artifact_prefix={HOME / name}/", f"-max_total_time={seconds}",
              "-timeout=10", "-max_len=4096", "-rss_limit_mb=1500", "-verbosity=0", "-print_final_stats=1"]  # fmt: skip
    atheris.Setup(engine, TARGETS[name].check)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
