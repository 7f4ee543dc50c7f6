"""How passwords and recovery codes are hashed."""

from django.contrib.auth.hashers import ScryptPasswordHasher


class StrongScryptHasher(ScryptPasswordHasher):
    """scrypt with parameters that OWASP's ASVS 5.0, Appendix C, approves: N = 2¹⁵, r = 8, p = 3.

    Django's N is 2¹⁴. A password that was hashed with other parameters is hashed again when its owner signs in.
    """

    work_factor = 2**15
    parallelism = 3
    maxmem = 2 * 128 * 2**15 * 8
    """Bytes, twice what N and r take; OpenSSL's own limit is just that much."""
