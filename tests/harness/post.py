"""A mail server on loopback that takes whatever it is given, or refuses it: RFC 5321 as far as a client needs it.

async with post_office() as office:
    …  settings=office.settings
    assert office.letters[0].text
"""

import asyncio
import contextlib
import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass(slots=True)
class PostOffice:
    """`raw`: letters as they came. `greetings`: how clients named themselves. `answer`: what is said to a recipient."""

    port: int = 0
    answer: str = "250 ok"
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)

    @property
    def settings(self) -> str:
        """TOML that leads here."""
        return (
            f'[mail]\nhost = "127.0.0.1"\nport = {self.port}\nsecurity = "none"\n'
            'sender = "house@agora.test"\n'
        )

    @property
    def letters(self) -> list[EmailMessage]:
        """What came, read."""
        found = [email.message_from_bytes(each, policy=email.policy.default) for each in self.raw]
        return [each for each in found if isinstance(each, EmailMessage)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation."""
        writer.write(b"220 post.test\r\n")
        while line := await reader.readline():
            word = line.decode("utf-8", "replace").strip()
            verb = word[:4].upper()
            if verb in ("EHLO", "HELO"):
                self.greetings.append(word[5:])
                writer.write(b"250 post.test\r\n")
            elif verb == "RCPT":
                self.recipients.append(word)
                writer.write(f"{self.answer}\r\n".encode())
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                self.raw.append((await reader.readuntil(b"\r\n.\r\n"))[:-5])
                writer.write(b"250 taken\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()


@contextlib.asynccontextmanager
async def post_office() -> AsyncIterator[PostOffice]:
    """A mail server for the length of a test."""
    office = PostOffice()
    server = await asyncio.start_server(office.serve, "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
