import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compute', '0002_items'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Dataset',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, help_text='Of the file, as it was sent.', max_length=255)),
                ('sha256', models.CharField(help_text='Of the bytes of the file.', max_length=64)),
                ('rows', models.PositiveIntegerField(help_text='That count.')),
                ('users', models.PositiveIntegerField()),
                ('items', models.PositiveIntegerField()),
                ('replaced', models.PositiveIntegerField(help_text='Ratings that a later one took the place of.')),
                ('columns', models.JSONField(help_text='Those that the file has, in the order of the contract.')),
                ('size', models.PositiveBigIntegerField(help_text='Bytes that are kept.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='datasets', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at'],
                'constraints': [models.UniqueConstraint(fields=('owner', 'sha256'), name='compute_dataset_once')],
            },
        ),
    ]
