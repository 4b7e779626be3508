"""Every word of the till's screen: translation, and plain sentences for stable codes.

`tr("…")` takes the English sentence; catalogues are `pos_app/locale/<language>/LC_MESSAGES/omnitill.po`, gathered with
Babel (`make words`). A code without a sentence still gets one, with the code in it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pos_app.locale import catalogue
from pos_app.locale.catalogue import SOURCE_LANGUAGE, Spoken, spoken
from pos_app.ui.return_words import RETURN_ERRORS
from retail_core.domain.errors import CodedError, Fact
from retail_core.domain.money import format_money

LOCALE_FOLDER = catalogue.FOLDER


class _InForce:
    """The language of the screen: the till's own, or that of whoever is signed in."""

    def __init__(self) -> None:
        self.spoken = spoken(SOURCE_LANGUAGE)


_now = _InForce()


def set_language(language: str) -> None:
    """Choose the language of all words from now on; an unknown one is English."""
    _now.spoken = spoken(language, LOCALE_FOLDER)


def language() -> str:
    return _now.spoken.code


def in_force() -> Spoken:
    """The catalogue of the language of the screen."""
    return _now.spoken


def tr(text: str, /, **facts: Fact) -> str:
    """The sentence in the language in force, with its {facts} filled in."""
    found = _now.spoken.say(text)
    return found.format(**facts) if facts else found


def ntr(one: str, many: str, n: int, /, **facts: Fact) -> str:
    """The sentence for `n` of something; `{n}` is filled in."""
    return _now.spoken.say_n(one, many, n).format(n=n, **facts)


def _(text: str) -> str:
    """Marks a sentence for the catalogue where it stands in a table; `tr` looks it up when it is shown."""
    return text


