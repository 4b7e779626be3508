"""`omnitill-hq admin …`: the same HTTP routes everybody uses, from the command line.

Trusts HQ's own CA only (`ca.pem` of --home, or the file given with --ca) and sends the API token of --token-file.
"""

import argparse
import ssl
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import segno

from hq_server.service.home import HqHome
from retail_core.domain.errors import EnvironmentFault, Fact, RuleViolationError
from retail_core.wire.enrolment import EnrolmentLink
from retail_core.wire.messages import ErrorBody

DEFAULT_URL = "https://127.0.0.1:8443"
CHUNK_ROWS = 1_000
STAFF_CHUNK_ROWS = 50
STOCK_CHUNK_ROWS = 400
CUSTOMER_CHUNK_ROWS = 500
TIMEOUT_S = 60.0
EXIT_OK = 0
JsonObject = dict[str, Any]
Command = Callable[["Connection", argparse.Namespace], object]


class Connection:
    """One pinned HTTPS connection to HQ."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The decoded answer. Raises RuleViolationError with HQ's own code, EnvironmentFault `hq.unreachable`."""
        content = None if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            answer = self._http.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as down:
            raise EnvironmentFault("hq.unreachable", url=str(self._http.base_url), why=str(down)[:200]) from down
        if answer.status_code >= 400:
            raise _refusal(answer)
        return msgspec.json.decode(answer.content) if answer.content else {}

    def send_rows(self, path: str, rows: Iterator[JsonObject], chunk: int) -> JsonObject:
        """PUT rows in portions; what was stored before a refusal stays stored."""
        total, part = 0, list[JsonObject]()
        for row in rows:
            part.append(row)
            if len(part) == chunk:
                total += self.ask("PUT", path, part)["rows"]
                part = []
        if part:
            total += self.ask("PUT", path, part)["rows"]
        return {"rows": total}


def add_commands(parser: argparse.ArgumentParser) -> None:
    """The command line of `admin`."""
    parser.add_argument("--home", type=Path, help="HQ's folder: its CA and the administrator's token")
    parser.add_argument("--url", default=DEFAULT_URL)
    parser.add_argument("--ca", type=Path, help="HQ's ca.pem, when not on HQ's machine")
    parser.add_argument("--token-file", type=Path, help="file with an API token")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, path, help_ in ROW_FILES:
        command = commands.add_parser(name, help=help_)
        command.add_argument("file", type=Path, help="one JSON object a line, as in the API; - for standard input")
        command.set_defaults(command=_rows_command(path))
    for name, method, path, help_ in JSON_FILES:
        command = commands.add_parser(name, help=help_)
        command.add_argument("file", type=Path, help="a JSON file as the route takes it; - for standard input")
        command.set_defaults(command=_json_command(method, path))
    for name, path, help_ in QUESTIONS:
        command = commands.add_parser(name, help=help_)
        command.set_defaults(command=_question(path))
    _add_access(commands)
    stock = commands.add_parser("import-stock", help="book opening stock: {store, sku, qty_milli} a line")
    stock.add_argument("file", type=Path)
    stock.add_argument("--reason", default="opening")
    stock.set_defaults(command=_import_stock)


def run(options: argparse.Namespace) -> int:
    """Do one command and print the answer as JSON."""
    home = HqHome(options.home) if options.home else None
    ca_file = options.ca or (home.ca_pem if home else None)
    token_file = options.token_file or (home.admin_token if home else None)
    if ca_file is None or token_file is None:
        raise RuleViolationError("admin.needs_home_or_files")
    try:
        context = ssl.create_default_context(cadata=ca_file.read_text())
        token = token_file.read_text().strip()
    except (OSError, ssl.SSLError) as bad:
        raise EnvironmentFault("admin.unreadable_file", why=str(bad)[:200]) from bad
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=options.url, headers=headers, verify=context, trust_env=False, timeout=TIMEOUT_S
    ) as http:
        answer = options.command(Connection(http), options)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
    return EXIT_OK


ROW_FILES = (
    ("put-stores", "/api/stores", "make or change places"),
    ("import-products", "/api/products", "make or change items"),
    ("import-prices", "/api/prices", "set prices"),
    ("import-staff", "/api/staff", "make or change staff"),
    ("import-customers", "/api/customers", "make or change customers"),
    ("import-quick-keys", "/api/quick-keys", "set keys of the tills' pages"),
)
JSON_FILES = (
    ("set-tax", "PUT", "/api/tax", "make or change tax classes (a list)"),
    ("set-settings", "PUT", "/api/settings", "change a store's settings (an object)"),
    ("set-departments", "PUT", "/api/departments", "make departments for typed prices, change or end them (a list)"),
    ("set-promotions", "PUT", "/api/promotions", "publish promotions, change or end them (a list)"),
    ("set-instruments", "PUT", "/api/instruments", "make or lock gift cards, credit, points and accounts (a list)"),
    (
        "adjust-instrument",
        "POST",
        "/api/instruments/adjust",
        "put a balance right: {instrument, move_id, amount, reason}",
    ),
    ("set-suggestions", "PUT", "/api/suggestions", "say what goes with what (a list of {sku, goes_with})"),
    ("sign-coupons", "POST", "/api/coupons", "sign coupons of a single print: {coupon, prints, until_ms}"),
    ("add-user", "PUT", "/api/users", "make a person: {name, password, role}"),
)
QUESTIONS = (
    ("today", "/api/today", "today's figures"),
    ("stores", "/api/stores", "all places"),
    ("nodes", "/api/nodes", "enrolled machines"),
    ("orders", "/api/orders", "orders, newest first"),
    ("exceptions", "/api/exceptions", "what somebody must look at"),
    ("instruments", "/api/instruments", "gift cards, credit, points and accounts"),
    ("jobs", "/api/jobs", "long work"),
    ("mails", "/api/mails", "receipts by e-mail and what became of them"),
    ("verify-stock", "/api/stock/verify", "check the books"),
)


