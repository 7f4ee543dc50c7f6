
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('allauth_idp_oidc', '0003_client_allow_uri_wildcards'),
        ('clients', '0001_clients'),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('client', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='allauth_idp_oidc.client')),
                ('url', models.CharField(max_length=500)),
                ('secret', models.CharField(max_length=400)),
                ('former_secret', models.CharField(blank=True, max_length=400)),
                ('former_until', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('paused_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
    ]
