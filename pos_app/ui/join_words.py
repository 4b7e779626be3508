"""Sentences for what goes wrong while a machine joins its store, by the code the agent's program says."""

from collections.abc import Mapping
from types import MappingProxyType

from pos_app.locale.mark import _

JOIN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "address.malformed": _(
            "Head office's address in that line is none. Make a new code, with an address like https://hq.example:8443."
        ),
        "agent.missing": _("The program omnitill-agent is not installed beside this one. Install the till again."),
        "agent.not_running": _(
            "The agent of this machine does not run: no goods and prices come, and what is sold is not sent."
        ),
        "agent.silent": _("The agent's program gave no answer. Try again; if it stays so, call support."),
        "enrol.already_enrolled": _("This machine belongs to a store already. Start the till again."),
        "enrol.bad_fingerprint": _("The fingerprint in that line is not whole. Scan or paste it again."),
        "enrol.bad_link": _(
            "That is not the line of head office's page. It begins with omnitill:enrol; take it from there again."
        ),
        "enrol.code_refused": _(
            "Head office takes this code no more: it was used, or its ten minutes are over. Make a new one there."
        ),
        "enrol.wrong_fingerprint": _(
            "Whoever answers at that address is not the head office of this code. Nothing was sent. Tell head office."
        ),
        "hq.bad_answer": _("What answers at that address is no head office. Check the address, and make a new code."),
        "hq.unreachable": _(
            "Head office does not answer at {host}. Check the network cable and the address, then try again."
        ),
        "rate.too_many": _("Too many tries. Wait a minute, then try again."),
    }
)
