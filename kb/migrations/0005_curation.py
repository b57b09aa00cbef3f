import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from kb.addresses import identity


def name_works(apps, schema_editor):
    """Sources that are there already: by what their works are known."""
    sources = apps.get_model("kb", "Source").objects
    rows = list(sources.only("url", "doi"))
    for row in rows:
        row.identity = identity(row.url, row.doi)
    sources.bulk_update(rows, ["identity"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0004_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="identity",
            field=models.CharField(blank=True, db_index=True, default="", editable=False, max_length=500),
            preserve_default=False,
        ),
        migrations.RunPython(name_works, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Editing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("type", models.CharField(max_length=20)),
                ("entry_id", models.BigIntegerField()),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("type", "entry_id", "user"), name="kb_editing_once_each")
                ],
            },
        ),
    ]