ERROR_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **RETURN_ERRORS,
        # typing and scanning
        "age.bad_date": _("“{text}” is no date of birth. Type it like 27.11.2008."),
        "age.too_young": _("Not {age} yet. Take the goods off, or ask for another document."),
        "amount.is_a_bar_code": _("{text} is a bar code, not an amount. Nothing was taken."),
        "amount.looks_like_a_bar_code": _("{text} could be a bar code. Press again if it is an amount."),
        "amount.not_a_number": _("“{text}” is not an amount. Type figures, such as 20 or 20.50."),
        "amount.too_large": _("That amount is too large."),
        "amount.too_many_decimals": _("That has too many decimals for this currency."),
        "ask.bad_date": _("“{text}” is no date. Type it like 24.12.2026."),
        "ask.empty": _("Type or scan it first."),
        "ask.none": _("Nothing is asked of this sale."),
        "ask.too_long": _("That is too long; at most {limit} characters."),
        "ask.unreadable": _("That cannot be read. Type it."),
        "command.unknown": _("There is no command “{text}”."),
        "department.below_limit": _("At least {limit} in {name}. Check the price."),
        "department.missing": _("Type the department after the d, such as 1.49d11."),
        "department.over_limit": _("At most {limit} in {name}. Check the price."),
        "department.price_first": _("Type the price first, then press the department."),
        "department.price_zero": _("Zero is no price. Type what it costs, such as 1.49d11."),
        "department.unknown": _("There is no department {no}. Ask for the list of departments."),
        "item.no_price": _("{name} has no price here. Leave it out and tell the manager."),
        "item.unknown": _("Unknown code {label}. Keep scanning; say what it is before paying."),
        "line.goes_along": _("The deposit goes with its goods. Change those, and it follows."),
        "line.one_by_one": _("Each {name} has a serial number of its own. Scan them one by one."),
        "line.looks_large": _("That makes {amount} on one line. Press again if that is right."),
        "line.none_selected": _("Choose a line first, with ↑ and ↓ or a tap."),
        "money.currency_differs": _("Two currencies cannot be added up."),
        "quantity.is_a_bar_code": _("{text} is a bar code, not a quantity."),
        "quantity.looks_large": _("{text} pieces? Press Enter again if that is right."),
        "quantity.not_a_number": _("“{text}” is not a quantity."),
        "quantity.too_fine": _("At most three decimals, such as 0.532."),
        "quantity.too_large": _("That is more than one line can hold."),
        "quantity.zero": _("Zero is no quantity. Use Del to void a line."),
        "scan.binary": _("That scan was not readable. Scan it again."),
        "scan.not_for_pickup": _("That code is not an item, a shelf or a pickup pass."),
        "scan.too_long": _("That scan was too long to be an item. Scan it again."),
        "scan.unframed": _("The scanner sent something unfinished. Scan it again."),
        "scan.already_by_tag": _("{name} was read by its tag already. Press + for one more."),
        "scan.ambiguous": _("Only the item number of that code could be read; lot and date were left out."),
        "scan.association": _("That code has fields that do not fit together. Check the label."),
        "scan.cut_off": _("The scanner sent something unfinished. Scan it again."),
        "scan.is_badge": _("That is a staff badge. It signs in; it is not for sale."),
        "scan.is_delivery": _("That is the label of a parcel or pallet. Scan the item inside."),
        "scan.is_gift_card": _(
            "That is a gift card. Scan it on the Sell screen to sell it, or while paying to use it."
        ),
        "scan.is_receipt": _("That is a receipt. F7 takes goods back."),
        "scan.is_shelf": _("That is the label of a shelf. Scan the item."),
        "scan.one_unit": _("2 codes, 1 unit of {name}. Press + if it was two."),
        "scan.says_nothing": _("The label of {name} says a weight or price of nothing. Weigh it and label it again."),
        "tags.read": _("Read by tag: {added}."),
        "tags.read_some": _("Read by tag: {added}. {unknown} other tags belong to no item here."),
        "unit.already_on_sale": _("{name} with serial {serial} is on this sale already."),
        "unit.check_lot": _("{name} is recalled in lots {detail}. Check the lot on the pack before you sell it."),
        "unit.check_lot.line": _("Recalled lots: {detail} · check the pack"),
        "unit.check_serial": _("{name} is recalled for serial numbers {detail}. Check the pack before you sell it."),
        "unit.check_serial.line": _("Recalled serial numbers: {detail} · check the pack"),
        "unit.expired": _("{name} expired on {detail}. It is not sold; take it off with Del and put it aside."),
        "unit.expired.line": _("Expired {detail} · not for sale, Del takes it off"),
        "unit.past_best_before": _("{name} was best before {detail}."),
        "unit.past_best_before.line": _("Best before {detail} · not for sale, Del takes it off"),
        "unit.past_best_before.look": _("Best before {detail} · tell the customer"),
        "unit.recalled": _("{name} is recalled: {detail}. Take it off with Del and put it aside."),
        "unit.recalled.line": _("Recalled: {detail} · Del takes it off"),
        "weigh.first": _("Weigh {name}: put it on the scale, or type its weight, such as *0.532."),
        "weigh.first.line": _("Put it on the scale and scan again, or type *0.532"),
        "line.pack_by_pack": _("Each pack of {name} has its own weight or price. Scan them one by one."),
        "line.serial_is_one": _("A serial number is one unit. Press + for another {name}."),
        "search.nothing": _("Nothing found for “{text}”."),
        # the sale
        "parking.claimed": _("{by} has taken up that basket already."),
        "parking.elsewhere": _("Nobody can tell whether {till} still has that basket. Take it up there."),
        "parking.full": _("{limit} baskets are put aside already. Take some up with F8 and finish or void them first."),
        "parking.gone": _("That basket is not put aside any more."),
        "parking.none": _("No basket is put aside."),
        "sale.another_is_open": _("Finish this sale or put it aside first, then take up the other."),
        "sale.being_paid": _("The sale is being finished."),
        "sale.illegal_move": _("The sale cannot be changed now."),
        "sale.line_is_void": _("That line is voided already."),
        "sale.line_not_pending": _("That line is known already."),
        "sale.no_such_line": _("That line is gone."),
        "sale.none_waits": _("No other basket waits."),
        "sale.nothing_to_park": _("There is nothing to put aside."),
        "sale.nothing_to_void": _("There is no sale to give up."),
        "sale.nothing_to_pay": _("There is nothing to pay yet. Scan an item."),
        "sale.open_questions": _("Answer the open questions before paying: Ctrl+E."),
        "sale.pending_lines": _("Unknown codes are waiting. Find each item by name, scan its other code, or void it."),
        "sale.stopped_lines": _("A line must not be sold as it is. Take it off with Del, or weigh it."),
        "sale.too_many_lines": _("The sale is full at {limit} lines. Finish it and start another."),
        "sale.too_large": _("The sale is too large. Finish it and start another."),
        "cash.no_such_coin": _("No coins make that sum here. Round it to the smallest coin."),
        "points.over_bound": _("While head office cannot be reached, {points} of the points may be spent."),
        "points.too_few": _("There are only {points} points."),
        "tender.no_points": _("These points are not those of the customer on this sale."),
        "value.in_use": _("{by} is using that card at this moment. Wait until it is done there."),
        "tender.no_rate": _("{currency} is not taken in this store."),
        "tender.not_positive": _("Type an amount first."),
        "return.in_use": _("{by} takes goods back on that receipt at this moment. Wait until it is done there."),
        "store_role.alive": _("{by} ties the store together and answers. There is nothing to take over."),
        "store_role.no_agent": _("The agent of this machine does not answer. Start it, then try again."),
        "tender.over": _("That is more than needs to be paid. Nothing is paid out in cash on it here."),
        "tender.cash_back_limit": _("At most {limit} is paid out in cash on a card here."),
        "tender.too_large": _("That is too much cash for one sale. Check the amount."),
        "tender.too_little": _("That is less than the amount to pay."),
        "tender.not_taken": _("That payment is not on this sale any more."),
        "tender.twice": _("The card ending in {tail} is on this sale already. Undo it to take another amount."),
        "tender.wrong_way": _("The customer gets money back. Choose how to pay it out."),
        "sale.paid_in_part": _("Part of this sale is paid. Give that back first: Pay, then Del."),
        # gift cards, store credit, points and accounts
        "card.amount": _("A gift card takes {least} to {most} at a time."),
        "card.not_loadable": _("Money goes onto gift cards alone. The one ending in {tail} is none."),
        "card.on_sale": _("The card ending in {tail} is on this sale already. Void its line to take another amount."),
        "card.one_amount": _("A gift card is sold once. Void its line to take another amount."),
        "post_void.gift_card": _(
            "A gift card was sold with it. Head office puts its money right; the rest can be returned."
        ),
        "value.bad_code": _("That is no card number. It has {shortest} to {longest} letters and digits."),
        "value.expired": _("The card ending in {tail} expired on {day}. Choose another way to pay."),
        "value.inactive": _("The card ending in {tail} has not been sold yet. Scan it on the Sell screen to sell it."),
        "value.locked": _("The card ending in {tail} is locked. Keep it and call a manager."),
        "value.nothing_left": _("Nothing is left on the card ending in {tail}."),
        "value.other_currency": _("The card ending in {tail} is in {currency}. It cannot pay here."),
        "value.over_bound": _(
            "Head office has not been heard of lately: {left} may be taken from the card ending in {tail} now."
        ),
        "account.over_bound": _(
            "Head office has not been heard of lately: {left} may go on the account ending in {tail} now."
        ),
        "account.over_limit": _(
            "Only {left} more may go on the account ending in {tail}. Take the rest in another way."
        ),
        "value.too_little": _("Only {left} is left on the card ending in {tail}."),
        "value.unknown": _("Nobody knows this card yet. Check the number, or choose another way to pay."),
        # discounts by hand
        "discount.more_than_price": _("That is more than it costs."),
        "discount.no_reason": _("Say why the price is another one."),
        "discount.no_such_price": _("That is no price."),
        "discount.none": _("Nothing was taken off here."),
        "discount.not_on_this": _("Nothing can be taken off {name}."),
        "discount.not_a_percentage": _("“{text}” is no percentage."),
        "discount.nothing": _("Type how much to take off."),
        "discount.nothing_takes_it": _("There is nothing on the sale that takes a discount."),
        "discount.over_all": _("More than 100 % cannot be taken off."),
        "discount.over_limit": _("Nobody here may take off that much."),
        "promotion.gift_due": _("{name}: a gift is due. Scan it along, it costs nothing."),
        "tax.bad_certificate": _("“{text}” is no number of a certificate. Letters, figures and - . / only, no names."),
        "tax.no_certificate": _("Type the number of the certificate."),
        "tax.not_exempt": _("This sale bears its taxes."),
        "discount.price_too_high": _("That price is too high. Look at the figure again."),
        # customers and coupons
        "coupon.expired": _("That coupon has expired."),
        "coupon.forged": _("That coupon was not issued by us. Do not take it."),
        "coupon.not_yet": _("That coupon is not valid yet."),
        "coupon.on_sale": _("That coupon is on this sale already."),
        "coupon.taken": _("{name}: the coupon is on the sale."),
        "coupon.taken_off": _("The coupon is off the sale. The customer keeps it."),
        "coupon.too_many": _("At most {limit} coupons on one sale."),
        "coupon.unknown": _("That coupon is not known here. Nothing was taken off."),
        "coupon.unreadable": _("The coupon could not be read. Scan it again."),
        "coupon.used": _("That coupon was used before. It is off the sale."),
        "coupon.waits": _("{name}: the coupon is on the sale, but nothing on it fits yet."),
        "customer.attached": _("{name} is the customer of this sale."),
        "customer.bad_card": _("A card has 4 to 40 letters and figures."),
        "customer.bad_email": _("That is not an e-mail address. Type it again."),
        "customer.bad_name": _("Type the customer's name, at most {limit} characters."),
        "customer.bad_phone": _("A phone number has 6 to 15 figures. Type it again."),
        "customer.card_unknown": _(
            "That card is not known in this store. Find the customer with F3, by phone or name."
        ),
        "customer.detached": _("No customer is on this sale any more."),
        "customer.known_already": _("{name} has these details already. Find them with F3."),
        "customer.no_consent": _("Without the customer's yes nothing is kept."),
        "customer.no_way_to_reach": _("Type a phone number or an e-mail address."),
        "customer.none_found": _("Nobody found for “{text}”. F3 makes a new customer."),
        "customer.yes_or_no": _("Ask the customer, then press + for yes or − for no."),
        "customer.payment_card": _("That looks like a payment card. It must not be kept here."),
        "customer.too_many_cards": _("At most {limit} cards a customer."),
        # cards
        "card.number_refused": _(
            "That is the number of a payment card. It was not kept. Take cards with F9 on the terminal."
        ),
        "card.ask_people": _("The terminal cannot say whether it was paid. Look at its own receipt, then decide."),
        "card.busy": _("The terminal is busy with the other basket. Take cash, or wait."),
        "card.doubt_beside": _("Nobody knows yet whether the other basket was charged. Go to it first, or take cash."),
        "card.finish_beside": _("It was paid by card. Go to it and finish it."),
        "card.part_beside": _("The card paid a part. Go to it and take the rest."),
        "card.doubt": _("Nobody knows yet whether the card was charged. Ask the terminal; nothing is taken twice."),
        "card.no_terminal": _("No card terminal is set up at this till. Ctrl+H adds one."),
        "terminal.aborted_there": _("The payment was stopped at the terminal. Nothing was taken."),
        "terminal.already_reversed": _("That payment was given back already."),
        "terminal.amount_too_high": _("The amount is too high for this card. Take a part, or another card."),
        "terminal.amount_too_low": _("The amount is too low for cards here."),
        "terminal.busy": _("The terminal works for somebody. Nothing was taken; try again."),
        "terminal.card_blocked": _("The card is blocked. Nothing was taken."),
        "terminal.card_expired": _("The card has expired. Nothing was taken."),
        "terminal.card_not_admitted": _("This card is not accepted here. Nothing was taken."),
        "terminal.card_not_readable": _("The card could not be read. Nothing was taken; try again."),
        "terminal.card_unknown": _("The terminal does not know this card. Nothing was taken."),
        "terminal.closed": _("The terminal is not ready. Nothing was taken."),
        "terminal.closing_its_day": _("The terminal is closing its day. Nothing was taken; try again in a minute."),
        "terminal.day_not_closed": _("The terminal wants its day closed first. Nothing was taken."),
        "terminal.declined": _("The bank said no. Nothing was taken; ask for another card, or cash."),
        "terminal.earlier_in_doubt": _(
            "An earlier payment must be cleared up with this terminal first. Nothing was taken."
        ),
        "terminal.link_died": _("The line to the terminal broke before anything was taken."),
        "terminal.memory_full": _("The terminal's memory is full: close its day. Nothing was taken."),
        "terminal.needs_diagnosis": _("The terminal asks for a diagnosis. Nothing was taken."),
        "terminal.never_asked": _("The terminal was never asked. Nothing was taken."),
        "terminal.no_host": _("The terminal has no line to the bank. Nothing was taken; take cash."),
        "terminal.no_receipt_number": _("The terminal gave no number, so it cannot be given back from here."),
        "terminal.not_accepted": _("The terminal did not accept that. Nothing was taken."),
        "terminal.not_possible": _("The terminal cannot do that. Nothing was taken."),
        "terminal.not_registered": _("The terminal does not know this till. Nothing was taken."),
        "terminal.not_reversed": _("It was not given back; it stays paid."),
        "terminal.not_taken": _("Nothing was taken."),
        "terminal.other_terminal": _("Another terminal took that payment."),
        "terminal.pin_locked": _("The PIN is locked after too many wrong tries. Nothing was taken."),
        "terminal.printer_not_ready": _("The terminal is out of paper. Nothing was taken."),
        "terminal.reversal_not_possible": _("The terminal cannot give that back any more. Refund it instead."),
        "terminal.settled_by_people": _("A supervisor decided it by the terminal's receipt."),
        "terminal.silent": _("The terminal does not answer. Nothing was taken."),
        "terminal.system_error": _("The terminal has an error of its own. Nothing was taken."),
        "terminal.unreachable": _("The terminal cannot be reached. Nothing was taken; take cash."),
        "terminal.waits_for_cashier": _("The terminal waits for something on its own screen."),
        "terminal.wrong_currency": _("The terminal takes another currency. Nothing was taken."),
        "terminal.wrong_pin": _("The PIN was wrong. Nothing was taken."),
        # people
        "approval.needed": _("A supervisor must agree to that."),
        "approval.not_allowed": _("You may not agree to that. Ask a supervisor or the manager."),
        "approval.own": _("That takes two people. Somebody else must agree."),
        "badge.malformed": _("A badge holds OTB: and {least} to {most} capital letters, figures and hyphens."),
        "badge.pin_too": _("{name}: now type your PIN."),
        "badge.unknown": _("That badge is not known here. Sign in by PIN, and ask head office for another badge."),
        "operator.not_signed_in": _("Sign in first."),
        "permission.denied": _("You may not do this. Ask a supervisor."),
        "pin.locked": _("Too many wrong PINs. Wait {minutes} minutes, or ask the manager."),
        "pin.malformed": _("A PIN has {least} to {most} figures."),
        "pin.wrong": _("Wrong PIN. {tries_left} tries left."),
        "staff.none": _("No staff list has arrived from head office yet. It comes by itself once the line is up."),
        # the drawer
        "day.drawer_open": _("The drawer is open. Count it and close it first; then close the day."),
        "day.nothing": _("There is no day to close yet: nothing was sold on this till."),
        "drawer.amount_not_positive": _("Type how much money it is."),
        "drawer.amount_too_large": _("That is too much money for a drawer. Check the amount."),
        "drawer.bad_count": _("That is no number of coins or notes. Check the count."),
        "drawer.closed_already": _("This drawer is closed already. Its Z report can be printed again."),
        "drawer.count_again": _("Count once more: the first count differs by more than the store allows."),
        "drawer.counted_too_often": _("Counted {rounds} times. Close it with the last count, and say why it differs."),
        "drawer.no_sale_has_no_amount": _("Opening without a sale moves no money. Choose loan, drop or bank."),
        "drawer.no_such_z": _("There is no Z report {z} on this till."),
        "drawer.none_open": _("No drawer is open. Open one with its float; a sale opens it by itself, too."),
        "drawer.not_counted": _("Count the drawer first. A sale or a movement after a count asks for another."),
        "drawer.not_enough": _("There is not that much money in the drawer."),
        "drawer.of_somebody_else": _("Somebody else opened this drawer. Begin the count anew and have it approved."),
        "drawer.open_already": _("The drawer is open already."),
        "drawer.reason_missing": _("Say what it is for, in a few words."),
        "drawer.variance_reason": _("Choose why the drawer differs, then close it."),
        # pickup
        "code.locked": _("Five wrong codes for {order}. Ask the customer for the pass, or call the manager."),
        "code.wrong": _("That code does not fit {order}. {tries_left} tries left."),
        "fulfilment.illegal_move": _("That cannot be done with {order} now."),
        "fulfilment.not_all_picked": _("Some items are not picked yet."),
        "fulfilment.not_staged": _("Scan the label of the shelf first, or type it and press Enter."),
        "fulfilment.nothing_picked": _("Nothing was found for this order, so it cannot be made ready."),
        "order.claimed": _("{by} is working on {order} already."),
        "order.none_open": _("Choose an order first."),
        "order.none_to_pick": _("No order is waiting to be picked."),
        "order.not_found": _("No open order for “{text}”."),
        "order.not_ready": _("{order} is not ready to hand over yet."),
        "order.several": _("{count} orders fit. Type more of the number or name."),
        "order.not_paid": _("Order {order} is not paid yet. Taking its balance at the till comes later; call HQ."),
        "order.unknown": _("That order is not known here yet."),
        "pass.expired": _("This pass has expired. Ask for the 8-character code."),
        "pass.forged": _("This pass was not issued by us. Do not hand anything over."),
        "pass.other_order": _("This pass belongs to another order, not to {order}."),
        "pass.unreadable": _("The pass could not be read. Scan it again, or ask for the 8-character code."),
        "pick.already_complete": _("All of {name} is picked already. Put this one back."),
        "pick.too_many": _("That is more than was ordered."),
        "pick.wrong_item": _("Wrong item. {name} is not on this order. Put it back."),
        "stage.not_a_shelf": _("“{text}” is not a shelf."),
        # paper
        "receipt.no_printer": _("No receipt printer is set up. Ctrl+H adds one."),
        "receipt.not_found": _("There is no receipt to print again yet."),
        # files of batch scanners
        "batch.bad_count": _("“{text}” has no count the till understands."),
        "batch.not_a_code": _("“{text}” is no code of an item."),
        "batch.too_large": _("That file is too large. Split it."),
        "batch.unreadable": _("The file {file} cannot be read: {why}"),
        # labels
        "label.bad_copies": _("Print between 1 and 999 copies of a label."),
        "label.bad_domain": _("The web address for labels is none. Correct it in the settings."),
        "label.bad_field": _("A field of the label is none that GS1 knows."),
        "label.bad_number": _("The item's number is no valid bar code. Tell head office."),
        "label.bad_shelf": _("That is no name for a shelf."),
        "label.code_too_long": _("Its code does not fit on this label. Choose the square code or a larger label."),
        "label.no_domain": _("No web address for labels is set."),
        "label.no_item_field": _("The label lacks the item's number."),
        "label.no_price": _("{name} has no price here, so it gets no label."),
        "label.no_such_item": _("There is no item {sku} here."),
        "label.too_many": _("That are {count} labels; at most {most} go in one job."),
        "label.wrong_size": _(
            "The label is {wide} × {high} mm and the printer holds {loaded_wide} × {loaded_high} mm."
        ),
        # keys
        "keys.fixed": _("{key} means the same on every till and stays where it is."),
        "keys.no_such_preset": _("There is no set of keys called {preset}."),
        "keys.not_a_key": _("“{key}” is no key for that. Take F1 to F12, or Ctrl with a letter."),
        "keys.taken": _("{key} is taken: {act}. Move that one first, or take another key."),
        # the machine
        "basket.not_kept": _("The basket could not be written. Check the disk."),
        "config.invalid": _("The settings file {file} has a mistake: {why}"),
        "config.missing": _("There is no settings file {file}. Enrol this machine first: omnitill-agent enrol."),
        "config.not_enrolled": _("The machine in {home} is not enrolled yet. Enrol it: omnitill-agent enrol."),
        "db.cannot_open": _("A file of the till cannot be opened. Check the folder's owner and the disk."),
        "db.read_only": _("A file of the till cannot be written. Check the disk and the folder's owner."),
        "db.damaged": _("The till's file {file} is damaged. Do not sell on this till; call support."),
        "disk.failing": _("The disk is failing. Stop selling on this till and call support."),
        "disk.full": _("The disk is full. Make room, then try again."),
        "db.in_use": _("The file {file} is in use by another program."),
        "db.missing": _("The file {file} is missing. Enrol this machine, or restore it."),
        "db.newer_than_program": _("The file {file} was made by a newer program. Update this program."),
        "db.not_ready": _("The agent has not prepared {file} yet. Start it: omnitill-agent run."),
        "db.sqlite_too_old": _("The database library is too old for safe selling. Install the program again."),
        "device.bad_table": _("Device {table} in till.toml has a mistake: {why}"),
        "device.name_taken": _("Two devices in till.toml are called {name}. Rename one."),
        "device.no_port": _("Device {name} in till.toml names no port."),
        "device.no_such_printer": _("The drawer in till.toml names a printer that is not there: {printer}."),
        "device.no_such_profile": _("There is no printer profile {profile}. Correct till.toml."),
        "device.too_many": _("till.toml names more than {limit} devices."),
        "home.not_writable": _("The folder {home} cannot be written. Check its owner."),
        "key.missing": _("A key of this machine is missing. Enrol it again."),
        "key.no_device_secret": _("The secret of this machine is missing. Enrol it again."),
        "key.wrong_device": _("These files belong to another machine."),
        "key.wrong_length": _("A key of this machine is damaged. Enrol it again."),
        "port.in_use": _("Another program uses the port this one needs."),
        "program.already_running": _(
            "The till is running already on these files. Go back to its window; a second one is not needed."
        ),
        "remote.socket": _("The control socket {socket} cannot be made: {why}"),
        "series.used_up": _("No receipt numbers are left for this till. Connect it to head office once."),
    }
)


