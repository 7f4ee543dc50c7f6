"""The old name of ``manage.py create_oauth_client``."""

from ptfi.environment import under_old_name
from ptfi.oauth.management.commands.create_oauth_client import Command as Renamed

Command = under_old_name(Renamed)
