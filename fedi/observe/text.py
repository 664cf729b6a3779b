"""Numbers as Prometheus reads them: text format 0.0.4. Pure."""

from collections.abc import Mapping
from typing import Final

from fedi.metrics import Sample
from fedi.observe.now import Told

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def written(told: Told) -> str:
    """Each family with its meaning, its kind and its samples."""
    lines: list[str] = []
    for family, samples in told:
        lines.append(f"# HELP {family.name} {_escaped(family.meaning)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines += map(_line, samples)
    return "\n".join(lines) + "\n"


def _line(sample: Sample) -> str:
    return f"{sample.name}{_labels(sample.labels)} {float(sample.value)!r}"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(
        f'{name}="{_escaped(word).replace(chr(34), chr(92) + chr(34))}"'
        for name, word in labels.items()
    )
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
