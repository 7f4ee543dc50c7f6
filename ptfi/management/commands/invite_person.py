"""The old name of ``manage.py invite_user``."""

from ptfi.management.renamed import under_old_name

Command = under_old_name("invite_user")
