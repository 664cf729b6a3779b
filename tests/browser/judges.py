"""Programs nobody here wrote that judge our pages: axe-core in the page, the Nu HTML checker beside it."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.harness import npm

SOURCES = Path(__file__).parent / "judges"
# Which rules: those of WCAG 2.2 up to AA, and what axe calls best practice.
RUN = """() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(each => ({
  id: each.id, impact: each.impact, help: each.help,
  where: each.nodes.slice(0, 4).map(node => node.target.join(' ') + ': ' + node.html.slice(0, 160))
})))"""


@dataclass(frozen=True, slots=True)
class Judges:
    """Where the judges are installed. `java` is empty on machines without it: then the Nu checker cannot be asked."""

    axe: str
    nu: Path
    java: str

    async def violations(self, tab: Any) -> list[str]:
        """What axe finds wrong with the page as it stands in this tab, scripts or not."""
        # evaluated by the driver, so the policy of the page does not have to allow it
        await tab.evaluate(self.axe)
        found = await tab.evaluate(RUN)
        return [
            f"{each['id']} ({each['impact']}): {each['help']} {each['where']}" for each in found
        ]

    def errors(self, pages: Mapping[str, str]) -> list[str]:
        """What the Nu checker finds wrong with these pages, by name."""
        with TemporaryDirectory() as folder:
            names = {}
            for number, (name, text) in enumerate(pages.items()):
                file = Path(folder) / f"{number}.html"
                file.write_text(text, encoding="utf-8")
                names[file.name] = name
            done = subprocess.run(
                [self.java, "-jar", str(self.nu), "--format", "json", "--exit-zero-always", folder],
                capture_output=True,
                text=True,
                timeout=300,
                check=True,
            )
        messages = json.loads(done.stderr or done.stdout)["messages"]
        return [
            f"{names[Path(each['url']).name]}: {each['message']} {each.get('extract', '')[:120]!r}"
            for each in messages
            if each["type"] == "error"
        ]


def call_judges() -> Judges:
    """Install what is missing. Raises NotInstallable."""
    home = npm.ensure_installed(SOURCES, "judges", npm.CACHE)
    modules = home / "node_modules"
    return Judges(
        axe=(modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8"),
        nu=modules / "vnu-jar" / "build" / "dist" / "vnu.jar",
        java=shutil.which("java") or "",
    )
