from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0014_functions_of_the_owner'),
    ]

    operations = [
        migrations.AlterField(
            model_name='extractedtraitcandidate',
            name='status',
            field=models.CharField(choices=[('candidate', 'To review'), ('awaiting_refinement', 'Later'), ('confirmed_by_user', 'Confirmed'), ('refined_by_user', 'Confirmed with changes'), ('rejected_by_user', 'Rejected'), ('archived_auto_superseded', 'Archived')], default='candidate', max_length=32),
        ),
    ]
