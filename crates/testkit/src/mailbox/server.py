"""A mail server on 127.0.0.1 that prints each mail as one line of JSON. Arguments: open|starttls|tls, user, password."""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

MODE, USER, PASSWORD = sys.argv[1:4]


class Keep:
    """Prints what comes; takes nothing for nobody@."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox here"
        if address.startswith("later@"):
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "login": session.authenticated,
            "tls": session.ssl is not None or MODE == "tls",
            "hello": session.host_name,
            "text": envelope.content.decode("utf-8"),
        }
        print("MAIL " + json.dumps(mail), flush=True)
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    right = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=True) if right else AuthResult(success=False, handled=False)


def secured():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    return context


def conversation():
    if MODE == "starttls":
        return SMTP(Keep(), tls_context=secured(), require_starttls=True, auth_required=True, authenticator=login)
    if MODE == "tls":
        return SMTP(Keep(), auth_required=True, auth_require_tls=False, authenticator=login)
    return SMTP(Keep())


async def serve():
    loop = asyncio.get_running_loop()
    context = secured() if MODE == "tls" else None
    server = await loop.create_server(conversation, "127.0.0.1", 0, ssl=context)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"LISTENING {host}:{port}", flush=True)
    await server.serve_forever()


asyncio.run(serve())
