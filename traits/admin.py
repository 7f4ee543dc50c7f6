"""The Django admin of this app; the graph's part is in graph/staff/admin.py."""

from traits.staff import access_log as access_log
from traits.staff import accounts as accounts
from traits.staff import batches as batches
from traits.staff import candidates as candidates
from traits.staff import erasures as erasures
from traits.staff import log as log
from traits.staff import moderation_log as moderation_log
from traits.staff import on_behalf_admin as on_behalf_admin
from traits.staff.quality import admin as admin
