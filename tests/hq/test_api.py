"""The REST API over a real server: who may call what, what it says, and what it refuses."""

import threading
import time

import pytest

from retail_core.domain.roles import Role
from tests.hq.running import RunningHq
from tests.hq.support import OTHER_STORE, STORE, enrolled, put_stock

pytestmark = pytest.mark.xdist_group("hq-api")  # one server for all of them


def test_an_order_over_the_api_is_placed_once(running: RunningHq) -> None:
    put_stock(running.hq, STORE, THROW=5)
    wish = {"store": STORE, "customer_name": "Ada", "lines": [{"sku": "THROW", "qty_milli": 2000}]}
    with running.as_role(Role.SERVICE) as shop:
        assert shop.post("/api/orders", json=wish).json()["code"] == "request.no_key"
        first = shop.post("/api/orders", json=wish, headers={"Idempotency-Key": "web-1"})
        again = shop.post("/api/orders", json=wish, headers={"Idempotency-Key": "web-1"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["code"] == first.json()["code"]
        order = first.json()["order"]
        other = shop.post("/api/orders", json={**wish, "customer_name": "Eve"}, headers={"Idempotency-Key": "web-1"})
        assert (other.status_code, other.json()["code"]) == (409, "order.key_reused")
        shown = shop.get(f"/api/orders/{order['order_id']}")
        assert "Ada" not in shown.text
        assert first.json()["code"] not in shown.text
        assert [step["what"] for step in shown.json()["steps"]] == ["offered"]
        assert order["order_id"] in {one["order_id"] for one in shop.get("/api/orders?open=true").json()["orders"]}
        places = shop.get("/api/availability?sku=THROW").json()["places"]
        assert [(one["store"], one["atp_milli"]) for one in places] == [(STORE, 3000)]
        gone = shop.post(f"/api/orders/{order['order_id']}/cancel")
        assert gone.json()["state"] == "cancelled"
        much = {**wish, "lines": [{"sku": "THROW", "qty_milli": 99000}]}
        refused = shop.post("/api/orders", json=much, headers={"Idempotency-Key": "web-2"})
        assert (refused.status_code, refused.json()["code"]) == (409, "order.not_available")
        assert shop.get("/api/orders/nobody").status_code == 404


def test_a_recall_and_the_rules_for_goods_reach_the_stores_they_name(running: RunningHq) -> None:
    till, other = enrolled(running.hq, "till-recall", STORE), enrolled(running.hq, "till-recall-2", OTHER_STORE)
    recall = {"number": "R-7", "sku": "THROW", "reason": "Dye rubs off", "lots": ["L1"], "stores": [STORE]}
    rules = {
        "rcn": [{"prefix": "21", "item_digits": 5, "kind": "price", "decimals": 2}],
        "markdowns": [{"name": "Last day", "days": 0, "ppm": 300_000}],
    }
    with running.as_role(Role.HQ_ADMIN) as admin:
        assert admin.put("/api/recalls", json=recall).status_code == 200
        assert admin.put("/api/goods-rules", json=rules).json()["stores"] >= 2
        assert admin.get(f"/api/goods-rules?store={STORE}").json()["markdowns"][0]["name"] == "Last day"
        for body, code in (
            ({**recall, "sku": "NOBODY"}, "product.unknown"),
            ({**recall, "stores": ["S9999"]}, "place.unknown"),
            ({**recall, "reason": " "}, "recall.incomplete"),
        ):
            assert admin.put("/api/recalls", json=body).json()["code"] == code
        bad = {"rcn": [{"prefix": "40", "item_digits": 5, "kind": "price", "decimals": 2}]}
        assert admin.put("/api/goods-rules", json=bad).json()["code"] == "rcn.bad_prefix"
    with running.as_node(till) as node, running.as_node(other) as elsewhere:
        here = node.get(f"/v1/pull?scope=store:{STORE}").content
        assert b'"kind":"recall"' in here
        assert b"Dye rubs off" in here
        assert b'"kind":"goods_rules"' in here
        assert b"Dye rubs off" not in elsewhere.get(f"/v1/pull?scope=store:{OTHER_STORE}").content
    with running.as_role(Role.HQ_ADMIN) as admin:
        assert admin.put("/api/recalls", json={**recall, "lifted": True}).json()["lifted"] is True
        assert admin.get("/api/recalls").json()["recalls"][0]["recall"]["number"] == "R-7"
    with running.as_node(till) as node:
        after = node.get(f"/v1/pull?scope=store:{STORE}").content
        assert b'"op":"del"' in after
        assert b"Dye rubs off" not in after


def test_master_data_comes_in_and_is_published(running: RunningHq) -> None:
    till = enrolled(running.hq, "till-master", OTHER_STORE)
    with running.as_role(Role.HQ_ADMIN) as admin:
        rows: list[tuple[str, object]] = [
            ("/api/staff", [{"store": OTHER_STORE, "operator_id": "7", "name": "Bo", "pin": "4711", "role": "manager"}]),
            ("/api/settings", {"store": OTHER_STORE, "receipt_header": ["Harbour", "Quay 3"]}),
            ("/api/quick-keys", [{"store": OTHER_STORE, "page": "Fruit", "pos": 1, "sku": "THROW", "label": "Throw"}]),
            ("/api/promotions", [{"promotion": {"promo_id": "3for2", "name": "3 for 2", "offer": {"type": "n_for_m", "n": 3, "m": 2}}}]),
        ]  # fmt: skip
        for path, body in rows:
            assert admin.put(path, json=body).status_code == 200, path
        assert admin.get("/api/promotions").json()["promotions"][0]["promotion"]["offer"]["n"] == 3
    with running.as_node(till) as node:
        page = node.get(f"/v1/pull?scope=store:{OTHER_STORE}")  # httpx expands zstd for us
        assert b'"kind":"staff"' in page.content
        assert b"4711" not in page.content
        assert b"Quay 3" in page.content
        assert b'"kind":"quick_key"' in page.content


def test_a_token_ends_when_it_is_revoked(running: RunningHq) -> None:
    with running.as_role(Role.HQ_ADMIN) as admin:
        made = admin.post("/api/tokens", json={"name": "shop", "role": "service"}).json()
        assert made["token"] not in admin.get("/api/tokens").text
        with running.client(made["token"]) as program:
            assert program.get("/api/orders").status_code == 200
            assert admin.delete(f"/api/tokens/{made['token_id']}").status_code == 204
            assert program.get("/api/orders").status_code == 401


def test_metrics_count_what_happens(running: RunningHq) -> None:
    with running.as_role(Role.HQ_ADMIN) as admin, running.as_role(Role.HQ_VIEWER) as viewer:
        assert "omnitill_requests_total" in admin.get("/metrics").text
        assert viewer.get("/metrics").status_code == 403


def test_long_polls_wake_at_once_and_end_with_the_server(running: RunningHq) -> None:
    till = enrolled(running.hq, "till-poll")
    got: list[tuple[str, float]] = []
    with running.as_node(till) as node:
        head = node.get(f"/v1/pull?scope=store:{STORE}").headers["Sync-Head"]

        def poll() -> None:
            answer = node.get(f"/v1/pull?scope=store:{STORE}&cursor={head}&wait=20")
            got.append((answer.text, time.monotonic()))

        waiting = threading.Thread(target=poll)
        waiting.start()
        deadline = time.monotonic() + 60
        while not running.server.metrics.waiting.collect()[0].samples[0].value:  # type: ignore[attr-defined]
            assert time.monotonic() < deadline
            time.sleep(0.01)
        put_at = time.monotonic()
        with running.as_role(Role.HQ_ADMIN) as admin:
            admin.put("/api/settings", json={"store": STORE, "receipt_footer": ["Woken"]})
        waiting.join(60)
    assert "Woken" in got[0][0]
    assert got[0][1] - put_at < 12  # the poll that nobody wakes lasts 20 s