DOING_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "terminal.approved": _("Approved."),
        "terminal.asking_bank": _("It asks the bank."),
        "terminal.card_inserted": _("The card is in."),
        "terminal.confirm_amount": _("The customer confirms the amount."),
        "terminal.insert_card": _("The customer holds, puts in or swipes the card."),
        "terminal.look_at_pin_pad": _("The customer follows the terminal's screen."),
        "terminal.may_still_run": _("It is being asked what became of it."),
        "terminal.remove_card": _("The customer takes the card out."),
        "terminal.taking_back": _("It takes the payment back."),
        "terminal.working": _("It works."),
    }
)


def doing_words(code: str) -> str:
    """What the customer or the card terminal does now."""
    return tr(DOING_WORDS[code]) if code in DOING_WORDS else tr("It works.")


DATED = ("unit.expired", "unit.past_best_before")  # their detail is a date
MONTHS = (
    _("January"), _("February"), _("March"), _("April"), _("May"), _("June"),
    _("July"), _("August"), _("September"), _("October"), _("November"), _("December"),
)  # fmt: skip


def words_for(code: str, facts: Mapping[str, object] | None = None) -> str:
    """One plain sentence for a stable code, saying what to do where there is something to do."""
    sentence = ERROR_WORDS.get(code)
    if sentence is None:
        return tr("That did not work ({code}).", code=code)
    if code == "pick.wrong_item" and not (facts or {}).get("name"):
        return tr("Wrong item. It is not on this order. Put it back.")
    given = _Known(_with_amounts(facts or {}))
    if code == "keys.taken":
        from pos_app.ui.key_words import act_name_of  # its words need this module

        given["act"] = act_name_of(str(given["act"]))
    if code.startswith(DATED):
        given["detail"] = date_words(str(given["detail"]))
    return _now.spoken.say(sentence).format_map(given)


