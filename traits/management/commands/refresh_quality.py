"""The old name of ``manage.py refresh_quality_statistics``."""

from ptfi.environment import under_old_name
from traits.management.commands.refresh_quality_statistics import Command as Renamed

Command = under_old_name(Renamed)
