
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('allauth_idp_oidc', '0003_client_allow_uri_wildcards'),
        ('traits', '0035_sharing'),
    ]

    operations = [
        migrations.CreateModel(
            name='NoticePosition',
            fields=[
                ('subject_id', models.UUIDField(primary_key=True, serialize=False)),
                ('revision', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='ErasureRecipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', models.CharField(max_length=100)),
                ('notifiable', models.BooleanField(default=True)),
                ('traits', models.PositiveIntegerField(default=0)),
                ('acknowledged', models.PositiveIntegerField(default=0)),
                ('given_up', models.PositiveIntegerField(default=0)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='traits.erasure')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('erasure'), models.F('client_id'), name='erasure_recipient_once')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('notice_id', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('subject_id', models.UUIDField()),
                ('trait_id', models.UUIDField(null=True)),
                ('event', models.CharField(choices=[('trait.corrected', 'Corrected'), ('trait.removed', 'Removed'), ('trait.erased', 'Erased'), ('trait.contested', 'Contested'), ('grant.narrowed', 'Narrowed'), ('grant.revoked', 'Revoked')], max_length=20)),
                ('erasure_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('given_up_at', models.DateTimeField(null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='allauth_idp_oidc.client')),
            ],
            options={
                'indexes': [models.Index(models.F('subject_id'), models.OrderBy(models.F('id'), descending=True), name='notice_of_person'), models.Index(models.F('client'), models.F('next_attempt_at'), condition=models.Q(('acknowledged_at', None), ('given_up_at', None)), name='notice_waiting'), models.Index(models.F('subject_id'), models.F('client'), models.F('trait_id'), models.F('id'), condition=models.Q(('acknowledged_at', None), ('given_up_at', None)), name='notice_order'), models.Index(models.F('created_at'), name='notice_age')],
                'constraints': [models.CheckConstraint(condition=models.Q(('event__in', ['trait.corrected', 'trait.removed', 'trait.erased', 'trait.contested', 'grant.narrowed', 'grant.revoked'])), name='notice_event')],
            },
        ),
        migrations.CreateModel(
            name='TraitRecipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_id', models.UUIDField()),
                ('trait_id', models.UUIDField()),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='allauth_idp_oidc.client')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('subject_id'), models.F('trait_id'), models.F('client'), name='recipient_once')],
            },
        ),
    ]
