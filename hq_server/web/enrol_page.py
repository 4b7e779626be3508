"""The page that adds a machine: which one, then its code, once, as text and as QR code, with HQ's address and fingerprint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import urlsplit

import segno
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from hq_server.service import enrolment
from hq_server.service.enrolment import CodeMade
from hq_server.storage import catalogue
from hq_server.web.forms import form_of
from hq_server.web.guards import NEEDS, PAGE, AnyRequest, caller_of, check_own_form
from hq_server.web.paper import HTML, Pages
from hq_server.web.state import Server
from hq_server.web.threads import in_thread
from hq_server.web.words import message, tr
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.places import NodeRole, PlaceKind
from retail_core.domain.roles import Permission
from retail_core.wire.enrolment import EnrolmentLink

ENROL_PAGE = {PAGE: True, NEEDS: Permission.ENROL}
MAX_ADDRESS_CHARS = 200
GROUP = 4
QR_PX_A_MODULE = 6
ROLE_WORDS: Mapping[NodeRole, str] = MappingProxyType(
    {
        NodeRole.TILL: "Till",
        NodeRole.COUNTER: "Pickup counter",
        NodeRole.HANDHELD: "Handheld",
        NodeRole.AGENT: "Agent without a till",
    }
)


@dataclass(frozen=True, slots=True)
class CodeShown:
    """Everything that is shown of a new code, and shown once."""

    store: str
    register: str
    code: str
    address: str
    fingerprint: tuple[str, ...]  # in groups, as a person compares them
    link: str
    qr: Markup
    until: str
    left_ms: int


def code_shown(made: CodeMade, store: str, register: str, address: str, now_ms: int) -> CodeShown:
    """Pure: what is shown of a code."""
    link = EnrolmentLink(address, made.ca_sha256, made.code).text()
    svg = segno.make_qr(link, error="m").svg_inline(scale=QR_PX_A_MODULE, border=4, dark="#000", light="#fff")
    until = f"{datetime.fromtimestamp(made.until_ms / 1000, UTC):%H:%M:%S}"
    return CodeShown(
        store, register, " ".join(grouped(made.code.replace("-", ""))), address, grouped(made.ca_sha256.upper()), link,
        Markup(svg), until, max(0, made.until_ms - now_ms),  # noqa: S704 - segno's own drawing, no text in it
    )  # fmt: skip


def grouped(text: str) -> tuple[str, ...]:
    """In groups of four, as people read aloud."""
    return tuple(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def checked_address(text: str) -> str:
    """HQ's address as machines are to use it. Raises RuleViolationError `enrol.bad_address`."""
    address = text.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        known = parts.scheme == "https" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if not known or len(address) > MAX_ADDRESS_CHARS or ";" in address or any(ch.isspace() for ch in address):
        raise RuleViolationError("enrol.bad_address")
    return address


def enrol_routes(server: Server, pages: Pages) -> list[HTTPRouteHandler]:
    hq = server.hq

    def stores() -> Sequence[tuple[str, str]]:
        found = hq.database.read(lambda conn: catalogue.places(conn, PlaceKind.STORE))
        return [(one.place_id, one.name) for one in found]

    async def page(request: AnyRequest, fields: Mapping[str, str], refused: str, made: CodeShown | None) -> str:
        person = caller_of(request)
        return pages.html(
            "enrol.html",
            stores=await in_thread(stores),
            roles=[(role.value, tr(words)) for role, words in ROLE_WORDS.items()],
            chosen={
                "store": fields.get("store", ""),
                "register": fields.get("register", "")[:10],
                "role": fields.get("role", NodeRole.TILL.value),
                "store_role": bool(fields.get("store_role")),
                "address": fields.get("address", f"https://{request.url.netloc}")[:MAX_ADDRESS_CHARS],
            },
            refused=refused,
            made=made,
            person=person.name,
            csrf=person.csrf,
        )

    @get("/machines/add", opt=ENROL_PAGE, include_in_schema=False)
    async def form(request: AnyRequest) -> Response[str]:
        return Response(await page(request, {}, "", None), media_type=HTML)

    @post("/machines/add", opt=ENROL_PAGE, status_code=200, include_in_schema=False)
    async def add(request: AnyRequest) -> Response[str]:
        fields = await form_of(request)
        person = caller_of(request)
        check_own_form(request, person, fields)
        store, register = fields.get("store", ""), fields.get("register", "").strip().upper()
        try:
            address = checked_address(fields.get("address", ""))
            code = await in_thread(
                lambda: enrolment.new_code(
                    hq, store, register, fields.get("role", ""), person.name, store_role=bool(fields.get("store_role"))
                )
            )
        except RuleViolationError as refused:
            words = message(refused.code, refused.facts)
            return Response(await page(request, fields, words, None), status_code=400, media_type=HTML)
        shown = code_shown(code, store, register, address, hq.clock.now_ms())
        return Response(await page(request, fields, "", shown), media_type=HTML)

    return [form, add]
