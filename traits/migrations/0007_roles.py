from django.conf import settings
from django.db import migrations

from traits.migrations._roles import grant

MODERATOR, SUPPORT, AUDITOR, ADMINISTRATOR = ROLES = ("moderator", "support", "auditor", "administrator")


def make_roles(apps, schema_editor):
    grant(apps, "traits", "extractedtraitcandidate", {
        "view_extractedtraitcandidate": [MODERATOR, SUPPORT, ADMINISTRATOR],
        "view_evidence": [SUPPORT, ADMINISTRATOR],
        "archive_candidate": [MODERATOR, ADMINISTRATOR],
        "requeue_candidate": [MODERATOR, ADMINISTRATOR],
        "flag_candidate": [MODERATOR, ADMINISTRATOR],
        "reassign_candidate": [MODERATOR, ADMINISTRATOR],
        "import_candidates": [MODERATOR, ADMINISTRATOR],
        "export_candidates": [MODERATOR, ADMINISTRATOR],
    })
    grant(apps, "traits", "moderationentry", {"view_moderationentry": [MODERATOR, AUDITOR, ADMINISTRATOR]})
    grant(apps, "traits", "userrefinedtrait", {
        "view_userrefinedtrait": [SUPPORT, AUDITOR, ADMINISTRATOR],
        "check_log": [AUDITOR, ADMINISTRATOR],
    })
    grant(apps, "traits", "persona", {
        "view_persona": [SUPPORT, AUDITOR, ADMINISTRATOR],
        "act_for_person": [SUPPORT, ADMINISTRATOR],
        "hold_projection": [ADMINISTRATOR],
        "retry_projection": [ADMINISTRATOR],
        "check_graph": [ADMINISTRATOR],
    })
    grant(apps, "traits", "erasure", {"view_erasure": [AUDITOR, ADMINISTRATOR]})
    grant(apps, "accounts", "user", {
        "view_user": [ADMINISTRATOR],
        "add_user": [ADMINISTRATOR],
        "change_user": [ADMINISTRATOR],
    })


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0006_moderation'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Roles may have people by the time that this is reversed: they stay.
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
