"""A learner's own data: what there is, to keep as a file, and to delete with the account."""

from django import forms
from django.contrib.auth import authenticate, logout
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from compute.models import Dataset, Job
from learn.deletion import delete_account
from learn.errors import LastSuperuser
from learn.models import CheckAnswer, TopicProgress
from problems.models import HintReveal, Submission

COUNTED = [
    ("topic begun", "topics begun", TopicProgress),
    ("answered question", "answered questions", CheckAnswer),
    ("submission", "submissions", Submission),
    ("revealed hint", "revealed hints", HintReveal),
    ("job", "jobs", Job),
    ("dataset", "datasets", Dataset),
]


class DeletionForm(forms.Form):
    """Whoever sits down at somebody else's open browser does not know the password.

    An account that has none is confirmed by its name.
    """

    confirmation = forms.CharField(max_length=1000, strip=False)

    def __init__(self, request, data=None):
        super().__init__(data)
        self.request = request
        self.by_password = request.user.has_usable_password()

    def clean_confirmation(self):
        given, name = self.cleaned_data["confirmation"], self.request.user.get_username()
        if not self.by_password:
            if given.strip() != name:
                raise forms.ValidationError("That is not the name of this account.")
        elif authenticate(self.request, username=name, password=given) != self.request.user:
            # A try to sign in like any other, and counted as one.
            raise forms.ValidationError("That is not the password of this account.")
        return given


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def your_data(request):
    form, status, refusal = DeletionForm(request, request.POST or None), 200, ""
    if request.method == "POST":
        if form.is_valid():
            try:
                delete_account(request.user)
            except LastSuperuser as exc:
                status, refusal = 409, str(exc)
            else:
                logout(request)
                return redirect("account-deleted")
        else:
            status = 422
    counts = [(model.objects.of(request.user).count(), one, many) for one, many, model in COUNTED]
    context = {
        "form": form,
        "refusal": refusal,
        "counts": [(count, one if count == 1 else many) for count, one, many in counts if count],
    }
    return render(request, "web/your_data.html", context, status=status)


@require_safe
def account_deleted(request):
    return render(request, "web/account_deleted.html")
