"""Who may call which route, and what no route takes. The same on either database, so checked on one."""

from collections.abc import Iterator, Mapping

import pytest

from hq_server.service.access import HQ_ROLES
from hq_server.web.application import make_app, routes_of
from hq_server.web.guards import ANONYMOUS, NEEDS, PAGE
from hq_server.web.limits import Buckets
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Permission, Role, may
from tests.hq.running import RunningHq, decoded, running_hq
from tests.hq.support import STORE, FrozenClock, stock_the_shelves

pytestmark = pytest.mark.xdist_group("hq-doors")  # one server for all of them


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHq]:
    with running_hq(tmp_path_factory.mktemp("hq"), None) as found:
        stock_the_shelves(found.hq)
        yield found


MAY_BE_ANONYMOUS = {
    ("/health", "get"), ("/v1/enrol", "post"), ("/v1/token", "post"), ("/sign-in", "get"), ("/sign-in", "post"),
    ("/static/{file_path}", "get"), ("/static/{file_path}", "head"),
}  # fmt: skip
Options = Mapping[str, object]


def routes(running: RunningHq) -> list[tuple[str, str, Options]]:
    return [route for route in routes_of(make_app(running.server)) if route[1] != "options"]


def address(path: str) -> str:
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


def test_every_route_refuses_a_stranger(running: RunningHq) -> None:
    checked = 0
    with running.client() as stranger:
        for path, method, options in routes(running):
            if (path, method) in MAY_BE_ANONYMOUS:
                assert options.get(ANONYMOUS)
                continue
            answer = stranger.request(method, address(path))
            to_sign_in = answer.status_code == 303 and answer.headers["location"] == "/sign-in"
            assert answer.status_code == 401 or to_sign_in, f"{method} {path} answered {answer.status_code}"
            checked += 1
    assert checked > 35


def test_every_path_of_the_description_refuses_a_stranger_and_a_forged_token(running: RunningHq) -> None:
    with running.as_role(Role.HQ_ADMIN) as admin:
        paths = admin.get("/openapi.json").json()["paths"]
    assert len(paths) > 25
    with running.client() as stranger, running.client("omt_000000000000_forged") as forger:
        for path, operations in paths.items():
            for method in operations:
                if (path, method) not in MAY_BE_ANONYMOUS:
                    assert stranger.request(method, address(path)).status_code == 401, path
                    assert forger.request(method, address(path)).status_code == 401, path


@pytest.mark.parametrize("role", sorted(HQ_ROLES))
def test_a_role_may_call_what_the_table_grants_and_nothing_else(running: RunningHq, role: Role) -> None:
    with running.as_role(role) as client:
        for path, method, options in routes(running):
            needs = options.get(NEEDS)
            if options.get(PAGE) or not isinstance(needs, Permission):
                continue
            status = client.request(method, address(path)).status_code
            assert (status == 403) is not may(role, needs), f"{role} {method} {path}: {status}"


