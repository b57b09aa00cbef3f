from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ComputeConfig(AppConfig):
    name = "compute"
    verbose_name = "Compute"

    def ready(self):
        # What any app has for the sweep to do now and then.
        autodiscover_modules("housekeeping")
