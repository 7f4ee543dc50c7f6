from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

MODEL = 'extractedtraitcandidate'


def add(**index):
    return AddIndexConcurrently(model_name=MODEL, index=models.Index(**index))


def remove(name):
    return RemoveIndexConcurrently(model_name=MODEL, name=name)


class Migration(migrations.Migration):

    # There may be millions of candidates: they are read and written while the indexes change.
    atomic = False

    dependencies = [
        ('traits', '0013_acting'),
    ]

    operations = [
        remove('candidate_newest'),
        remove('candidate_of_status'),
        remove('candidate_of_category'),
        remove('candidate_surest'),
        remove('candidate_of_language'),
        remove('candidate_held'),
        add(
            fields=['-created_at', 'candidate_id'],
            include=('status', 'trait_category', 'language', 'held_reason', 'user', 'confidence_score'),
            name='candidate_newest',
        ),
        add(
            fields=['-confidence_score', 'candidate_id'],
            include=('status', 'trait_category', 'language', 'held_reason', 'user', 'created_at'),
            name='candidate_surest',
        ),
        add(
            fields=['-created_at', 'candidate_id'],
            condition=models.Q(('held_reason', ''), _negated=True),
            name='candidate_held',
        ),
    ]
