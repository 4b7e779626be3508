"""Plain words for stable codes, and the translation every text of a page goes through."""

import gettext
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from retail_core.domain.cases import CaseKind
from retail_core.domain.errors import Fact

LOCALE = Path(__file__).parents[1] / "locale"
DEFAULT_LANGUAGE = "en"


@lru_cache(maxsize=32)
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language, or one that gives the English source text back."""
    return gettext.translation("hq", LOCALE, [language], fallback=True)


def tr(text: str, language: str = DEFAULT_LANGUAGE) -> str:
    """A text in the reader's language."""
    return translations(language).gettext(text)


_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "access.anonymous": "Sign in or send a token first.",
        "case.illegal_move": "This case is {state} and cannot be given '{action}'.",
        "case.unknown": "There is no such case.",
        "config.unknown_command": "This command is not known.",
        "clock.off": "its clock is {minutes} min off; have it set",
        "coupon.expired": "This coupon is no longer valid.",
        "coupon.forged": "This coupon was not made by us.",
        "coupon.not_yet": "This coupon is not valid yet.",
        "coupon.on_sale": "Coupon {coupon} stands there twice.",
        "coupon.too_many": "At most {limit} coupons.",
        "coupon.unknown": "No promotion in force has this coupon.",
        "coupon.unreadable": "This is not a whole coupon.",
        "coupon.no_promotion": "No promotion in force has the coupon {coupon}.",
        "customer.bad_card": "A card has 4 to 40 letters and figures.",
        "backup.exists": "There is already a file {file}. Name another place for the copy.",
        "backup.no_copy_named": "Which copy? `omnitill-hq restore --home DIR COPY`; the newest lie in DIR/backups.",
        "backup.not_copied": "The copy {file} could not be read or there is no room for it: {why}. Nothing has changed.",
        "customer.bad_email": "That is not an e-mail address.",
        "customer.bad_name": "A customer needs a name of at most {limit} characters.",
        "customer.bad_phone": "A phone number has 6 to 15 figures.",
        "customer.card_taken": "Another customer has that card: {customer}.",
        "customer.erased": "Customer {customer} was erased and stays so.",
        "customer.payment_card": "That looks like the number of a payment card. It must not be kept.",
        "customer.too_many_cards": "At most {limit} cards a customer.",
        "customer.unknown": "There is no customer {customer}.",
        "db.damaged": "The database {file} is damaged or its key is another one. Put the last backup in its place.",
        "db.in_use": "Another program uses the database {file}. Stop it first.",
        "db.missing": "There is no database {file}.",
        "db.newer_than_program": "The database was written by a newer release. Install that release, or restore a backup.",
        "db.unreachable": "The database server cannot be reached. Check its address and that it runs.",
        "disk.full": "The disk is full. Make room; nothing was lost.",
        "enrol.bad_address": "HQ's address begins with https:// and has no spaces, such as https://hq.example:8443.",
        "enrol.bad_register": "A register has up to ten letters and figures, such as T1.",
        "enrol.code_refused": "This code is not valid (any more). Ask HQ for a new one; each works once, for ten minutes.",
        "event.bad_movement": "Movement {n} has a quantity that cannot be.",
        "feed.cursor_too_old": "This cursor is too old. Load a snapshot.",
        "feed.scope_denied": "This machine may not read {scope}.",
        "hq.no_admin": "Nobody can sign in yet. Run `omnitill-hq init` for this database.",
        "hq.not_initialised": "There is no HQ in {home} yet. Run `omnitill-hq init --home {home}` first.",
        "hq.unreachable": "HQ cannot be reached at {url}. Check the address and that it runs.",
        "key.no_reason": "Say why the keys are released.",
        "key.none_kept": "Machine {node} has handed over no keys; its disk can be read with its own device secret only.",
        "key.not_ours": "The key of {file} is not sealed to this HQ.",
        "key.not_released": "The keys of machine {node} are not released, or another machine has them. Ask an administrator of head office.",
        "node.revoked": "This machine was shut out. Enrol it again if that was a mistake.",
        "node.unknown": "There is no machine {node}.",
        "mail.bad_address": "no e-mail address",
        "mail.bad_settings": "The settings of the mail server in {file} cannot be read: {why}",
        "mail.deferred": "put off by the mail server for days",
        "mail.illegal_move": "A mail that is {state} cannot be given '{action}'.",
        "mail.not_encrypted": "Letters name people: {host} must be spoken to with security tls or starttls.",
        "mail.refused": "refused by the mail server",
        "mail.server_down": "The mail server {host} cannot be used: {why}",
        "mail.unknown": "There is no such mail.",
        "mail.unreadable": "cannot be read",
        "order.handed_over_twice": "handed over twice",
        "order.not_accepted": "no store accepts it",
        "order.rejected": "the store cannot fill it",
        "order.two_decisions": "two decisions on one order",
        "fulfilment.illegal_move": "a step that does not follow",
        "order.already_closed": "Order {order} is {state} already.",
        "order.bad_line": "A line of this order has an impossible quantity, or there are none or too many lines.",
        "order.bad_time": "A time of this order lies in the past or too far ahead.",
        "order.key_reused": "This idempotency key was used for another order.",
        "order.no_price": "{sku} has no price in zone {zone}.",
        "order.not_available": "Not enough stock for this order.",
        "order.unknown": "There is no such order.",
        "order.unknown_item": "{sku} is not a product we know.",
        "order.unknown_store": "{store} is not a store.",
        "password.too_short": "A password needs at least {least} characters.",
        "permission.denied": "Your role may not do this.",
        "markdown.bad_days": "{name}: days must be from 0 to {limit}, and the price cut needs a name.",
        "markdown.bad_percent": "{name}: the price cut must be more than 0 and at most 100 %.",
        "markdown.too_many": "At most {limit} price cuts by date.",
        "place.unknown": "{place} is not a place we know.",
        "product.unknown": "There is no item {sku}.",
        "rcn.bad_decimals": "Rule {rule} (prefix {prefix}): 0 to 4 decimals, none for pieces.",
        "rcn.bad_inner_check": "Rule {rule} (prefix {prefix}): GS1's inner check digit needs a value of 4 or 5 digits.",
        "rcn.bad_length": "Rule {rule} (prefix {prefix}): prefix, item, value and check digits must make 13.",
        "rcn.bad_prefix": "Rule {rule}: {prefix} is not a prefix a store may use (02 and 20 to 29).",
        "rcn.prefix_twice": "Rule {rule}: prefix {prefix} stands there twice.",
        "rcn.too_many": "At most {limit} rules.",
        "recall.empty_mark": "Recall {number} has an empty lot or serial.",
        "recall.incomplete": "A recall needs a number, an item and a reason.",
        "recall.too_many_units": "Recall {number} names more than {limit} lots and serials.",
        "place.unknown_timezone": "{timezone} is not a time zone.",
        "port.in_use": "Port {port} is in use by another program. Stop it or choose another port with --port.",
        "product.bad_gtin": "{gtin} of {sku} is not a valid bar code number.",
        "product.unknown_tax_class": "Tax class {tax_class} of {sku} is not known. Set taxes first.",
        "program.already_running": "HQ is running on this folder already.",
        "push.busy": "Many machines send at the moment. Try again in a moment; nothing was lost.",
        "push.damaged": "It sent bytes that are no batch, or that its key did not sign.",
        "push.other_store": "A machine may only send for its own store.",
        "push.too_slow": "The batch came in too slowly. Send it again.",
        "quote.no_price": "{sku} has no price in zone {zone} at that time.",
        "quote.not_whole": "{sku} is sold by the piece: give whole thousands.",
        "quote.one_place": "Say either a store or a zone.",
        "quote.other_currency": "The price is in {currency}, not in {asked}.",
        "quote.unknown_item": "There is no item with the SKU or bar code {label}.",
        "rate.too_many": "Too many requests. Try again in a moment.",
        "receipt.unknown": "Receipt {receipt} is not known here (yet).",
        "recall.unknown": "There is no recall {number}.",
        "request.malformed": "The request is not as described in /openapi.json: {why}",
        "request.no_key": "Send an Idempotency-Key header with every order.",
        "return.more_than_sold": "more came back than was sold",
        "settings.bad_value": "These settings of {group} cannot be: {why}",
        "settings.unknown_field": "{group} has no setting {field}. It has: {known}.",
        "settings.unknown_group": "There are no settings called {group}. There are: {known}.",
        "sign_in.locked": "Too many wrong passwords. Try again in half an hour.",
        "sign_in.refused": "Name or password is wrong.",
        "snapshot.not_ready": "The snapshot is being built. Ask again in a few seconds.",
        "snapshot.shrunk": "the new catalogue has far fewer items; machines keep the one they have (admin accept-catalogue)",
        "snapshot.unknown": "There is no such snapshot.",
        "sale.too_large": "The basket comes to more than can be sold at once.",
        "tax.bad_class": "{tax_class} cannot be the name of a tax class: it ends like a day.",
        "tax.bad_day": "{day} is not a day. Write it like 2027-01-31.",
        "tax.day_past": "{day} has begun or is over: it is {today}. A rate can only be planned for today or later, and taken back before its day.",
        "tax.day_taken": "{tax_class} has another rate planned for {day}. Take that back first (ended), then plan the new one.",
        "tax.day_too_far": "{day} is too far ahead. Rates can be planned for the next {limit} days.",
        "tax.day_twice": "{tax_class} stands there twice for {day}.",
        "tax.not_planned": "No rate of {tax_class} is planned for {day}.",
        "tax.too_many_days": "{tax_class} would have more than {limit} changes ahead.",
        "tax.unknown_class": "Tax class {tax_class} is not known. Set its rate of now first, without a day.",
        "badge.malformed": "A badge holds OTB: and {least} to {most} capital letters, figures and hyphens.",
        "parking.taken_up_twice": "a basket was taken up at two tills; both may have sold it",
        "promotion.bad_hours": "The hours of promotion {promotion} are no hours of a day.",
        "promotion.bad_limit": "How often promotion {promotion} holds in one sale must be 0 (any) to 99.",
        "promotion.bad_offer": "What promotion {promotion} takes off cannot be: look at its figures. More than 100 % is nothing.",
        "promotion.cannot_be_on_top": "Promotion {promotion} counts pieces and cannot be on top of others.",
        "promotion.cannot_name_others": "Only what is on top or off the basket can leave out what others cut: promotion {promotion}.",
        "promotion.dates_reversed": "Promotion {promotion} ends before it begins.",
        "promotion.name_each_other": "Promotions {promotion} and {other} leave each other out, so neither could come first.",
        "promotion.names_itself": "Promotion {promotion} leaves out what it cuts itself.",
        "promotion.names_too_many": "Promotion {promotion} names too many others.",
        "promotion.no_goods": "Say which goods promotion {promotion} is for.",
        "promotion.no_name": "A promotion needs an id and a name of at most 120 characters.",
        "promotion.no_such_weekday": "Days of promotion {promotion} are 0 (Monday) to 6.",
        "promotion.too_many_goods": "Promotion {promotion} lists too many goods. Use a department.",
        "staff.badge_taken": "This badge belongs to somebody else in this store.",
        "staff.pin_taken": "Somebody in this store has this PIN. Choose another.",
        "staff.pin_needed": "A new person needs a PIN.",
        "unit.sold_all_the_same": "a unit was sold twice by its tag or serial number; the till said so, and somebody sold it all the same",
        "unit.sold_twice": "a unit was sold twice by its tag or serial number and had not come back",
        "value.bad_code": "The number of a card has {shortest} to {longest} letters and digits.",
        "value.bad_move": "This amount cannot be moved.",
        "value.exists": "There is a card ending in {tail} already. Its money changes by adjustments.",
        "value.issued_twice": "sold twice",
        "value.other_currency": "moved in another currency",
        "value.overdrawn": "spent beyond its balance",
        "till.locked": "locked by its store; shut it out if it does not come back",
        "value.spent_while_locked": "spent after it was locked",
        "value.unknown": "There is no such card, credit or account.",
        "wire.too_large": "The batch is larger than {limit} bytes.",
    }
)

