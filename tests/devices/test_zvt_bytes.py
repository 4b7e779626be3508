"""ZVT as bytes: real terminals' sentences, streams cut anywhere, noise and nonsense, and no card number kept."""

import json
import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.terminal.zvt import apdu
from pos_app.devices.terminal.zvt.apdu import CLASSES, Apdu, Framer, ZvtError
from pos_app.devices.terminal.zvt.conversation import Conversation, End, doing_of, reason_of
from tests.devices.support import foreign_vectors


def luhn(chance: random.Random) -> str:
    body = chance.choice("3456") + "".join(chance.choices("0123456789", k=14))
    total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(body))
    return body + str(-total % 10)


def test_status_informations_of_real_terminals() -> None:
    for case in json.loads(foreign_vectors("zvt_status_information.json").read_text()):
        said = apdu.status_information(bytes.fromhex(case["apdu_hex"])[3:])  # the length of one is cut off
        expected = case["expect"]
        assert said.terminal_id.lstrip("0") == expected["TerminalIdentifier"].lstrip("0")
        if "Amount" in expected:
            assert said.amount_minor == round(float(expected["Amount"]) * 100)
        if "AdditionalText" in expected:
            assert said.text == expected["AdditionalText"]
        if "CardNumber" in expected:
            assert said.masked_card == "••" + expected["CardNumber"][-4:]
        if "ErrorCode" in expected:
            assert said.result == int(expected["ErrorCode"], 0)


def cut(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


CONTROLS = st.builds(lambda kind, what: kind << 8 | what, st.sampled_from(sorted(CLASSES)), st.integers(0, 0xFF))
SENTENCES = st.lists(st.builds(Apdu, CONTROLS, st.binary(max_size=300)), max_size=5)
NOISE = st.binary(max_size=40).map(lambda data: bytes(byte for byte in data if byte not in CLASSES))


@given(SENTENCES, st.lists(st.integers(0, 1600)))
def test_however_a_stream_is_cut_the_sentences_are_the_same(sentences: list[Apdu], cuts: list[int]) -> None:
    data, framer = b"".join(one.bytes for one in sentences), Framer()
    assert [one for piece in cut(data, cuts) for one in framer.feed(piece)] == sentences


@given(SENTENCES, NOISE)
def test_noise_before_a_sentence_is_passed_over(sentences: list[Apdu], noise: bytes) -> None:
    assert Framer().feed(noise + b"".join(one.bytes for one in sentences)) == sentences


def test_a_sentence_of_the_greatest_length_is_held_and_no_more() -> None:
    framer, longest = Framer(), Apdu(0x06D3, bytes(0xFFFF))
    assert framer.feed(longest.bytes[:-1]) == []
    assert framer.feed(longest.bytes[-1:]) == [longest]
    assert len(framer._rest) == 0
    framer.feed(b"nothing that could begin a sentence" * 1000)
    assert len(framer._rest) == 0


ORDERS = [
    0x0401, 0x040D, 0x040F, 0x04FF, 0x060F, 0x061E, 0x06D1, 0x06D3, 0x06E0, 0x06E4, 0x8000, 0x8400, 0x8483, 0x849C,
]  # fmt: skip


@given(st.binary(max_size=200), st.sampled_from(ORDERS))
def test_no_sentence_of_a_broken_terminal_breaks_the_conversation(data: bytes, control: int) -> None:
    conversation = Conversation(apdu.authorisation(100, 978))
    conversation.take(apdu.ACK)
    conversation.take(Apdu(control, data))
    try:
        apdu.status_information(data)
    except ZvtError:
        return


def test_paid_is_said_only_at_the_end() -> None:
    conversation = Conversation(apdu.authorisation(100, 978))
    conversation.take(apdu.ACK)
    conversation.take(Apdu(apdu.STATUS, b"\x27\x00"))
    assert conversation.ending is None
    conversation.take(Apdu(apdu.ABORTED, b"\x71"))
    assert conversation.ending is not None
    assert conversation.ending.end is End.ABORTED


def spoken(*sentences: Apdu, order: int = apdu.AUTHORISATION) -> Conversation:
    conversation = Conversation(Apdu(order))
    for sentence in sentences:
        conversation.take(sentence)
    return conversation


def test_a_terminal_may_acknowledge_in_either_way_and_ask_for_time() -> None:
    assert spoken(Apdu(0x8400)).acknowledged
    waiting = spoken(Apdu(0x849C))
    assert (waiting.acknowledged, waiting.ending) == (False, None)
    refused = spoken(Apdu(0x849C), Apdu(0x8483)).ending
    assert refused is not None
    assert (refused.end, reason_of(refused.code)) == (End.REFUSED, "terminal.not_possible")


def test_the_end_of_an_earlier_order_is_not_taken_for_this_one() -> None:
    conversation = spoken(Apdu(apdu.STATUS, b"\x27\x00"), Apdu(apdu.COMPLETION))
    assert conversation.ending is None
    conversation.take(apdu.ACK)
    conversation.take(Apdu(apdu.ABORTED, b"\x6c"))
    assert conversation.ending is not None
    assert (conversation.ending.end, conversation.ending.said.result) == (End.ABORTED, None)


def test_what_only_people_could_answer_is_not_supported_and_the_clock_is_passed_over() -> None:
    conversation = spoken(apdu.ACK)
    assert conversation.take(Apdu(0x040D))[0] == b"\x84\x83\x00"
    assert conversation.take(Apdu(0x0401))[0] == b"\x80\x00\x00"


def test_what_goes_on_has_a_code_and_the_terminals_own_words() -> None:
    conversation = spoken(apdu.ACK)
    told = conversation.take(Apdu(apdu.INTERMEDIATE, b"\x0a\x01\x06\x08\x24\x06\x07\x04Card"))[1]
    assert told is not None
    assert (told.code, told.text) == ("terminal.insert_card", "Card")
    shown = conversation.take(Apdu(apdu.DISPLAY_TEXT, b"\xf0\x05\xf1\xf0\xf2Hi\xf2\xf0\xf3you"))[1]
    assert shown is not None
    assert shown.text == "Hi you"
    assert doing_of(0x4A) == "terminal.remove_card"
    assert doing_of(0xEE) == "terminal.working"


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", None), (b"\x00", 0), (b"\xf0\xf0\xf0\xf31.0\x9c", 0x9C), (b"\xf0\x01", None), (b"\x06\x00", None)],
)
def test_a_status_enquiry_is_answered_after_the_softwares_version(data: bytes, status: int | None) -> None:
    ending = spoken(apdu.ACK, Apdu(apdu.COMPLETION, data), order=apdu.STATUS_ENQUIRY).ending
    assert ending is not None
    assert (ending.end, ending.status) == (End.COMPLETED, status)


