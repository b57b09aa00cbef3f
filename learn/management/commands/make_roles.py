from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand

# Whoever may change an entry may change its rows, and remove them: claims, sources, chapters, …
CONTENT = [
    *("kb.company", "kb.technique", "kb.casestudy", "kb.studyplan", "kb.topic"),
    *("kb.componenttype", "kb.unit", "kb.quantity", "problems.problem"),
    "kb.chapter",
    # The worklist of links that rot.
    "kb.link",
    "learn.digest",
]
HISTORY = ["kb.revision", "kb.card"]
# What learners get wrong, and how often, is for those who write the problems.
LEARNED_FROM = ["problems.submission"]
# role: (models it may view, add and change; models it only views; single permissions)
ROLES = {
    "curator": (CONTENT, HISTORY + LEARNED_FROM, []),
    "reviewer": (CONTENT, HISTORY + LEARNED_FROM, ["kb.publish"]),
    "operator": (
        ["auth.user"],
        ["compute.job", "compute.dataset", "kb.link", *HISTORY],
        ["compute.operate_job"],
    ),
}


class Command(BaseCommand):
    help = "Make the roles curator, reviewer and operator. Run after each migrate."

    def handle(self, **options):
        existing = {
            f"{permission.content_type.app_label}.{permission.codename}": permission
            for permission in Permission.objects.select_related("content_type")
        }
        for name, (edited, viewed, single) in ROLES.items():
            group, _ = Group.objects.get_or_create(name=name)
            wanted = [_to(verb, model) for model in edited for verb in ("view", "add", "change")]
            wanted += [_to("view", model) for model in viewed] + single
            group.permissions.set([existing[permission] for permission in wanted])
        self.stdout.write(f"Roles: {', '.join(ROLES)}.")


def _to(verb: str, model: str) -> str:
    """The permission's name: to view kb.topic is kb.view_topic."""
    app, _, name = model.partition(".")
    return f"{app}.{verb}_{name}"
