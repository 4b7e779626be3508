"""What a basket costs, over REST: for online channels and everybody else who sells without a till."""

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from hq_server.service import quotes
from hq_server.service.quotes import Basket, Quote
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.roles import Permission
from retail_core.domain.saleline import SaleLine


class ReasonOut(msgspec.Struct, frozen=True):
    """Why a line costs something else than its price: the rule (`promo:ID`), what it takes off (negative), its name, and how
    long it holds: a last day YYYY-MM-DD, or HH:MM of the day."""

    rule: str
    amount_minor: int
    text: str
    until: str


class LineTaxOut(msgspec.Struct, frozen=True):
    """The line's share of a tax; shares of all lines add up to the tax of the basket."""

    tax_class: str
    rate_ppm: int
    included: bool
    tax_minor: int


class QuoteLineOut(msgspec.Struct, frozen=True):
    """`asked`: the number, from 1, of the line of the basket it came from. `deposit_of_it`: it is the deposit taken with that."""

    asked: int
    deposit_of_it: bool
    sku: str
    name: str
    qty_milli: int
    unit_minor: int
    amount_minor: int
    reasons: tuple[ReasonOut, ...]
    taxes: tuple[LineTaxOut, ...]


class TaxOut(msgspec.Struct, frozen=True):
    """A rate on the whole basket. `taxable_minor`: the sum of line amounts, the tax being in it (`included`) or on top."""

    tax_class: str
    rate_ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int


class QuoteOut(msgspec.Struct, frozen=True):
    """A priced basket. `due_minor` = sum of `lines_minor` and of taxes that are added. `gifts_due`: promotions whose gift is earned
    and not in the basket."""

    store: str
    zone: str
    currency: str
    at_ms: int
    lines: tuple[QuoteLineOut, ...]
    lines_minor: int
    saved_minor: int
    taxes: tuple[TaxOut, ...]
    due_minor: int
    gifts_due: tuple[str, ...]


def quote_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @post(
        "/api/quotes",
        opt={NEEDS: Permission.PLACE_ORDER},
        status_code=200,
        summary="What a basket costs, line by line, as a till would price it; nothing is kept",
        responses=errors(400, 401, 403, 404, 413, 422),
    )
    @threaded
    def price(data: JSONBody[Basket]) -> QuoteOut:
        return _out(quotes.quote(hq, data))

    return [price]


def _out(made: Quote) -> QuoteOut:
    totals, place = made.totals, made.place
    taxes = (
        TaxOut(part.tax_class, part.rate_ppm, part.included, part.taxable_minor, part.tax_minor)
        for part in totals.taxes
    )
    return QuoteOut(
        place.place_id, place.zone, place.currency, made.at_ms, tuple(_line(made, line) for line in made.lines),
        totals.lines_minor, totals.saved_minor, tuple(taxes), totals.due_minor, made.gifts_due,
    )  # fmt: skip


def _line(made: Quote, line: SaleLine) -> QuoteLineOut:
    taxes = (
        LineTaxOut(rate.tax_class, rate.rate_ppm, rate.included, made.line_taxes.get((line.line_id, rate.tax_class), 0))
        for rate in line.taxes
    )
    reasons = (ReasonOut(why.rule, why.amount_minor, why.text, why.until) for why in line.reasons)
    return QuoteLineOut(
        made.asked[line.line_id], line.of is not None, line.sku, line.name, line.qty_milli, line.unit_minor,
        line.amount_minor, tuple(reasons), tuple(taxes),
    )  # fmt: skip