def test_a_field_of_a_later_release_does_not_hide_the_result() -> None:
    said = apdu.status_information(bytes.fromhex("2700040000000010008700057f0102"))
    assert (said.result, said.amount_minor, said.receipt) == (0, 1000, 5)
    with pytest.raises(ZvtError):
        apdu.status_information(b"\x7f")


def test_tags_of_one_two_and_three_bytes() -> None:
    assert list(apdu.tlv(bytes.fromhex("0701411f1201021f800101ff"))) == [
        (0x07, b"A"), (0x1F12, b"\x02"), (0x1F8001, b"\xff"),
    ]  # fmt: skip


def test_a_block_of_lines_and_a_single_line_are_printed_alike() -> None:
    assert apdu.printed_lines(Apdu(apdu.PRINT_LINE, b"\x00TOTAL")) == ["TOTAL"]
    block = bytes.fromhex("060c" + "250a" + "070354" + "4f54" + "0703" + "414c21")
    assert apdu.printed_lines(Apdu(apdu.PRINT_BLOCK, block)) == ["TOT", "AL!"]


# ── no card number is kept ───────────────────────────────────────────────────────────────────────


def test_of_ten_thousand_card_numbers_and_tracks_none_gets_past_the_parser() -> None:
    chance = random.Random(1)
    for _ in range(10_000):
        number = luhn(chance)
        card, track = bytes.fromhex(number), bytes.fromhex(number + "d2512201")
        data = b"".join(
            [
                b"\x27\x00\x22\xf0" + bytes([0xF0 | len(card)]) + card,
                b"\x23\xf1" + bytes([0xF0 | len(track) % 10]) + track,
                b"\x3c\xf0\xf1\xf6" + number.encode(),
            ]
        )
        said = apdu.status_information(data)
        assert said.masked_card == said.text == "••" + number[-4:]
        assert number not in repr(said)
        assert repr(card)[2:-1] not in repr(Apdu(apdu.STATUS, data))
        (line,) = apdu.printed_lines(
            Apdu(apdu.PRINT_LINE, b"\x00Card " + number[:4].encode() + b" " + number[4:].encode())
        )
        assert line == "Card ••" + number[-4:]


def test_long_numbers_that_are_no_cards_are_printed_as_they_are() -> None:
    for text in ("VU 455600001234", "Ref 4012888888881882", "A0000000041010", "GEN.NR.:611804"):
        assert apdu.text_of(text.encode()) == text
