"""The old name of ``manage.py refresh_quality_statistics``."""

from ptfi.management.renamed import under_old_name

Command = under_old_name("refresh_quality_statistics")
