"""The old name of ``manage.py grant_app_role``."""

from ptfi.environment import under_old_name
from ptfi.management.commands.grant_app_role import Command as Renamed

Command = under_old_name(Renamed)
