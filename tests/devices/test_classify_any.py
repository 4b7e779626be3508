"""What holds for every label, whoever made it: a bounded, printable meaning, the same one when it is read again."""

import timeit

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pos_app.devices.barcode.classify import MAX_SHOWN_CHARS, CodeRules, classify
from pos_app.devices.barcode.gs1 import GS
from retail_core.domain.coderules import EmbeddedKind, InnerCheck, RcnRule, split_embedded
from retail_core.domain.gtin import is_gtin
from retail_core.domain.scanned import CodeKind
from tests.devices.test_classify_labels import GTIN, ITEM, RULES, ean

EAN_13_US = 10
LONGEST_LABEL_US = 2000

PIECES = st.sampled_from(
    [GS, "{GS}", "~", "^]", "\\x1d", "|]e0", "]E0", "]E3", "]C1", "]d2", "]Q1", "]", " ", "\x00", "\x1b", "\r", "\u202e", "\ud800",
     "http://a/01/", "https://a/gtin/", "OTR:", "OTB:", "(01)", "(10)", "01", "02", "00", "10", "17", "21", "30", "3103", "3202",
     "3922", "3932978", "8110", "7003", "978", "05", "21", "261231", "260200", GTIN, ITEM, "4006381333931", "-", "ISBN", "²"]
)  # fmt: skip
LABELS = st.lists(st.one_of(PIECES, st.text("0123456789", max_size=14), st.text(max_size=3)), max_size=8).map("".join)
ODD_RULES = CodeRules(
    rcn=(
        *RULES.rcn, RcnRule("", 99, EmbeddedKind.PRICE, 2), RcnRule("02", -1, EmbeddedKind.WEIGHT, 9),
        RcnRule("22", 9, EmbeddedKind.PRICE, 2, InnerCheck.VERIFY), RcnRule("4", 1, EmbeddedKind.COUNT, 0),
    ),
    gs_substitutes=("", "F9"), currency_number="978",
)  # fmt: skip


@settings(max_examples=800)
@given(LABELS, st.sampled_from([RULES, ODD_RULES, CodeRules()]))
@example("]d2" + "30", RULES)
def test_every_label_has_one_bounded_printable_meaning(label: str, rules: CodeRules) -> None:
    meaning = classify(label, rules)
    texts = (
        meaning.text,
        meaning.lot,
        meaning.serial,
        meaning.expiry,
        meaning.best_before,
        meaning.item_code,
        meaning.addon,
    )
    assert all(fact is None or fact.isprintable() for fact in texts)
    assert len(meaning.text) <= MAX_SHOWN_CHARS
    assert all(len(fact or "") <= 20 for fact in texts[1:])
    for gtin in (meaning.gtin, meaning.also):
        assert gtin is None or (len(gtin) == 14 and is_gtin(gtin))
    assert (meaning.gtin is not None) == (meaning.kind is CodeKind.GTIN)
    assert meaning.sscc is None or (meaning.kind is CodeKind.SSCC and len(meaning.sscc) == 18)
    assert meaning.net_milli is None or meaning.net_milli > 0
    assert meaning.count is None or meaning.count > 0
    assert meaning.price is None or meaning.price[0] > 0


@settings(max_examples=800)
@given(LABELS.filter(lambda label: "]" not in label and len(label) < 120))
@example(f"{ITEM}10AB{GS}21X")
@example(f"{ITEM}39220\x1f")
def test_what_was_shown_and_kept_means_the_same_when_it_is_read_again(label: str) -> None:
    once = classify(label, RULES)
    assert classify(once.text, RULES) == once


def test_a_rule_that_makes_no_sense_takes_no_number_apart() -> None:
    for rule in ODD_RULES.rcn[len(RULES.rcn) :]:
        assert split_embedded(ean("022345678901"), rule) is None


# ── cost ─────────────────────────────────────────────────────────────────────────────────────────


def cost_us(label: str, rules: CodeRules = RULES, times: int = 500) -> float:
    """Microseconds one reading of a label takes at best."""
    return min(timeit.repeat(lambda: classify(label, rules), number=times, repeat=9)) / times * 1e6


def test_an_item_number_costs_next_to_nothing() -> None:
    assert cost_us("4006381333931") < EAN_13_US


def test_no_label_keeps_the_till_from_the_next_one() -> None:
    links = "&".join(f"{ai}=1" for ai in range(7000, 7280))
    for label in (
        "]d2" + "90A\x1d" * 127,
        "]d2" + "11000101" * 63,
        "]d2" + "(10)" * 500,
        "~" * 2048,
        "0" * 2048,
        f"https://a/01/{GTIN}?{links}",
        "https://a" + "/01" * 600,
        "https://a/01/" + "%41" * 600,
        "9" * 8192,
    ):
        assert cost_us(label, times=1) < LONGEST_LABEL_US, label[:40]
