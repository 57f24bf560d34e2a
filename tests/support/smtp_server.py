"""A mail server for tests, by aiosmtpd: takes mails over real SMTP, keeps them in a folder, and
answers as it was told to before.

    smtp_server.py FOLDER PORT [--auth USER PASSWORD] [--starttls CERTIFICATE KEY]

A file FOLDER/plan-<stage>-<number> holds what the next MAIL, RCPT or DATA (stage mail, rcpt,
data) is answered with, once; "hang" answers never. A mail that was taken becomes
FOLDER/mail-<number>.json. The port is printed when the server listens.
"""

import asyncio
import json
import os
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Keeper:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = len(list(self.folder.glob("mail-*.json")))

    async def planned(self, stage):
        for path in sorted(self.folder.glob(f"plan-{stage}-*")):
            text = path.read_text()
            path.unlink()
            if text == "hang":
                (self.folder / "hanging").touch()
                await asyncio.sleep(3600)
            return text
        return None

    async def handle_MAIL(self, server, session, envelope, address, options):
        if reply := await self.planned("mail"):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if reply := await self.planned("rcpt"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if reply := await self.planned("data"):
            return reply
        self.count += 1
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.original_content.decode("utf-8", "surrogateescape"),
            "greeting": session.host_name,
            "user": session.auth_data.decode() if session.auth_data else "",
        }
        whole = self.folder / f"mail-{self.count:06}.json"
        whole.with_suffix(".new").write_text(json.dumps(mail))
        whole.with_suffix(".new").rename(whole)
        return "250 Taken"


def main():
    folder, port, *rest = sys.argv[1:]
    options = {"hostname": "mail.example.com", "decode_data": False, "enable_SMTPUTF8": False}
    if "--auth" in rest:
        at = rest.index("--auth")
        wanted = LoginPassword(rest[at + 1].encode(), rest[at + 2].encode())

        def check(server, session, envelope, mechanism, given):
            is_right = given == wanted
            return AuthResult(success=is_right, handled=False, auth_data=given.login)

        options |= {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    if "--starttls" in rest:
        at = rest.index("--starttls")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(rest[at + 1], rest[at + 2])
        options |= {"tls_context": tls}
    keeper = Keeper(folder)

    async def serve():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(keeper, **options), "127.0.0.1", int(port), reuse_address=True
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
