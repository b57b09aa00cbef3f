"""What belongs to one account: every read of it goes through `of`."""

from django.db import models


class OwnedQuerySet(models.QuerySet):
    """Rows with an `owner`."""

    def of(self, user):
        """Those of a user; nobody's for a stranger."""
        if user is None or not user.is_authenticated:
            return self.none()
        return self.filter(owner_id=user.pk)
