"""The old name of ``manage.py encrypt_mfa_secrets``."""

from ptfi.management.renamed import under_old_name

Command = under_old_name("encrypt_mfa_secrets")
