"""Which network addresses a request to a name may reach: public ones, and the networks in WEBHOOK_NETWORKS.

A name is looked up once, and the connection goes to what was found, so that a name which means something else a moment
later changes nothing.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address
UNICAST = IPv6Network("2000::/3")
"""What IPv6 has assigned to the public network; everything else is local, reserved, or carries an IPv4 address."""
CARRIERS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
"""Teredo and 6to4, inside UNICAST: who sends there reaches an IPv4 address that stands in the IPv6 one."""


class RefusedAddressError(OSError):
    """The name leads to no address that may be reached."""


def lookup(host: str, port: int) -> list[str]:
    """The addresses of a name or of an address in any notation, from one look-up. Raises RefusedAddressError, OSError.

    One address that is refused is enough to refuse the name.
    """
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (UnicodeError, ValueError):
        raise RefusedAddressError from None
    found = list(dict.fromkeys(str(address[0]) for *_, address in rows))
    if not found or not all(map(is_allowed, found)):
        raise RefusedAddressError
    return found


def is_allowed(text: str) -> bool:
    """Whether a connection may go there. The text is an address as the system writes it, also with a zone."""
    try:
        address = _unmapped(ip_address(text))
    except ValueError:
        return False
    return is_public(address) or any(address in ip_network(network) for network in settings.WEBHOOK_NETWORKS)


def is_public(address: Address) -> bool:
    """Whether it is an address of a single host on the public network."""
    if isinstance(address, IPv6Address):
        carries = any(address in network for network in CARRIERS)
        return address in UNICAST and address.is_global and not carries
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unmapped(address: Address) -> Address:
    """The IPv4 address that an IPv6-mapped one stands for."""
    return getattr(address, "ipv4_mapped", None) or address


def faults(url: str) -> Sequence[str]:
    """What is wrong with an address that somebody registers; a name is looked up only when something is sent there."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ["This is not an address."]
    if not url.isascii() or not url.isprintable() or " " in url or not host or port == 0:
        return ["This is not an address."]
    if parts.username is not None or parts.password is not None or parts.fragment:
        return ["The address must not hold a name, a password or a fragment."]
    if _is_refused_literal(host):
        return ["Addresses of this machine and of private networks are refused."]
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_literal(host)):
        return ["The address must start with https://."]
    return []


def _is_refused_literal(host: str) -> bool:
    found = _literal(host)
    return bool(found) and not is_allowed(found)


def _is_literal(host: str) -> bool:
    """Whether this is an address itself. Plain http is for receivers in WEBHOOK_NETWORKS alone, by their addresses."""
    found = _literal(host)
    return bool(found) and is_allowed(found) and not is_public(_unmapped(ip_address(found)))


def _literal(host: str) -> str:
    """The address that stands in place of a name, in whatever notation; "" for a name."""
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError, ValueError):
        return ""
    return str(rows[0][4][0])
