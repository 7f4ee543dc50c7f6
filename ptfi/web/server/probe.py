"""``python -m ptfi.web.server.probe [PORT]``: exit status 0 where the process on this port says that it lives."""

import http.client
import sys

SECONDS = 3.0


def lives(port: int) -> bool:
    """Whether /healthz answers 200 there."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        asking.request("GET", "/healthz")
        return asking.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


if __name__ == "__main__":
    sys.exit(not lives(int(sys.argv[1]) if len(sys.argv) > 1 else 8000))
