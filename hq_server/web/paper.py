"""The templates of the pages for people."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hq_server.web.today_view import TodayView
from hq_server.web.words import DEFAULT_LANGUAGE, tr

HTML = "text/html; charset=utf-8"
FRAGMENTS = ("status", "tiles", "hours", "cases", "stores", "promised")


class Pages:
    """The templates, with every text escaped and translated."""

    def __init__(self) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )

    def html(self, template: str, **facts: object) -> str:
        return self._jinja.get_template(template).render(_=tr, language=DEFAULT_LANGUAGE, **facts)

    def fragments(self, view: TodayView) -> dict[str, str]:
        """The parts of Today that may change, by the name of their event."""
        return {name: self.html(f"_{name}.html", view=view) for name in FRAGMENTS}