def _with_amounts(facts: Mapping[str, object]) -> Mapping[str, object]:
    """`limit_minor` and `currency` are said as {limit}."""
    currency = facts.get("currency")
    if not isinstance(currency, str):
        return facts
    said = {
        name.removesuffix("_minor"): ltr(format_money(minor, currency))
        for name, minor in facts.items()
        if name.endswith("_minor") and isinstance(minor, int)
    }
    return {**said, **facts}


def date_words(iso: str) -> str:
    """ "23 November 2025" for 2025-11-23; anything else as it is."""
    year, _dash, rest = iso.partition("-")
    month, _dash, day = rest.partition("-")
    if not (month.isdigit() and day.isdigit() and 1 <= int(month) <= len(MONTHS)):
        return iso
    return tr("{day} {month} {year}", day=int(day), month=tr(MONTHS[int(month) - 1]), year=year)


def words_for_error(error: CodedError) -> str:
    return words_for(error.code, error.facts)


class _Known(dict[str, object]):
    """Facts by name; one that was not given shows as a dash instead of stopping the message."""

    def __missing__(self, key: str) -> str:
        return "–"


def ltr(text: str) -> str:
    """A number or code that keeps its own direction inside a right-to-left sentence."""
    return _now.spoken.number(text)


def own_way(text: str) -> str:
    """A name in whatever direction it has, inside a right-to-left sentence."""
    return _now.spoken.name(text)