REFUSED_BODIES = [
    ("put", "/api/products", [{"sku": "A", "name": "A", "tax_class": "std", "colour": "red"}], 400, "request.malformed"),
    ("put", "/api/products", [{"sku": "A\u0000", "name": "A", "tax_class": "std"}], 400, "request.malformed"),
    ("put", "/api/products", [{"sku": "A", "name": "A", "tax_class": "none"}], 422, "product.unknown_tax_class"),
    ("put", "/api/products", [{"sku": "A", "name": "A", "tax_class": "std", "gtins": ["123"]}], 422, "product.bad_gtin"),
    ("put", "/api/products", {"sku": "A"}, 400, "request.malformed"),
    ("put", "/api/prices", [{"zone": "z", "sku": "A", "price_minor": 10**30, "currency": "EUR"}], 400, "request.malformed"),
    ("put", "/api/stores", [{"store": "X", "name": "X", "zone": "z", "timezone": "Moon/Base", "currency": "EUR"}], 422, "place.unknown_timezone"),
    ("put", "/api/staff", [{"store": STORE, "operator_id": "7", "name": "Bo"}], 422, "staff.pin_needed"),
    ("put", "/api/staff", [{"store": STORE, "operator_id": "7", "name": "Bo", "pin": "12"}], 422, "pin.malformed"),
    ("put", "/api/staff", [{"store": STORE, "operator_id": "7", "name": "Bo", "pin": "1234", "role": "hq_admin"}], 422, "staff.unknown_role"),
    ("put", "/api/settings", {"store": "nowhere"}, 404, "place.unknown"),
    ("post", "/api/stock-moves", {"store": "nowhere", "lines": [{"sku": "A", "qty_milli": 1}]}, 404, "place.unknown"),
    ("post", "/api/stock-moves", {"store": STORE, "lines": [{"sku": "A", "qty_milli": -1}]}, 400, "request.malformed"),
    ("post", "/api/enrolment-codes", {"store": "nowhere", "register": "T1"}, 404, "place.unknown"),
    ("put", "/api/users", {"name": "eve", "password": "short"}, 422, "password.too_short"),
    ("post", "/api/exceptions/S1/none/close", None, 404, "case.unknown"),
    ("post", "/api/exceptions/S1/none/explode", None, 422, "case.unknown_action"),
    ("post", "/api/nodes/none/revoke", None, 404, "node.unknown"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    REFUSED_BODIES,
    ids=[f"{r[4]}-{n}" for n, r in enumerate(REFUSED_BODIES)],
)
def test_what_cannot_be_is_refused_with_a_code_and_words(running: RunningHq, method: str, path: str, body: object, status: int, code: str) -> None:  # fmt: skip
    with running.as_role(Role.HQ_ADMIN) as admin:
        answer = admin.request(method, path, json=body) if body is not None else admin.request(method, path)
    said = decoded(answer)
    assert (answer.status_code, said["code"]) == (status, code), said
    assert said["message"]


def test_bodies_and_addresses_have_limits(running: RunningHq) -> None:
    with running.as_role(Role.HQ_ADMIN) as admin:
        large = admin.put(
            "/api/products", content=b"[" + b" " * 1_200_000 + b"]", headers={"Content-Type": "application/json"}
        )
        assert large.status_code == 413
        assert decoded(large)["code"]
        assert admin.get("/api/stock?sku=%00").status_code == 400
        assert admin.get(f"/api/stock?sku={'x' * 100}").status_code == 400
        assert admin.get("/api/orders?state=lost").status_code == 400
        assert decoded(admin.get("/nowhere"))["code"] == "http.not_found"
        assert decoded(admin.delete("/api/orders"))["code"] == "http.method_not_allowed"


def test_the_description_is_complete(running: RunningHq) -> None:
    with running.as_role(Role.SERVICE) as reader:
        schema = reader.get("/openapi.json").json()
    described = {(path, method) for path, operations in schema["paths"].items() for method in operations}
    served = {
        (path, method)
        for path, method, options in routes(running)
        if not options.get(PAGE) and not path.startswith(("/static", "/sign-in"))
    }
    assert described == served
    strict = {name for name, one in schema["components"]["schemas"].items() if one.get("additionalProperties") is False}
    assert {"Wish", "ProductIn", "MoveIn"} <= {name.rpartition("_")[2] for name in strict}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["security"] == ([] if (path, method) in MAY_BE_ANONYMOUS else [{"bearer": []}])
            if operation["security"]:
                assert {"401", "403"} <= operation["responses"].keys(), path


def test_a_stranger_gets_only_so_many_tries() -> None:
    clock = FrozenClock()
    buckets = Buckets(clock, per_minute=60, burst=5)
    for _ in range(5):
        buckets.take("10.0.0.7")
    with pytest.raises(RuleViolationError) as refused:
        buckets.take("10.0.0.7")
    assert refused.value.code == "rate.too_many"
    buckets.take("10.0.0.8")
    clock.later(1_000)
    buckets.take("10.0.0.7")