def _add_access(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:  # pyright: ignore[reportPrivateUsage] - its only name
    enrol = commands.add_parser("enrol", help="a one-time code for a machine")
    enrol.add_argument("--store", required=True)
    enrol.add_argument("--register", required=True)
    enrol.add_argument("--role", default="till", choices=["till", "counter", "handheld", "agent"])
    enrol.add_argument("--store-role", action="store_true")
    enrol.add_argument(
        "--reached-at", metavar="URL", help="HQ's address as the store's machines reach it (default: --url)"
    )
    enrol.add_argument("--qr", action="store_true", help="also draw the link as a QR code")
    enrol.set_defaults(command=_enrol)
    token = commands.add_parser("token", help="an API token for a program")
    token.add_argument("--name", required=True)
    token.add_argument("--role", default="service")
    token.add_argument("--days", type=int, default=365)
    token.set_defaults(command=_token)
    revoke = commands.add_parser("revoke", help="shut a machine out")
    revoke.add_argument("node")
    revoke.set_defaults(command=_revoke)
    role = commands.add_parser("store-role", help="an agent ties its store together from now on")
    role.add_argument("node", help="the agent's node")
    role.set_defaults(command=_store_role)
    accept = commands.add_parser("accept-catalogue", help="a catalogue may have far fewer items; machines take it")
    accept.add_argument("zone", help="the price zone")
    accept.set_defaults(command=_accept_catalogue)
    release = commands.add_parser("release-keys", help="let its store read the disk of a lost machine, for a day")
    release.add_argument("node", help="its agent's node, as the till that reads the disk names it")
    release.add_argument("--reason", required=True)
    release.set_defaults(command=_release)


def _rows_command(path: str) -> Command:
    chunk = {"/api/staff": STAFF_CHUNK_ROWS, "/api/customers": CUSTOMER_CHUNK_ROWS}.get(path, CHUNK_ROWS)

    def command(hq: Connection, options: argparse.Namespace) -> object:
        return hq.send_rows(path, _rows(options.file), chunk)

    return command


def _json_command(method: str, path: str) -> Command:
    def command(hq: Connection, options: argparse.Namespace) -> object:
        return hq.ask(method, path, _decoded(_bytes(options.file), "1"))

    return command


def _question(path: str) -> Command:
    def command(hq: Connection, _options: argparse.Namespace) -> object:
        return hq.ask("GET", path)

    return command


def _enrol(hq: Connection, options: argparse.Namespace) -> object:
    wish = {
        "store": options.store, "register": options.register, "role": options.role, "store_role": options.store_role,
    }  # fmt: skip
    made = hq.ask("POST", "/api/enrolment-codes", wish)
    link = EnrolmentLink(options.reached_at or options.url, made["ca_sha256"], made["code"]).text()
    if options.qr:  # beside the answer, so that a program can still read that
        segno.make_qr(link).terminal(out=sys.stderr, compact=True)
    return made | {"link": link}


def _store_role(hq: Connection, options: argparse.Namespace) -> object:
    return hq.ask("POST", f"/api/nodes/{quote(options.node, safe='')}/store-role")


def _accept_catalogue(hq: Connection, options: argparse.Namespace) -> object:
    return hq.ask("POST", f"/api/catalogues/{quote(options.zone, safe='')}/accept")


def _token(hq: Connection, options: argparse.Namespace) -> object:
    return hq.ask("POST", "/api/tokens", {"name": options.name, "role": options.role, "days": options.days})


def _revoke(hq: Connection, options: argparse.Namespace) -> object:
    return hq.ask("POST", f"/api/nodes/{quote(options.node, safe='')}/revoke")


def _release(hq: Connection, options: argparse.Namespace) -> object:
    return hq.ask("POST", f"/api/nodes/{quote(options.node, safe='')}/release-keys", {"reason": options.reason})


def _import_stock(hq: Connection, options: argparse.Namespace) -> object:
    by_store: dict[str, list[JsonObject]] = {}
    for row in _rows(options.file):
        by_store.setdefault(str(row.pop("store", "")), []).append(row)
    booked = 0
    for store, lines in by_store.items():
        for start in range(0, len(lines), STOCK_CHUNK_ROWS):
            part: Sequence[JsonObject] = lines[start : start + STOCK_CHUNK_ROWS]
            move = {"store": store, "reason": options.reason, "lines": part}
            booked += hq.ask("POST", "/api/stock-moves", move)["lines"]
    return {"lines": booked}


def _rows(file: Path) -> Iterator[JsonObject]:
    for n, line in enumerate(_bytes(file).splitlines(), start=1):
        if line.strip():
            yield _decoded(line, str(n))


def _decoded(text: bytes, line: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as bad:
        raise RuleViolationError("admin.not_json", line=line, why=str(bad)[:200]) from bad


def _bytes(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as bad:
        raise EnvironmentFault("admin.unreadable_file", file=str(file), why=bad.strerror) from bad


def _refusal(answer: httpx.Response) -> RuleViolationError:
    try:
        said = msgspec.json.decode(answer.content, type=ErrorBody)
    except msgspec.DecodeError:
        return RuleViolationError("hq.bad_answer", status=answer.status_code)
    facts: dict[str, Fact] = dict(said.facts)
    return RuleViolationError(said.code, **facts)
