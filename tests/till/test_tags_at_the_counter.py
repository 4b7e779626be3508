"""A basket on an RFID antenna at a real till: a reader on a real socket, stray tags, and a bar code of the same unit."""

from pathlib import Path

from pos_app.counter import Counter
from pos_app.devices.config import device_tables
from pos_app.devices.sim.llrp import LlrpSim
from retail_core.domain.scanned import TagUnit
from tests.support.shop import ITEMS, at_till, make_shop

MILK, CHICKEN = ITEMS[0], ITEMS[1]


def test_a_basket_on_the_antenna_is_on_the_sale_once_and_the_next_table_is_not(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with LlrpSim() as sim, at_till(shop) as at:
        tables = device_tables(
            ({"driver": "rfid.llrp", "name": "basket", "host": sim.host, "port": sim.port, "least_dbm": -60},)
        )

        def came(units: tuple[TagUnit, ...], _went: tuple[str, ...]) -> None:
            at.hand.deliver(lambda: at.till.selling.read_tags(units) and None)

        at.sign_in()
        for n in (1, 2, 3):
            assert sim.obey(["rfid", "put", MILK.code, str(n)]) == "ok"
        assert sim.obey(["rfid", "put", CHICKEN.code, "7"]) == "ok"
        counter = Counter.open(tables, at.till, lambda _: None, came)
        try:
            at.hand.until(lambda: at.till.selling.sale is not None and len(list(at.sale)) == 4)
            at.scan(MILK.code)  # one of the three in the basket
            assert sorted(line.name for line in at.sale) == sorted([MILK.name] * 3 + [CHICKEN.name])
            sim.field.signal_dbm = -75
            assert sim.obey(["rfid", "put", CHICKEN.code, "8"]) == "ok"
            sent = sim.reads_sent
            at.hand.until(lambda: sim.reads_sent > sent + 100)
            assert len(list(at.sale)) == 4
            assert dict(counter.healths())["rfid"].code == ""
        finally:
            counter.close()
