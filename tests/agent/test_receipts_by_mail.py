"""A receipt by e-mail on its whole way: written down at a till without a line, kept over a restart, sent once by HQ."""

from pathlib import Path

from tests.agent.support import agent, until
from tests.agent.test_with_hq import stocked
from tests.agent.town import Hq, enrolled, line_to
from tests.support.shop import ITEMS, at_till
from tests.support.smtp import SmtpServer

MILK = ITEMS[0]
LENA = "lena@example.org"


def test_a_receipt_wanted_with_the_line_down_is_mailed_once_when_it_is_back(hq: Hq, store: str, folder: Path) -> None:
    settings = hq.home.folder / "mail.toml"
    with line_to(hq) as line, SmtpServer() as post:
        settings.write_text(
            f'host = "127.0.0.1"\nport = {post.port}\nsecurity = "none"\nsender = "till@shop.example"\n'
        )
        shop = enrolled(hq, folder / "T1", store, "T1", url=line.url, store_role=True)
        with agent(shop.home) as running:
            stocked(shop)
            line.cut()
            with at_till(shop) as at:
                receipt = at.sign_in().scan(MILK.code).pay_cash(500).receipt_no
                operator = at.till.selling.signed_in()
                at.done(lambda done, failed: at.till.papers.mail(receipt, LENA, operator, done, failed))
            until(lambda: running.health()["hq"]["state"] == "down", why="the agent notices")
        assert post.letters == []
        with agent(shop.home):
            line.restore(swallow=1)
            until(lambda: len(post.letters) == 1, why="the letter is sent")
            until(lambda: _mails(hq, store)[0]["state"] == "sent", why="HQ says so")
        (letter,) = post.letters
        assert (letter["To"], receipt in letter["Subject"]) == (LENA, True)
        (mail,) = _mails(hq, store)
        assert (mail["receipt"], mail["tries"]) == (receipt, 1)
        settings.unlink()


def _mails(hq: Hq, store: str) -> list[dict[str, object]]:
    return hq.ask("GET", f"/api/mails?store={store}")["mails"]
