"""Receipts by e-mail: head office sends each once through a real mail server, tries for days, and says what became of it."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from hq_server.connectors.smtp import MailServer, SmtpOffice, mail_server
from hq_server.service import cases, mails
from hq_server.service.home import HqHome
from hq_server.service.ingest import take
from hq_server.service.setup import init
from hq_server.storage import streams
from hq_server.storage.mails import MailRow, forget_letter
from hq_server.storage.mails import letter as letter_of
from retail_core.domain.cases import CaseKind
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.events import MailWanted
from retail_core.domain.mailing import MAX_TRIES, WAITS_MS, MailState
from retail_core.domain.paper_events import Mail
from retail_core.domain.roles import Role
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.wire.envelope import Private, commitment
from retail_core.wire.events import encode_event
from tests.hq.running import RunningHq
from tests.hq.support import STORE, Machine, Shop, enrolled
from tests.support.smtp import SmtpServer

pytestmark = pytest.mark.xdist_group("hq-mails")

LETTER = Mail(
    "lena@example.org", "319 Midtown · S0319-T1-A-000001", "Whole milk 1 L      1.19\n.\nTOTAL          € 1.19\n"
)


@dataclass
class PostRoom:
    """HQ with one till, and the mail server it was told of."""

    shop: Shop
    till: Machine
    server: SmtpServer
    office: SmtpOffice

    def wants(self, letter: Mail = LETTER, receipt: str = "S0319-T1-A-000001") -> None:
        """A till has written down that a receipt is to be mailed, and pushes."""
        private = Private(bytes(16), msgspec.json.encode(letter))
        self.till.says_raw(*encode_event(MailWanted(receipt, commitment(private))), private=private)
        self.push()

    def push(self) -> None:
        assert take(self.shop.hq, self.shop.contacts, self.till.node, *self.till.batch()).quarantined == 0

    def send(self) -> int:
        return mails.send_due(self.shop.hq, self.office)

    @property
    def rows(self) -> list[MailRow]:
        return list(mails.listed(self.shop.hq, state=None, store=STORE, limit=10))

    @property
    def row(self) -> MailRow:
        (row,) = self.rows
        return row

    def failures(self) -> list[dict[str, str | int]]:
        found = cases.listed(self.shop.hq, state=None, store=STORE, limit=10)
        return [case.evidence for case in found if case.kind is CaseKind.MAIL_FAILED]


@pytest.fixture
def post_room(shop: Shop) -> Iterator[PostRoom]:
    with SmtpServer() as server:
        office = SmtpOffice(MailServer("127.0.0.1", "receipts@shop.example", server.port, "none", "omnitill demo shop"))
        yield PostRoom(shop, enrolled(shop.hq, "till-1"), server, office)


def test_a_receipt_is_mailed_once_however_often_its_wish_comes_and_then_nobody_knows_where_to(
    post_room: PostRoom,
) -> None:
    post_room.wants()
    post_room.push()
    assert (post_room.row.state, post_room.row.receipt) == (MailState.WAITING, "S0319-T1-A-000001")
    assert (post_room.send(), post_room.send()) == (1, 0)
    (letter,) = post_room.server.letters
    assert (letter["To"], letter["Subject"]) == (LETTER.to, LETTER.subject)
    assert letter["From"] == "omnitill demo shop <receipts@shop.example>"
    assert letter["Message-ID"] == f"<{post_room.row.mail_id}@shop.example>"
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == LETTER.text
    assert (post_room.row.state, post_room.row.tries, post_room.row.why) == (MailState.SENT, 1, "")
    stored = post_room.shop.hq.database.read(lambda conn: streams.bodies(conn, STORE, [post_room.row.mail_id]))
    assert b"lena" not in stored[post_room.row.mail_id]
    assert post_room.shop.hq.database.read(lambda conn: letter_of(conn, STORE, post_room.row.mail_id)) == b""
    assert "lena" not in str(post_room.rows)
    post_room.push()
    assert post_room.send() == 0


def test_a_mail_server_that_is_down_costs_one_letter_one_try_and_all_go_when_it_is_back(post_room: PostRoom) -> None:
    post_room.wants()
    post_room.wants(msgspec.structs.replace(LETTER, to="ben@example.org"), "S0319-T1-A-000002")
    down = SmtpOffice(MailServer("127.0.0.1", "receipts@shop.example", 9, "none"))
    assert mails.send_due(post_room.shop.hq, down) == 0
    assert sorted((row.state, row.tries, row.why) for row in post_room.rows) == [
        (MailState.WAITING, 0, ""), (MailState.WAITING, 1, "mail.server_down"),
    ]  # fmt: skip
    assert post_room.send() == 1
    post_room.shop.clock.later(WAITS_MS[0])
    assert post_room.send() == 1
    assert {letter["To"] for letter in post_room.server.letters} == {"lena@example.org", "ben@example.org"}


def test_a_letter_that_is_deferred_for_days_is_given_up_and_somebody_is_told(post_room: PostRoom) -> None:
    post_room.server.answers[LETTER.to] = "451 mailbox is busy"
    post_room.wants()
    for _ in range(MAX_TRIES + 3):
        post_room.send()
        post_room.shop.clock.later(WAITS_MS[-1])
    assert (post_room.row.state, post_room.row.tries, post_room.row.why) == (
        MailState.FAILED,
        MAX_TRIES,
        "mail.deferred",
    )
    assert post_room.row.answer == "451 mailbox is busy"
    assert post_room.failures() == [{"code": "mail.deferred", "receipt": "S0319-T1-A-000001", "tries": MAX_TRIES}]
    assert post_room.server.connections == MAX_TRIES
    del post_room.server.answers[LETTER.to]
    mails.retry(post_room.shop.hq, STORE, post_room.row.mail_id)
    assert post_room.send() == 1
    with pytest.raises(RuleViolationError, match=r"mail\.illegal_move"):
        mails.retry(post_room.shop.hq, STORE, post_room.row.mail_id)


def test_an_address_nobody_has_is_not_tried_again_and_holds_up_nobody(post_room: PostRoom) -> None:
    post_room.server.answers[LETTER.to] = "550 no such user"
    post_room.wants()
    post_room.wants(msgspec.structs.replace(LETTER, to="no address"), "S0319-T1-A-000002")
    post_room.wants(msgspec.structs.replace(LETTER, to="ben@bücher.example"), "S0319-T1-A-000003")
    assert post_room.send() == 1
    assert [letter["To"] for letter in post_room.server.letters] == ["ben@xn--bcher-kva.example"]
    assert {(row.receipt[-1], row.state, row.why) for row in post_room.rows} == {
        ("1", MailState.FAILED, "mail.refused"),
        ("2", MailState.FAILED, "mail.bad_address"),
        ("3", MailState.SENT, ""),
    }
    assert len(post_room.failures()) == 2


def test_a_letter_whose_person_was_erased_before_it_went_is_not_sent(post_room: PostRoom) -> None:
    post_room.wants()
    hq = post_room.shop.hq
    hq.database.write(lambda unit: forget_letter(unit, STORE, post_room.row.mail_id))
    assert post_room.send() == 0
    assert post_room.row.state is MailState.ERASED
    assert post_room.server.letters == []


def test_a_process_that_dies_while_it_sends_has_used_a_try(post_room: PostRoom) -> None:
    class Dies:
        def hand_in(self, letter_id: str, letter: Mail, at_ms: int) -> None:
            raise KeyboardInterrupt

    post_room.wants()
    with pytest.raises(KeyboardInterrupt):
        mails.send_due(post_room.shop.hq, Dies())
    assert (post_room.row.state, post_room.row.tries) == (MailState.WAITING, 1)
    assert post_room.send() == 0
    post_room.shop.clock.later(WAITS_MS[0])
    assert post_room.send() == 1


# ── the way to the mail server ───────────────────────────────────────────────────────────────────


def test_a_letter_goes_under_tls_to_a_server_whose_certificate_is_trusted(tmp_path: Path) -> None:
    home = tmp_path / "hq"
    init(home, None, [], SystemClock(), SystemIds())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secret = HqHome.of(home).keys.device_secret()
    context.load_cert_chain(home / "server.crt", home / "server.key", password=secret.hex())
    with SmtpServer(certificate=context) as server:
        (home / "mail.toml").write_text(
            f'host = "127.0.0.1"\nport = {server.port}\nsender = "receipts@shop.example"\nca = "{home / "ca.pem"}"\n'
        )
        found = mail_server(home)
        assert found is not None
        SmtpOffice(found).hand_in("m1", LETTER, 0)
        assert server.under_tls == [True]
        with pytest.raises(EnvironmentFault, match=r"mail\.server_down"):  # a stranger's certificate
            SmtpOffice(msgspec.structs.replace(found, ca="")).hand_in("m2", LETTER, 0)
    with SmtpServer() as bare, pytest.raises(EnvironmentFault, match=r"mail\.server_down"):
        SmtpOffice(MailServer("127.0.0.1", "receipts@shop.example", bare.port)).hand_in("m3", LETTER, 0)
    assert bare.letters == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('host = "mail.example"\nsender = "receipts@shop.example"\nsecurity = "none"\n', "mail.not_encrypted"),
        ('host = "mail.example"\nsender = "nobody"\n', "mail.bad_settings"),
        ('host = "mail.example"\n', "mail.bad_settings"),
        ('host = "mail.example"\nsender = "receipts@shop.example"\nsecurity = "ssl"\n', "mail.bad_settings"),
        ('host = "mail.example"\nsender = "receipts@shop.example"\nsmtp = 1\n', "mail.bad_settings"),
    ],
)
def test_settings_that_cannot_be_are_told_apart(tmp_path: Path, text: str, code: str) -> None:
    assert mail_server(tmp_path) is None
    (tmp_path / "mail.toml").write_text(text)
    with pytest.raises(EnvironmentFault, match=code):
        mail_server(tmp_path)


def test_what_became_of_mails_is_asked_over_rest_and_names_nobody(running: RunningHq) -> None:
    till = enrolled(running.hq, "till-mail")
    private = Private(bytes(16), msgspec.json.encode(LETTER))
    till.says_raw(*encode_event(MailWanted("S0319-T1-A-000007", commitment(private))), private=private)
    assert take(running.hq, running.server.contacts, till.node, *till.batch()).quarantined == 0
    with running.as_role(Role.HQ_VIEWER) as viewer, running.as_role(Role.HQ_OPERATOR) as operator:
        answer = viewer.get("/api/mails", params={"state": "waiting", "store": STORE})
        (row,) = answer.json()["mails"]
        assert (row["receipt"], row["tries"], "lena" in answer.text) == ("S0319-T1-A-000007", 0, False)
        way = f"/api/mails/{STORE}/{row['mail_id']}/retry"
        assert viewer.post(way).status_code == 403
        assert operator.post(way).json()["code"] == "mail.illegal_move"
        assert operator.post(f"/api/mails/{STORE}/none/retry").status_code == 404
