import json
import os
import secrets

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

NAME = "admin"


class Command(BaseCommand):
    help = "Make the first administrator, and keep name and password in var/admin.json."

    def handle(self, **options):
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            self.stdout.write("There is an administrator already.")
            return
        password = secrets.token_urlsafe(12)
        # First the file: an account whose password nobody knows would be in the way for ever.
        path = settings.VAR_DIR / "admin.json"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"username": NAME, "password": password}, file)
        users.create_superuser(NAME, password=password)
        self.stdout.write(f"Made the administrator {NAME}; the password is in {path.name}.")
