"""The retailer's mail server: `mail.toml` in HQ's folder says where it is, and letters are handed in over SMTP.

A letter names people, so it travels under TLS; only a relay on this very machine is spoken to without.
"""

import html
import smtplib
import ssl
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from ipaddress import ip_address
from pathlib import Path

import msgspec

from hq_server.service.mails import RefusedError
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.paper_events import Mail, checked_address

TIMEOUT_S = 20
PERMANENT = 500  # answers of an SMTP server from here on mean: not now and not later
TLS, STARTTLS, NONE = "tls", "starttls", "none"
USUAL_PORTS = {TLS: 465, STARTTLS: 587, NONE: 25}
FILE = "mail.toml"


class MailServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `mail.toml` says. `security` is tls, starttls or none; `ca` a file with the server's own authority."""

    host: str
    sender: str
    port: int = 0
    security: str = STARTTLS
    sender_name: str = ""
    user: str = ""
    password: str = ""
    ca: str = ""


def mail_server(folder: Path) -> MailServer | None:
    """What is set up; None when nothing is. Raises EnvironmentFault `mail.bad_settings` or `mail.not_encrypted`."""
    file = folder / FILE
    try:
        found = msgspec.toml.decode(file.read_bytes(), type=MailServer)
        checked_address(found.sender)
    except FileNotFoundError:
        return None
    except RuleViolationError as bad:
        raise EnvironmentFault("mail.bad_settings", file=str(file), why="sender is no e-mail address") from bad
    except (OSError, msgspec.DecodeError) as bad:
        raise EnvironmentFault("mail.bad_settings", file=str(file), why=str(bad)[:200]) from bad
    if found.security not in USUAL_PORTS or not 0 <= found.port < 1 << 16:
        raise EnvironmentFault("mail.bad_settings", file=str(file), why="security or port")
    if found.security == NONE and not _is_here(found.host):
        raise EnvironmentFault("mail.not_encrypted", host=found.host)
    return found


class SmtpOffice:
    """One connection a letter: receipts by mail are few, and a server that hangs holds up one of them."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def hand_in(self, letter_id: str, letter: Mail, at_ms: int) -> None:
        """As `PostOffice` says. Waits at most TIMEOUT_S for each answer of the server."""
        message = self._message(letter_id, letter, at_ms)
        try:
            with self._connected() as smtp:
                self._give(smtp, message)
        except (OSError, smtplib.SMTPException) as trouble:
            raise EnvironmentFault("mail.server_down", host=self._server.host, why=str(trouble)[:160]) from trouble

    def _give(self, smtp: smtplib.SMTP, message: EmailMessage) -> None:
        try:
            smtp.send_message(message, self._server.sender, [message["To"]])
        except smtplib.SMTPRecipientsRefused as refused:
            code, answer = next(iter(refused.recipients.values()))
            raise _refusal(code, answer) from refused
        except smtplib.SMTPDataError as refused:
            answer = refused.smtp_error
            raise _refusal(refused.smtp_code, answer if isinstance(answer, bytes) else answer.encode()) from refused
        except smtplib.SMTPNotSupportedError as unable:  # a name no server of this kind can carry
            raise RefusedError("mail.refused", str(unable), for_good=True) from unable

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        port = server.port or USUAL_PORTS[server.security]
        if server.security == TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, port, timeout=TIMEOUT_S, context=self._trusting())
        else:
            smtp = smtplib.SMTP(server.host, port, timeout=TIMEOUT_S)
        try:
            if server.security == STARTTLS:
                smtp.starttls(context=self._trusting())
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca or None)

    def _message(self, letter_id: str, letter: Mail, at_ms: int) -> EmailMessage:
        made, domain = EmailMessage(), self._server.sender.rpartition("@")[2]
        try:
            made["From"] = formataddr((_one_line(self._server.sender_name), self._server.sender))
            made["To"] = _ascii_domain(letter.to)
            made["Subject"] = _one_line(letter.subject)
            made["Date"] = format_datetime(datetime.fromtimestamp(at_ms / 1000, UTC))
            made["Message-ID"] = f"<{letter_id}@{domain}>"
            made["Auto-Submitted"] = "auto-generated"
            made.set_content(letter.text)
            made.add_alternative(f'<pre style="font-size:14px">{html.escape(letter.text)}</pre>', subtype="html")
        except (ValueError, MessageError, UnicodeError) as bad:
            raise RefusedError("mail.unreadable", str(bad), for_good=True) from bad
        return made


def _refusal(code: int, answer: bytes) -> RefusedError:
    said = f"{code} {answer.decode('utf-8', 'replace')}"
    return RefusedError("mail.refused" if code >= PERMANENT else "mail.deferred", said, for_good=code >= PERMANENT)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _ascii_domain(address: str) -> str:
    """Names of the whole world, as every mail server takes them."""
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.encode('idna').decode()}"


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
