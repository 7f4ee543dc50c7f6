"""The old name of ``manage.py grant_app_role``."""

from ptfi.management.renamed import under_old_name

Command = under_old_name("grant_app_role")
