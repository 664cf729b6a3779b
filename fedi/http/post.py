"""The way to the mail server that a steward named: one letter out, in plain text. Through the proxy, or not at all."""

import ssl
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from fedi.config import Config
from fedi.errors import RemoteRefused, RemoteUnreachable
from fedi.http.socks import Proxy

TIMEOUT_S: Final = 30.0


async def hand_over(config: Config, host_name: str, letter: EmailMessage) -> None:
    """Give the letter to the mail server. Raises RemoteUnreachable to try again, RemoteRefused when it is refused for good.

    `host_name`: how we greet, never the name of this machine.
    """
    import aiosmtplib  # noqa: PLC0415 - only where mail is set up

    mail = config.mail
    proxy = config.network.proxy
    sock = None
    if proxy is not None:
        sock = await Proxy(*proxy).connect(mail.host, mail.port, TIMEOUT_S)
    client = aiosmtplib.SMTP(
        hostname=mail.host,
        port=None if sock is not None else mail.port,
        sock=sock,
        timeout=TIMEOUT_S,
        local_hostname=host_name,
        use_tls=mail.security == "tls",
        start_tls=mail.security == "starttls",
        tls_context=_context(config) if mail.security != "none" else None,
        username=mail.user or None,
        password=mail.password or None,
    )
    try:
        async with client:
            await client.send_message(letter)
    except aiosmtplib.SMTPResponseException as problem:
        if 500 <= problem.code < 600 and not isinstance(
            problem, aiosmtplib.SMTPAuthenticationError
        ):
            raise RemoteRefused(detail=f"mail {problem.code}") from None
        raise RemoteUnreachable(detail=f"mail {problem.code}") from None
    except aiosmtplib.SMTPRecipientsRefused as problem:
        if all(500 <= each.code < 600 for each in problem.recipients):
            raise RemoteRefused(detail="mail recipient") from None
        raise RemoteUnreachable(detail="mail recipient") from None
    except (aiosmtplib.SMTPException, OSError, ValueError):
        # what a mail server says may hold the address: none of it goes into a log (S83)
        raise RemoteUnreachable(detail="mail server") from None
    finally:
        if sock is not None:
            sock.close()


def letter_of(
    sender: str, to: str, subject: str, text: str, message_id: str, date: str
) -> EmailMessage:
    """A letter in plain text. A line break in a header is refused by the library, whoever wrote it."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = sender
    letter["To"] = to
    letter["Subject"] = subject
    letter["Date"] = date
    letter["Message-ID"] = message_id
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text, cte="quoted-printable")
    return letter


def _context(config: Config) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=config.network.extra_ca_file or None)
