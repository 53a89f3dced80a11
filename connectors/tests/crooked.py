"""Servers that speak HTTP as badly as a test wants them to, and hear everything that is sent to them."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Manner = Callable[[], Iterable[bytes]]
"""What comes back for one request, piece by piece. The connection ends behind the last one."""


def says(status: int = 200, body: bytes = b"{}", **headers: str) -> Manner:
    """A whole answer at once."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return lambda: ["\r\n".join([*lines, "", ""]).encode() + body]


class Crooked:
    """A server at `url`. `heard` are the requests, heads and bodies as they came; `met` is how many connections were begun.

    With a context it speaks TLS; `heard` is what came after a finished handshake.
    """

    def __init__(self, manner: Manner | None = None, context: ssl.SSLContext | None = None) -> None:
        self.manner = manner or says()
        self.heard: list[bytes] = []
        self.met = 0
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Crooked:
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.met += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                spoken = self._context.wrap_socket(connection, server_side=True) if self._context else connection
                with spoken:
                    self.heard.append(_request(spoken))
                    for piece in self.manner():
                        spoken.sendall(piece)
            except OSError:  # whoever asked has gone
                return


def _request(connection: socket.socket) -> bytes:
    text = b""
    while b"\r\n\r\n" not in text:
        text += connection.recv(65536)
    head, _, body = text.partition(b"\r\n\r\n")
    length = next((int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def self_signed(folder: Path) -> Path:
    """A certificate that nobody vouches for, with its key, for 127.0.0.1 and no other name; good for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def serving_with(certificate: Path) -> ssl.SSLContext:
    """The server's side of TLS under a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
