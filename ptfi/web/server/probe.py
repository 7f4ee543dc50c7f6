"""``python -m ptfi.web.server.probe [PORT]``: exit status 0 if the process on this port is alive.

It runs in the process's environment, which tells whether the port uses TLS.
"""

import http.client
import os
import ssl
import sys

SECONDS = 3.0


def lives(port: int) -> bool:
    """Whether /healthz answers with 200."""
    asking = _connection(port)
    try:
        asking.request("GET", "/healthz")
        return asking.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def _connection(port: int) -> http.client.HTTPConnection:
    if not os.environ.get("TLS_CERTIFICATE_FILE"):
        return http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    context = ssl.create_default_context()
    # The connection stays on this machine, and a process with an expired certificate still counts as alive.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=SECONDS, context=context)


if __name__ == "__main__":
    sys.exit(not lives(int(sys.argv[1]) if len(sys.argv) > 1 else 8000))
