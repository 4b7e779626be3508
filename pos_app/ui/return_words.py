"""Sentences for what a receipt or goods that come back cannot do, by code."""

from collections.abc import Mapping
from types import MappingProxyType

from pos_app.locale.mark import _

RETURN_ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "invoice.exists": _("Receipt {receipt} has invoice {invoice} already. Ask for it again to print a copy."),
        "invoice.incomplete": _("An invoice needs the buyer's name, street and town."),
        "invoice.too_long": _("At most {limit} letters in a line of an invoice."),
        "mail.bad_address": _("“{text}” is not an e-mail address."),
        "paper.not_saved": _("The file could not be saved: {why}"),
        "post_void.card_in_doubt": _(
            "Nobody knows whether the card got its money back. Press again: the terminal is asked."
        ),
        "post_void.card_kept": _(
            "The terminal does not give that payment back any more. Take the goods back with {key_return}."
        ),
        "post_void.has_returns": _("{receipt} is a return or a reversal itself. It cannot be reversed."),
        "post_void.nothing": _("There is no sale to reverse yet."),
        "post_void.other_session": _(
            "{receipt} was sold in another drawer session. Take the goods back with {key_return}."
        ),
        "post_void.part_back": _("Something of {receipt} came back already. Take the rest back with {key_return}."),
        "post_void.sale_is_open": _("Finish the open sale first, or put it aside with {key_suspend}."),
        "post_void.tender": _(
            "The way {receipt} was paid cannot be reversed at once. Take the goods back with {key_return}."
        ),
        "receipt.forged": _(
            "This receipt was not written by one of our tills. Take nothing back on it; call a manager."
        ),
        "receipt.lines_elsewhere": _(
            "The lines of this long receipt are at the till that wrote it, and nobody can be asked now. "
            "Take the goods back there, or press {key_no_receipt} and take them without a receipt."
        ),
        "receipt.not_of_this_till": _(
            "Neither this store nor head office knows receipt {receipt}, as far as they can be asked. Scan the code on it."
        ),
        "receipt.other_currency": _("That receipt is in {currency}. It cannot be paid back here."),
        "receipt.other_retailer": _("That is another shop's receipt."),
        "receipt.unreadable": _("The code on the receipt is damaged. Type the receipt's number below it."),
        "receipt.voided": _("Sale {receipt} was reversed whole. Nothing more comes back on it."),
        "return.change_there": _("{name} comes back. Take the line off with Del, then do the return again."),
        "return.more_than_sold": _("More would come back than was sold on {receipt}. Take that line off."),
        "return.none_left": _("Nothing more of {name} can come back on this receipt."),
        "return.not_on_receipt": _("{name} is not on this receipt."),
        "return.nothing_left": _("Everything on receipt {receipt} has come back already."),
        "return.nothing_ticked": _("Scan the goods that come back first."),
        "return.other_lot": _("Not the lot that was sold. It was lot {lot} of {name}."),
        "return.other_serial": _("Not the unit that was sold. It was {name} with serial {serial}."),
        "return.receipt_first": _("Scan the receipt first, or press {key_no_receipt} when there is none."),
        "return.receipt_needed": _("This store takes nothing back without a receipt."),
        "return.scan_unit": _("Scan {name}: its serial or lot must be the one that was sold."),
        "return.unknown_line": _("That line of receipt {receipt} is not known here. Do the return again."),
        "return.unknown_receipt": _("This till wrote no receipt {receipt}. Check the number."),
        "tender.wrong_way": _("Money goes one way only: take it or give it back."),
    }
)
