"""Small forms of the pages for people."""

from hq_server.web.guards import AnyRequest
from retail_core.domain.errors import RuleViolationError

MAX_FORM_BYTES = 4_096


async def form_of(request: AnyRequest) -> dict[str, str]:
    """The fields of a small form. Raises `request.malformed`."""
    body = await request.body()
    if len(body) > MAX_FORM_BYTES:
        raise RuleViolationError("request.malformed", why="the form is too large")
    fields = await request.form()
    return {name: value for name, value in fields.items() if isinstance(value, str)}
