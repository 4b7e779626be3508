"""A mail server on loopback that speaks real SMTP, with STARTTLS if it has a certificate; it refuses what a test names."""

import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Self, cast

STOP_WITHIN_S = 5


@dataclass
class SmtpServer:
    """`answers` are its words to a recipient ("550 no such user"); everybody else's letters end up in `letters`."""

    port: int = 0
    certificate: ssl.SSLContext | None = None
    answers: dict[str, str] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    under_tls: list[bool] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._tcp = _Listener(("127.0.0.1", self.port), _Talk)
        self._tcp.post = self
        self.port = self._tcp.server_address[1]
        self._thread = Thread(target=self._tcp.serve_forever, args=(0.01,), name="smtp-server")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._tcp.shutdown()
        self._tcp.server_close()
        self._thread.join(STOP_WITHIN_S)


class _Listener(ThreadingTCPServer):
    allow_reuse_address = True
    post: SmtpServer


class _Talk(StreamRequestHandler):
    timeout = 10

    def handle(self) -> None:
        try:
            with suppress(OSError):  # who hangs up in the middle
                self._talk(cast("_Listener", self.server).post)
        finally:
            self.connection.close()

    def _talk(self, post: SmtpServer) -> None:
        post.connections += 1
        encrypted = False
        self._say("220 mail.example ESMTP")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO":
                    offers = ["SMTPUTF8", "8BITMIME", *(["STARTTLS"] if post.certificate and not encrypted else [])]
                    self._say("250-mail.example", *(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}")
                case "STARTTLS" if post.certificate:
                    self._say("220 go ahead")
                    self.connection = post.certificate.wrap_socket(self.connection, server_side=True)
                    self.setup_files()
                    encrypted = True
                case "RCPT":
                    who = rest.partition("<")[2].partition(">")[0]
                    self._say(post.answers.get(who, "250 ok"))
                case "DATA":
                    self._say("354 go on")
                    post.letters.append(self._letter())
                    post.under_tls.append(encrypted)
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def setup_files(self) -> None:
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def _letter(self) -> EmailMessage:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return message_from_bytes(b"".join(lines), policy=default)

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
