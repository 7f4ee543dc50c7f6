
import django.db.models.functions.text
import django.utils.timezone
import ptfi.accounts.models
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(blank=True, max_length=254, null=True, unique=True)),
                ('external_id', models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ('display_name', models.CharField(blank=True, max_length=255)),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[ptfi.accounts.models.validate_time_zone])),
                ('time_zone_chosen', models.BooleanField(default=False, help_text="Chosen by hand: the browser's no longer counts.")),
                ('keys_enabled', models.BooleanField(default=True, verbose_name='single-key shortcuts')),
                ('invited_email', models.EmailField(blank=True, max_length=254)),
                ('invited_at', models.DateTimeField(blank=True, help_text='The newest invitation; older links are void.', null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('email', None), ('email', django.db.models.functions.text.Lower('email')), _connector='OR'), name='user_email_lower_case')],
            },
        ),
    ]
