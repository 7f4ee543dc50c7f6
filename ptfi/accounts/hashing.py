"""The hash function for passwords and recovery codes."""

from django.contrib.auth.hashers import ScryptPasswordHasher


class StrongScryptHasher(ScryptPasswordHasher):
    """scrypt with parameters approved by OWASP's ASVS 5.0, Appendix C: N = 2¹⁵, r = 8, p = 3.

    Django's N is 2¹⁴. A password hashed with other parameters is rehashed when its owner signs in.
    """

    work_factor = 2**15
    parallelism = 3
    maxmem = 2 * 128 * 2**15 * 8
    """Bytes: twice what N and r need, because OpenSSL's own limit is exactly that much."""
