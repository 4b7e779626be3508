"""Who may ask this agent on the LAN, and what it answers from: proofs, tokens, pages of the feed, the store's board."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.ids import IdSource
from retail_core.domain.roles import Role
from retail_core.durable.link import NodeDoc
from retail_core.trust import tokens
from retail_core.trust.keys import SigningKey
from sync_agent.config import PULL_LIMIT
from sync_agent.feed_cache import FeedCache, checked_rows
from sync_agent.hq_client.client import SnapshotWanted, SyncClient, accepts_of
from sync_agent.hq_client.hop import Token
from sync_agent.hq_link.lock_line import LockLine
from sync_agent.hq_link.references import References
from sync_agent.storage.files import Files
from sync_agent.storage.pages import PulledPage
from sync_agent.store_role.intake import Intake
from sync_agent.store_role.shared_board import SharedBoard
from sync_agent.store_role.turns import IntakeTurns

LOG = logging.getLogger(__name__)
MAX_USED_ASSERTIONS = 4_096


def audience_of(node: str) -> str:
    """Whom a token for this agent is meant for: a proof given to one agent is no use at another."""
    return f"omnitill-agent/{node}"


class Hello(msgspec.Struct, frozen=True):
    """The public health document of an agent."""

    node: str
    store: str
    store_role: bool
    term: str
    hq_up: bool = False
    hq_error: str = ""  # why not, and how far this machine gets on the way there
    reach: str = ""
    generation: int = 0  # of the store role this agent has, or has last heard of
    word: str = ""  # head office's newest, signed by it
    locks: str = ""  # digest of the locks it knows


class LanDesk:
    """Everything the routes need, and who may use them."""

    def __init__(
        self,
        files: Files,
        key: SigningKey,
        clock: Clock,
        ids: IdSource,
        *,
        nodes: Callable[[], Mapping[str, NodeDoc]],
        admit: Callable[[NodeDoc], None],
        intake: Intake,
        cache: FeedCache,
        references: References,
        hq: SyncClient,
        hello: Callable[[], Hello],
        hq_age_ms: Callable[[], int | None],
        board: SharedBoard | None,
        locks: LockLine,
    ) -> None:
        self.files, self.clock, self.intake = files, clock, intake
        self.cache, self.references, self.hq = cache, references, hq
        self.hello, self.hq_age_ms, self.nodes, self.locks = hello, hq_age_ms, nodes, locks
        self._key, self._ids, self._board, self._admit = key, ids, board, admit
        self._audience = audience_of(files.config.agent_node)
        self._used: dict[str, int] = {}
        self.turns = IntakeTurns(clock)
        self.refused: Counter[str] = Counter()  # since the start, by code

    def token(self, assertion: str) -> Token:
        """A fifteen-minute token for a signed assertion used once. Raises RuleViolationError `token.*`, and what `admit` says."""
        node = self._node(tokens.unchecked_subject(assertion))
        now_s = self.clock.now_ms() // 1000
        claims = tokens.check_assertion(assertion, node.public_key, self._audience, now_s)
        if claims.expires_s > now_s + tokens.ASSERTION_S + tokens.LEEWAY_S:
            raise RuleViolationError("token.too_long")
        self._use(f"{node.node_id}/{claims.token_id}", claims.expires_s + tokens.LEEWAY_S, now_s)
        self._admit(node)
        text = tokens.bearer(
            node.node_id, self._key, self._audience, now_s, self._ids.next(),
            store=self.files.config.store, role=Role.NODE.value,
        )  # fmt: skip
        return Token(text)

    def caller(self, authorization: str) -> NodeDoc:
        """The node behind a bearer token. Raises RuleViolationError `token.*`, and what `admit` says."""
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise RuleViolationError("token.missing")
        claims = tokens.check_bearer(text, self._key.public_text, self._audience, self.clock.now_ms() // 1000)
        node = self._node(claims.subject)
        self._admit(node)
        return node

    def still(self, caller: NodeDoc) -> None:
        """Call after waiting: who was shut out meanwhile gets nothing. Raises RuleViolationError as `caller` does."""
        self._admit(self._node(caller.node_id))

    def claimed_by(self, authorization: str) -> str:
        """Whom a bearer token names, true or not, for the log."""
        try:
            return tokens.unchecked_subject(authorization.partition(" ")[2])[:80]
        except RuleViolationError:
            return ""

    def store_board(self) -> SharedBoard:
        """Raises RuleViolationError `store_role.elsewhere`."""
        if self._board is None:
            raise RuleViolationError("store_role.elsewhere")
        return self._board

    async def page(
        self, scope: str, cursor: int, wait_s: int, accepts: str, *, fresh: bool
    ) -> PulledPage | SnapshotWanted | None:
        """A kept page, or the one that comes within `wait_s`, or what HQ answers to the same question.

        None: nothing is new. Raises RuleViolationError `feed.scope_denied` and HopFault.
        """
        config = self.files.config
        if scope not in {"catalogue", f"price:{config.zone}", f"store:{config.store}"}:
            raise RuleViolationError("feed.scope_denied", scope=scope[:60])
        ours = not accepts or accepts == accepts_of(scope)
        if ours:
            kept = await self.cache.page_from(scope, cursor)
            if kept is not None:
                return kept
            if cursor == self.cache.own_cursor(scope):
                return await self.cache.wait_from(scope, cursor, wait_s)
        page = await self.hq.pull(scope, cursor, PULL_LIMIT, wait_s, accepts=accepts, fresh=fresh)
        if isinstance(page, PulledPage):
            checked_rows(page, self.cache.feed_key)
            if ours:  # a page in other versions is for its asker alone
                await self.cache.keep(page)
        return page

    def _node(self, node_id: str) -> NodeDoc:
        node = self.nodes().get(node_id)
        if node is None:
            raise RuleViolationError("token.unknown")
        return node

    def note_refusal(self, code: str, node: str) -> None:
        """Bad input of a neighbour, or of somebody who says so: counted for the health page, told in the log."""
        self.refused[code] += 1
        LOG.warning("refused input of %s", node or "somebody unknown", extra={"code": code})

    def _use(self, token_id: str, until_s: int, now_s: int) -> None:
        self._used = {used: until for used, until in self._used.items() if until >= now_s}
        if token_id in self._used:
            raise RuleViolationError("token.used_before")
        if len(self._used) >= MAX_USED_ASSERTIONS:
            raise EnvironmentFault("token.too_many")
        self._used[token_id] = until_s
