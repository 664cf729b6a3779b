"""Templates: a name and values in, HTML out. Everything is escaped except `Sanitised` (S68); a missing value is a bug."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fedi.assets import shipped
from fedi.i18n.catalog import LANGUAGES, OWN_NAMES
from fedi.web.site import LOCALES

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"


def render(template: str, **values: Any) -> str:
    """The page."""
    return _environment().get_template(template).render(**values)


def prepare() -> None:
    """Load what the first page would have to wait for."""
    _environment()


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    # Here and not at the top: a server that starts needs no page yet, and loading takes long.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals["asset"] = shipped().path
    environment.globals["og_locales"] = LOCALES
    environment.globals["interface_languages"] = tuple(
        (language, OWN_NAMES[language]) for language in LANGUAGES
    )
    return environment
