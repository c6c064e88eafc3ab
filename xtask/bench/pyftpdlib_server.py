"""pyftpdlib on one port, clear and explicit TLS: PORT ROOT USER PASSWORD PEM."""

import logging
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.servers import FTPServer


def main():
    port, root, user, password, pem = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    accounts = DummyAuthorizer()
    accounts.add_user(user, password, root, perm="elradfmwMT")
    accounts.add_anonymous(root)
    TLS_FTPHandler.authorizer = accounts
    TLS_FTPHandler.certfile = pem
    TLS_FTPHandler.timeout = 3600
    TLS_FTPHandler.log_prefix = ""
    FTPServer.max_cons = FTPServer.max_cons_per_ip = 0
    FTPServer(("127.0.0.1", int(port)), TLS_FTPHandler, backlog=1024).serve_forever()


main()
