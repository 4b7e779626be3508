"""The agent's command line words: what went wrong, in one plain sentence that says what to do, and its stable code."""

from types import MappingProxyType

from retail_core.domain.errors import CodedError

WORDS = MappingProxyType(
    {
        "address.malformed": "The address of HQ must look like https://hq.example:8443.",
        "backup.exists": "There is already a file of that name. Name another folder for the copies.",
        "backup.none": "This machine has no copies yet. Make one: omnitill-agent backup --home DIR",
        "backup.not_copied": "The copy could not be read, or there is no room for it. Nothing was changed.",
        "config.bad_setting": "A setting has an unknown name or a value that does not fit.",
        "config.invalid": "till.toml has a mistake; correct the line that is named below.",
        "config.missing": "This folder has no till.toml. Enrol the machine first: omnitill-agent enrol …",
        "config.not_enrolled": "This machine is not enrolled. Ask HQ for a code and run: omnitill-agent enrol …",
        "db.damaged": "A file of this machine is damaged. Nothing was changed; keep the folder and call support.",
        "db.newer_than_program": "A file was written by a newer release. Install that release again.",
        "db.sqlite_too_old": "The SQLite library is too old to be safe. Install the packaged version.",
        "disk.full": "The disk is full. Make room; nothing is lost.",
        "enrol.already_enrolled": "This folder belongs to a store already. Use another folder for another machine.",
        "enrol.bad_fingerprint": "The fingerprint must be 64 hexadecimal digits, as HQ shows it.",
        "enrol.bad_link": "That is no link for joining a store. It begins with omnitill:enrol; and HQ shows it with the code.",
        "enrol.code_refused": "HQ does not accept this code: it is wrong, used or too old. Ask for a new one.",
        "enrol.wrong_fingerprint": (
            "The server does not have the certificate whose fingerprint you typed. Nothing was sent to it. "
            "Check address and fingerprint."
        ),
        "home.not_writable": "The folder cannot be written. Check its owner.",
        "hq.bad_answer": "HQ answered something unexpected. Is the address right?",
        "hq.unreachable": "HQ cannot be reached. Check the address and the network, then try again.",
        "key.no_device_secret": "The secret of this machine is missing; its files cannot be opened. Call support.",
        "key.not_released": (
            "The keys of that machine are not here. Ask an administrator of head office to release them, then try again: "
            "omnitill-hq admin release-keys MACHINE --reason …"
        ),
        "key.wrong_device": "The secret of this machine does not fit its files. Were they copied from elsewhere?",
        "permission.denied": "This person may not agree to it. A manager may.",
        "pin.wrong": "That is not the PIN of this person.",
        "port.in_use": "A port is taken by another program. Stop it, or choose another port in till.toml.",
        "port.unusable": "The agent cannot listen on the configured address. Correct lan_host in till.toml.",
        "program.already_running": "An agent is running on this folder already. Stop it first, or use the till's pages.",
        "salvage.no_machine": "That is no folder of a till: there is no till.toml, or no database beside it.",
        "salvage.other_store": "That machine belongs to another store. Read its disk there.",
        "salvage.this_machine": "That is this machine's own folder.",
        "salvage.unreadable": "The disk cannot be read.",
        "staff.unknown": "Nobody of that name may sign in here.",
        "rate.too_many": "Too many tries. Wait a minute.",
        "tls.unusable": "The agent's certificate cannot be used. Enrol the machine again.",
    }
)
UNKNOWN = "The agent cannot go on."


def explain(error: CodedError) -> str:
    """One sentence, the code, and the facts that help."""
    facts = ", ".join(f"{name} {value}" for name, value in error.facts.items() if value not in {"", None})
    return f"{WORDS.get(error.code, UNKNOWN)} [{error.code}{': ' + facts if facts else ''}]"
