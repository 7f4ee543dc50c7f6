"""What people and staff read of choices and tables; the tables stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("traits", "0023_staff_words"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="accessentry",
            options={
                "default_permissions": ("view",),
                "permissions": (("view_search_words", "view search words"),),
                "verbose_name": "access to a persona",
                "verbose_name_plural": "access log",
            },
        ),
        migrations.AlterModelOptions(
            name="actedfor",
            options={
                "default_permissions": (),
                "verbose_name": "person to decide for",
                "verbose_name_plural": "decide on behalf of a person",
            },
        ),
        migrations.AlterModelOptions(
            name="extractedtraitcandidate",
            options={
                "permissions": (
                    ("view_evidence", "view evidence"),
                    ("archive_candidate", "archive candidate"),
                    ("requeue_candidate", "requeue candidate"),
                    ("flag_candidate", "flag candidate"),
                    ("reassign_candidate", "reassign candidate"),
                    ("import_candidates", "import candidates"),
                    ("export_candidates", "export candidates"),
                ),
                "verbose_name": "suggestion",
                "verbose_name_plural": "suggestions",
            },
        ),
        migrations.AlterModelOptions(
            name="userrefinedtrait",
            options={
                "permissions": (("check_log", "check log"),),
                "verbose_name": "log entry",
                "verbose_name_plural": "decision log",
            },
        ),
        migrations.AlterField(
            model_name="accessentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("suggestion", "A suggestion"),
                    ("suggestions", "A list of suggestions"),
                    ("decision", "A decision in the log"),
                    ("log", "A list of decisions"),
                    ("log_check", "An integrity check of the log"),
                    ("trait", "A trait"),
                    ("acting", "A decision on behalf of the person"),
                    ("persona", "The state of the graph"),
                    ("account", "The account"),
                    ("erasure", "A deletion receipt"),
                    ("export", "A download of suggestions"),
                    ("search", "A search in suggestions"),
                    ("moderation", "What staff did"),
                    ("access_log", "The access log"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="erasure",
            name="kind",
            field=models.CharField(
                choices=[
                    ("persona", "Your whole persona"),
                    ("account", "Your account and persona"),
                    ("category", "Everything in a category"),
                    ("source", "All evidence from a source"),
                    ("evidence", "A piece of evidence"),
                ],
                default="persona",
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="erasure",
            name="state",
            field=models.CharField(
                choices=[
                    ("awaiting_confirmation", "Waiting for confirmation"),
                    ("erasing", "Being deleted"),
                    ("erased", "Deleted here, the graph is being cleared"),
                    ("completed", "Deleted"),
                    ("expired", "Not confirmed in time"),
                ],
                default="awaiting_confirmation",
                max_length=32,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="extractedtraitcandidate",
            name="status",
            field=models.CharField(
                choices=[
                    ("candidate", "To review"),
                    ("awaiting_refinement", "Snoozed"),
                    ("confirmed_by_user", "Confirmed"),
                    ("refined_by_user", "Confirmed with changes"),
                    ("rejected_by_user", "Rejected"),
                    ("archived_auto_superseded", "Archived"),
                ],
                default="candidate",
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="logintervention",
            name="action",
            field=models.CharField(
                choices=[
                    ("erase_persona_log", "Log deleted"),
                    ("redact_log", "Texts removed from the log"),
                    ("erase_moderation", "Staff’s notes deleted"),
                    ("blank_moderation", "Staff’s reasons removed"),
                    ("erase_access_reasons", "Reasons in the access log removed"),
                ],
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="moderationentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("archive", "Archived"),
                    ("requeue", "Put back into the queue"),
                    ("flag", "Held back"),
                    ("release", "Released"),
                    ("reassign", "Given to somebody else"),
                    ("receive", "Taken over from somebody else"),
                    ("decide", "Decided on behalf of the person"),
                ],
                max_length=16,
                verbose_name="action",
            ),
        ),
        migrations.AlterField(
            model_name="personatrait",
            name="origin",
            field=models.CharField(
                choices=[
                    ("ai_confirmed_user", "Suggested, confirmed by you"),
                    ("ai_refined_user", "Suggested, changed by you"),
                    ("user_defined", "Added by you"),
                    ("derived_system", "Derived by the system"),
                ],
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="userrefinedtrait",
            name="actor_kind",
            field=models.CharField(
                choices=[("person", "You"), ("staff", "Staff"), ("pipeline", "The pipeline")], max_length=16
            ),
        ),
        migrations.AlterField(
            model_name="userrefinedtrait",
            name="user_decision",
            field=models.CharField(
                choices=[
                    ("confirmed_asis", "Confirmed"),
                    ("confirmed_modified", "Confirmed with changes"),
                    ("rejected", "Rejected"),
                    ("user_added_confirmed", "Added"),
                    ("superseded", "Replaced by a newer suggestion"),
                    ("deferred", "Snoozed"),
                    ("merged", "Merged"),
                    ("reopened", "Reopened"),
                    ("edited", "Edited"),
                    ("status_changed", "Status changed"),
                    ("removed", "Removed"),
                    ("style_changed", "Style changed"),
                    ("evidence_erased", "Evidence deleted"),
                    ("undone", "Undone"),
                ],
                max_length=32,
            ),
        ),
    ]
