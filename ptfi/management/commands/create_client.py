"""The old name of ``manage.py create_oauth_client``."""

from ptfi.management.renamed import under_old_name

Command = under_old_name("create_oauth_client")
