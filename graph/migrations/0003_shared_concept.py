"""Call the model what it holds; tables and columns stay as they are, so that older code goes on with them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('graph', '0002_projector_state'),
    ]

    operations = [
        # Named before the model is: renaming a model whose table keeps its name changes nothing in PostgreSQL.
        migrations.AlterModelTable(name='concept', table='graph_concept'),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='SharedConceptTie',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('from_concept', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='graph.concept')),
                        ('to_concept', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='graph.concept')),
                    ],
                    options={
                        'db_table': 'graph_concept_broader',
                        'default_permissions': (),
                        'unique_together': {('from_concept', 'to_concept')},
                    },
                ),
                migrations.AlterField(
                    model_name='concept',
                    name='broader',
                    field=models.ManyToManyField(blank=True, related_name='narrower', through='graph.SharedConceptTie', through_fields=('from_concept', 'to_concept'), to='graph.concept'),
                ),
            ],
        ),
        migrations.RenameModel(old_name='Concept', new_name='SharedConcept'),
    ]
