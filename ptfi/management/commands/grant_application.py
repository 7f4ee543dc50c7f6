"""The old name of ``manage.py grant_app_role``."""

from ptfi.management.commands.grant_app_role import Command as Renamed
from ptfi.management.renamed import under_old_name

Command = under_old_name(Renamed)
