from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compute', '0003_dataset'),
    ]

    operations = [
        migrations.CreateModel(
            name='Counted',
            fields=[
                ('work', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Counter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('work', models.CharField(max_length=40)),
                ('kind', models.CharField(blank=True, max_length=40)),
                ('name', models.CharField(max_length=40)),
                ('label', models.CharField(blank=True, max_length=40)),
                ('value', models.FloatField(default=0)),
            ],
        ),
        migrations.AddConstraint(
            model_name='counter',
            constraint=models.UniqueConstraint(fields=('work', 'kind', 'name', 'label'), name='compute_counter_once'),
        ),
        migrations.AlterModelOptions(
            name='job',
            options={'ordering': ['-created_at'], 'permissions': [('operate_job', 'Can cancel jobs and run them again')]},
        ),
        migrations.AddField(
            model_name='item',
            name='request_id',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='job',
            name='request_id',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['finished_at'], name='compute_item_finished'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('request_id__gt', '')), fields=['request_id'], name='compute_item_request'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['finished_at'], name='compute_job_finished'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('request_id__gt', '')), fields=['request_id'], name='compute_job_request'),
        ),
    ]