CASE_LABELS: Mapping[CaseKind, tuple[str, str]] = MappingProxyType(
    {
        CaseKind.NEGATIVE_STOCK: ("count", "warning"),
        CaseKind.QUARANTINED_EVENT: ("data", "warning"),
        CaseKind.SAME_ID_DIFFERENT_CONTENT: ("conflict", "error"),
        CaseKind.FORKED_STREAM: ("till", "info"),
        CaseKind.ORDER_CONFLICT: ("order", "error"),
        CaseKind.DAMAGED_EVENT: ("data", "error"),
        CaseKind.CUSTOMER_CONFLICT: ("customer", "warning"),
        CaseKind.COUPON_TWICE: ("coupon", "warning"),
        CaseKind.VALUE_CONFLICT: ("value", "error"),
        CaseKind.MAIL_FAILED: ("mail", "warning"),
        CaseKind.RETURNED_TWICE: ("return", "error"),
        CaseKind.BASKET_TWICE: ("basket", "warning"),
        CaseKind.REFUSED_INPUT: ("refused", "warning"),
        CaseKind.CATALOGUE_SHRUNK: ("catalogue", "error"),
        CaseKind.CLOCK_OFF: ("clock", "warning"),
        CaseKind.UNIT_TWICE: ("unit", "error"),
        CaseKind.TILL_LOCKED: ("till", "warning"),
        CaseKind.COUNT_AGAIN: ("count", "warning"),
    }
)
"""What a case is called in a narrow column, and its colour (the word is always there as well)."""


class _Kept(dict[str, Fact]):
    def __missing__(self, name: str) -> str:
        return f"?{name}"


def message(code: str, facts: Mapping[str, Fact], language: str = DEFAULT_LANGUAGE) -> str:
    """One plain sentence for a code; a code without words of its own is shown as it is."""
    words = _WORDS.get(code)
    if words is None:
        detail = ", ".join(f"{name} {value}" for name, value in facts.items())
        return f"{code.replace('.', ': ').replace('_', ' ')}" + (f" ({detail})" if detail else "")
    return tr(words, language).format_map(_Kept(facts))
