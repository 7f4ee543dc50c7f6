"""The old name of ``manage.py encrypt_mfa_secrets``."""

from ptfi.accounts.management.commands.encrypt_mfa_secrets import Command as Renamed
from ptfi.environment import under_old_name

Command = under_old_name(Renamed)
