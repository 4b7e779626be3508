"""A till of another store asks head office for the lines of a receipt; it is told what was paid, and never by whom."""

import msgspec

from hq_server.service.ingest import take
from retail_core.domain.ids import CustomerId
from retail_core.domain.receipts import BackLine, FoundReceipt
from retail_core.domain.roles import Role
from tests.hq.running import RunningHq
from tests.hq.support import OTHER_STORE, STORE, enrolled, returned, sale


def test_any_machine_of_the_retailer_is_told_the_lines_and_nobody_else(running: RunningHq) -> None:
    till, far = enrolled(running.hq, "till-asked"), enrolled(running.hq, "till-far", OTHER_STORE)
    number = f"{STORE}-T1-A-000001"
    sold = msgspec.structs.replace(sale(number, ("THROW", 2, 2999)), customer=CustomerId("c-77"))
    till.says(sold, returned(f"{STORE}-T1-A-000009", number, (1, "THROW", 1, 2999, "sellable")))
    assert take(running.hq, running.server.contacts, till.node, *till.batch()).quarantined == 0
    with running.as_node(far) as machine, running.as_role(Role.HQ_ADMIN) as person:
        answer = machine.get("/v1/receipt", params={"number": number})
        found = msgspec.json.decode(answer.content, type=FoundReceipt)
        receipt = found.receipt
        assert (found.back, found.voided_by) == ((BackLine(1, 1000, 2999),), "")
        assert (receipt.number, receipt.lines[0].amount_minor, receipt.lines[0].qty_milli) == (number, 5998, 2000)
        assert "c-77" not in answer.text
        for unknown in (f"{STORE}-T1-A-000002", f"{OTHER_STORE}-T1-A-000001", "?", ""):
            assert machine.get("/v1/receipt", params={"number": unknown}).status_code == 404
        assert person.get("/v1/receipt", params={"number": number}).status_code == 403
