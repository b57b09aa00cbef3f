from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand

CONTENT = ["company", "technique", "casestudy", "source", "studyplan", "chapter", "topic"]
CONTENT += ["reference", "example", "problem"]
HISTORY = ["revision", "card"]
# role: (models it may view, add and change; models it only views; single permissions)
ROLES = {
    "curator": (CONTENT, HISTORY, []),
    "reviewer": (CONTENT, HISTORY, ["kb.publish"]),
    "operator": (["user"], ["job", *HISTORY], []),
}


class Command(BaseCommand):
    help = "Make the roles curator, reviewer and operator. Run after each migrate."

    def handle(self, **options):
        for name, (edited, viewed, single) in ROLES.items():
            group, _ = Group.objects.get_or_create(name=name)
            wanted = [f"{verb}_{model}" for model in edited for verb in ("view", "add", "change")]
            wanted += [f"view_{model}" for model in viewed]
            wanted += [permission.partition(".")[2] for permission in single]
            permissions = Permission.objects.filter(codename__in=wanted)
            group.permissions.set(permissions)
        self.stdout.write(f"Roles: {', '.join(ROLES)}.")
