"""The old name of ``manage.py invite_user``."""

from ptfi.accounts.management.commands.invite_user import Command as Renamed
from ptfi.environment import under_old_name

Command = under_old_name(Renamed)
