"""No version goes out before what it says on the wire is recorded: every later one has to get along with it."""

from retail_core.domain.claims import ClaimKind
from retail_core.domain.events import FulfilmentFact
from retail_core.domain.shared import SharedKind
from retail_core.domain.value import ValueFact
from retail_core.durable.link import STORE_KINDS
from retail_core.wire import events as wire_events
from sync_agent.hq_client.client import accepts_of
from tests.golden.record import shared_things
from tests.golden.releases import FIRST, NOT_OUT, Release, here, recorded, told_of, version_here, versions_of


def faults(version: str, changelog: dict[str, bool], there: set[str]) -> list[str]:
    """What must be done before this version may go out."""
    found = [] if version in changelog else [f"CHANGELOG.md says nothing of {version}"]
    wanted = {version, *changelog}
    return found + [f"{one} was never recorded: python -m tests.golden.record" for one in sorted(wanted - there)]


def test_every_version_is_recorded() -> None:
    there = {release.version for release in recorded() if not release.lacking()}
    assert faults(here(), dict(told_of()), there) == []
    assert FIRST in there


def test_a_version_that_was_not_recorded_is_noticed() -> None:
    changelog = dict(versions_of(f"# Changes\n\n## 9.9.0 ({NOT_OUT})\n\nMore.\n\n## 0.1.0 (2 May)\n"))
    assert changelog == {"9.9.0": False, "0.1.0": True}
    version = version_here('[project]\nversion = "9.9.0"\n')
    assert faults(version, changelog, {"0.1.0"}) == ["9.9.0 was never recorded: python -m tests.golden.record"]
    assert faults("9.9.1", changelog, {"0.1.0", "9.9.0", "9.9.1"}) == ["CHANGELOG.md says nothing of 9.9.1"]


def test_a_recording_of_a_version_that_goes_out_has_everything_it_knows() -> None:
    """While it is being made it may lack what came last."""
    assert gone_out_without(Release(here())) == [] or not told_of()[here()]


def test_a_recording_that_lacks_something_is_noticed() -> None:
    whole = Release(here())
    told = {**whole.told, "accepts": {"catalogue": "item:1"}, "pages": {}}
    lacking = Release(here())
    vars(lacking).update({"pushed": {"lines": []}, "told": told, "neighbour": {"shared": {"rows": []}, "claims": []}})
    found = " ".join(gone_out_without(lacking))
    for name in ("sale.completed", "order", "basket", "gift_card", "accepts"):
        assert name in found


def gone_out_without(release: Release) -> list[str]:
    """Kinds of this program that its recording has none of."""
    pushed = {line.partition('"type":"')[2].partition('"')[0] for line in release.pushed["lines"]}
    known = {
        *wire_events._FIXED, *(f"fulfilment.{fact}" for fact in FulfilmentFact), *(f"value.{fact}" for fact in ValueFact),
    }  # fmt: skip
    told = {
        line.partition('"kind":"')[2].partition('"')[0]
        for pages in release.told["pages"].values()
        for page in pages
        for line in page["body"].splitlines()
    }
    shared = {row["kind"] for row in release.neighbour["shared"]["rows"]}
    claimed = {one["asked"]["kind"] for one in release.neighbour["claims"]}
    lacking = [
        *(known - pushed), *({*STORE_KINDS} - told), *({*SharedKind} - shared),
        *({*ClaimKind} - claimed - {ClaimKind.STORE_ROLE}),
    ]  # fmt: skip
    odd = [scope for scope, accepts in release.told["accepts"].items() if accepts != accepts_of(scope)]
    return [*map(str, lacking), *(f"accepts of {scope}" for scope in odd)]


def test_the_recorder_has_one_of_every_kind_the_store_shares() -> None:
    assert len(shared_things()) == len(SharedKind)
