"""Shutting a machine out from head office's page: asked first in plain words, done once, written down with who did it."""

import re
from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy import select

from hq_server.service import access, shutting_out
from hq_server.service.context import Hq
from hq_server.service.machines import machines
from hq_server.service.masterdata import PlaceRow, put_places
from hq_server.storage import access as stored
from hq_server.storage.access import Contact, note_contact
from hq_server.storage.tables import event
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.roles import Role
from tests.hq.chromium import PERSON, Scheme, in_focus, signed_in
from tests.hq.running import RunningHq, running_hq
from tests.hq.support import Machine, enrolled

pytestmark = pytest.mark.xdist_group("hq-pages")
STORE = "S0700"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHq]:
    with running_hq(tmp_path_factory.mktemp("hq"), None) as found:
        put_places(found.hq, [PlaceRow(STORE, "store", "700 <Harbour>", "north", "UTC", "EUR")])
        yield found


def standing_at(hq: Hq, register: str) -> tuple[Machine, Machine]:
    """A machine with its agent and its till, heard just now with seven entries waiting there."""
    once = hq.ids.next()
    agent = enrolled(hq, f"agent-{once}", STORE, "agent", register)
    till = enrolled(hq, f"till-{once}", STORE, "till", register)
    contact = Contact(STORE, agent.node.node_id, hq.clock.now_ms(), 0, 7, hq.clock.now_ms())
    hq.database.write(lambda unit: note_contact(unit, contact))
    return agent, till


def told(hq: Hq, register: str) -> list[tuple[str, AuditNoted]]:
    """Who shut out what stood at the register, as the store's journal says."""
    asked = select(event.c.actor, event.c.body).where(event.c.type == "audit.machine_shut_out", event.c.store == STORE)
    rows = hq.database.read(lambda conn: conn.execute(asked).all())
    notes = [(row.actor, msgspec.json.decode(row.body, type=AuditNoted)) for row in rows]
    return [(actor, note) for actor, note in notes if note.subject == register]


def refused(hq: Hq, machine: Machine) -> str:
    node = hq.database.read(lambda conn: stored.node_of(conn, machine.node.node_id))
    assert node
    try:
        access.still_trusted(hq, node)
    except RuleViolationError as code:
        return code.code
    return ""


@pytest.mark.browser
@pytest.mark.parametrize(("register", "scheme"), [("T1", "light"), ("T2", "dark")])
def test_a_machine_is_shut_out_with_keys_alone_after_a_plain_question(
    running: RunningHq, register: str, scheme: Scheme
) -> None:
    agent, till = standing_at(running.hq, register)
    kept, _ = standing_at(running.hq, f"{register}K")
    said: list[str] = []
    with signed_in(running, scheme) as page:
        page.on("console", lambda line: said.append(line.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{running.url}/machines")
        page.get_by_role("link", name=f"Shut out {register} · agent in {STORE}").focus()
        page.keyboard.press("Enter")
        in_focus(page, "h-shut-out")  # a screen reader begins with the question
        assert page.inner_text("h1") == f"Shut out {register} in 700 <Harbour>?"
        words = page.inner_text(".shut-out")
        for word in (
            "within 60 seconds",
            "stays",
            "7 entries wait",
            "cannot be undone",
            "enrolled anew",
            STORE,
            "till",
        ):
            assert word in words
        for width, height in ((1024, 768), (600, 960), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (width, height)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Leave it as it is"
        page.keyboard.press("Enter")
        page.wait_for_selector("#h-machines")
        assert refused(running.hq, agent) == "", "nothing was done"
        page.get_by_role("link", name=f"Shut out {register} · agent").click()
        in_focus(page, "h-shut-out")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        in_focus(page, "done")
        assert page.inner_text("#done") == f"{register} in 700 <Harbour> is shut out."
        assert page.get_by_role("link", name=f"Shut out {register} · agent").count() == 0
        newest = page.get_by_role("region", name="Let in and shut out").locator("tbody tr:first-child td")
        assert newest.all_inner_texts()[1:] == ["shut out", "700 <Harbour>", register, PERSON]
    assert not said
    assert (refused(running.hq, agent), refused(running.hq, till)) == ("node.revoked", "node.revoked")
    assert refused(running.hq, kept) == ""
    ((actor, note),) = told(running.hq, register)
    assert (actor, set(note.reason.split())) == (PERSON, {agent.node.node_id, till.node.node_id})


def test_asking_twice_spares_the_machine_that_came_in_its_place(running: RunningHq) -> None:
    """Two administrators, or one who goes back a page: the register may have a new machine by then."""
    agent, _ = standing_at(running.hq, "T4")
    with running.signed_in() as browser:
        asked = browser.get(f"/machines/{agent.node.node_id}/shut-out")
        csrf = re.search(r'name="csrf" value="([^"]+)"', asked.text)
        assert csrf
        form = {"csrf": csrf[1]}
        done = browser.post(f"/machines/{agent.node.node_id}/shut-out", data=form)
        assert (done.status_code, done.headers["location"]) == (303, f"/machines?out={agent.node.node_id}")
        successor = enrolled(running.hq, f"next-{running.hq.ids.next()}", STORE, "agent", "T4")
        assert browser.post(f"/machines/{agent.node.node_id}/shut-out", data=form).status_code == 303
        assert browser.get(f"/machines/{agent.node.node_id}/shut-out").status_code == 303
        assert "is shut out" not in browser.get("/machines?out=nobody").text
        assert "is shut out" not in browser.get(f"/machines?out={successor.node.node_id}").text
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=", asked.text)
    assert refused(running.hq, successor) == ""
    assert len(told(running.hq, "T4")) == 1


def test_only_a_form_of_ours_in_the_hands_of_an_administrator_shuts_out(running: RunningHq) -> None:
    agent, _ = standing_at(running.hq, "T5")
    address = f"/machines/{agent.node.node_id}/shut-out"
    with running.client() as stranger:
        assert (stranger.get(address).status_code, stranger.post(address).status_code) == (303, 303)
    with running.signed_in(Role.HQ_OPERATOR) as operator:
        seen = operator.get("/machines").text
        assert "/shut-out" not in seen
        assert "Let in and shut out" not in seen, "who did what is for those who may do it"
        assert (operator.get(address).status_code, operator.post(address, data={}).status_code) == (403, 403)
    with running.signed_in() as browser:
        csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get(address).text)
        assert csrf
        assert browser.post(address, data={"csrf": "guessed"}).status_code == 403
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        assert browser.post(address, data={"csrf": csrf[1]}, headers=elsewhere).status_code == 403
        assert browser.get("/machines/nobody/shut-out").status_code == 404
    assert refused(running.hq, agent) == ""
    assert told(running.hq, "T5") == []


def test_a_program_that_shuts_out_one_node_is_named_too(running: RunningHq) -> None:
    agent, till = standing_at(running.hq, "T6")
    with running.as_role(Role.HQ_ADMIN) as admin:
        for _ in range(2):
            assert admin.post(f"/api/nodes/{till.node.node_id}/revoke").json()["revoked_ms"]
    assert (refused(running.hq, till), refused(running.hq, agent)) == ("node.revoked", "")
    ((actor, note),) = told(running.hq, "T6")
    assert (actor, note.reason) == ("test hq_admin", till.node.node_id)
    assert shutting_out.standing(running.hq, agent.node.node_id).queued == 7
    assert {one.node for one in machines(running.hq) if one.register == "T6"} == {agent.node.node_id}
