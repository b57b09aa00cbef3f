"""The pages of an account: making one, signing in and out, a forgotten password, and its owner's.

The views are allauth's where it has one that changes nothing when it is only looked at.
"""

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailConfirmationHMAC
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import FormView

from learn import accounts
from learn.adapter import MailNotSent
from rest.limits import count_try
from rest.proxies import address_of
from web import account_forms

HOUR = 3600
SHOWN_TOKENS = 50
CHANGED_MEANWHILE = (
    "Your password was changed elsewhere meanwhile, so nothing was done here. Sign in with the new"
    " one and try again."
)
LINK_NOT_GOOD = "This link does not work: it was used, or too old, or a newer one was made."


def offered_here(_request) -> dict[str, bool]:
    """Context processor: what of accounts this site offers."""
    return {"sign_up_open": settings.SIGN_UP, "sends_mail": settings.SENDS_MAIL}


# --- Without an account ----------------------------------------------------------------------


class SignIn(allauth_views.LoginView):
    template_name = "web/sign_in.html"
    form_class = account_forms.SignInForm


class SignOut(LogoutView):
    """By POST only, so that no link or picture signs anybody out."""


class SignUp(allauth_views.SignupView):
    template_name = "web/sign_up.html"
    template_name_signup_closed = "web/sign_up_closed.html"
    form_class = account_forms.SignUpForm

    def post(self, request, *args, **kwargs):
        count_try("sign_up", address_of(request), window=HOUR)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        try:
            return super().form_valid(form)
        except ValidationError as exc:
            form.add_error("username", exc)
            return self.form_invalid(form)


@method_decorator(never_cache, name="dispatch")
class ForgottenPassword(allauth_views.PasswordResetView):
    template_name = "web/forgotten_password.html"
    form_class = account_forms.ForgottenPasswordForm
    success_url = reverse_lazy("forgotten-password-sent")

    def dispatch(self, request, *args, **kwargs):
        if not settings.SENDS_MAIL:
            return render(request, "web/forgotten_password_no_mail.html")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        address = address_of(self.request)
        count_try("reset_address", address, window=HOUR)
        count_try("reset", f"{form.cleaned_data['email']} {address}", window=HOUR)
        try:
            return super().form_valid(form)
        except MailNotSent as exc:
            form.add_error(None, str(exc))
            return self.form_invalid(form)


@require_safe
def forgotten_password_sent(request):
    return render(request, "web/forgotten_password_sent.html")


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class ResetPassword(FormView):
    """Whoever has the link sets a new password. Looking at it neither uses it nor signs out."""

    template_name = "web/reset_password.html"
    form_class = account_forms.NewPasswordForm

    def dispatch(self, request, *args, **kwargs):
        self.user = accounts.user_of_link(kwargs["secret"])
        if self.user is None:
            return self.not_good()
        return super().dispatch(request, *args, **kwargs)

    def not_good(self):
        context = {"title": "This link does not work", "reason": LINK_NOT_GOOD}
        return render(self.request, "web/link_not_good.html", context, status=404)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.user}

    def get_context_data(self, **kwargs):
        return super().get_context_data(account=self.user, **kwargs)

    def form_valid(self, form):
        if not accounts.set_password(self.user, form.cleaned_data["password1"]):
            return self.not_good()
        get_adapter().send_notification_mail("account/email/password_changed", self.user)
        # Whoever sits here may be signed in as somebody else.
        logout(self.request)
        messages.success(
            self.request,
            "Your password is set, and whoever was signed in with the old one is signed out, with"
            " every API token. Sign in with the new one.",
        )
        return redirect("sign-in")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request, secret):
    """Whoever has the link says that the address is theirs: by a button, for links are visited."""
    confirmation = EmailConfirmationHMAC.from_key(secret)
    row = confirmation and confirmation.email_address
    if row is None or not row.can_set_verified():
        context = {
            "title": "This link does not work",
            "reason": "It was used, or it is more than three days old, or the address was changed.",
        }
        return render(request, "web/link_not_good.html", context, status=404)
    if request.method != "POST":
        return render(request, "web/confirm_email.html", {"email": row.email, "owner": row.user})
    before, was_confirmed = row.user.email, accounts.is_confirmed(row.user)
    if not accounts.confirm(row):
        return redirect(request.path)
    if before and before.lower() != row.email:
        tell_of_new_address(row.user, before, was_confirmed)
    messages.success(request, f"{row.email} is confirmed.")
    return redirect("account" if request.user.is_authenticated else "sign-in")


def tell_of_new_address(user, before, was_confirmed):
    get_adapter().send_notification_mail(
        "account/email/email_changed", user, email=before, is_confirmed=was_confirmed
    )


# --- One's own -------------------------------------------------------------------------------


def own_page(methods):
    """A page of whoever is signed in, which no cache keeps and no log quotes."""

    def decorate(view):
        guarded = login_required(require_http_methods(methods)(view))
        return never_cache(sensitive_post_parameters()(guarded))

    return decorate


def own_button(view):
    """What a button of the account's page does. Whoever comes otherwise is led to the page."""

    @own_page(["GET", "HEAD", "POST"])
    def respond(request, *args, **kwargs):
        if request.method == "POST":
            return view(request, *args, **kwargs)
        return redirect("account")

    return respond


@own_page(["GET", "HEAD"])
def account(request):
    tokens = accounts.tokens_of(request.user)
    return render(
        request,
        "web/account_page.html",
        {
            "is_confirmed": accounts.is_confirmed(request.user),
            "awaited_email": accounts.awaited_email(request.user),
            "tokens": tokens[:SHOWN_TOKENS],
            "token_count": tokens.count(),
        },
    )


@own_page(["GET", "HEAD", "POST"])
def change_password(request):
    form = account_forms.ChangePasswordForm(data=request.POST or None, user=request.user)
    if form.is_valid():
        if not accounts.set_password(request.user, form.cleaned_data["password1"]):
            messages.error(request, CHANGED_MEANWHILE)
            return redirect("account")
        update_session_auth_hash(request, request.user)
        get_adapter().send_notification_mail("account/email/password_changed", request.user)
        messages.success(
            request,
            "Your password is changed. Whoever was signed in elsewhere is signed out, and every"
            " API token has ended.",
        )
        return redirect("account")
    return render(request, "web/account_password.html", {"form": form})


@own_page(["GET", "HEAD", "POST"])
def end_sessions(request):
    form = account_forms.CurrentPasswordForm(data=request.POST or None, user=request.user)
    if form.is_valid():
        if not accounts.end_sessions(request.user, form.cleaned_data["password"]):
            messages.error(request, CHANGED_MEANWHILE)
            return redirect("account")
        update_session_auth_hash(request, request.user)
        messages.success(request, "You are signed out everywhere but here.")
        return redirect("account")
    return render(request, "web/account_sessions.html", {"form": form})


@own_page(["GET", "HEAD", "POST"])
def change_email(request):
    form = account_forms.EmailForm(
        data=request.POST or None, user=request.user, initial={"email": request.user.email}
    )
    if form.is_valid():
        before, was_confirmed = request.user.email, accounts.is_confirmed(request.user)
        waiting = accounts.change_email(request.user, form.cleaned_data["email"])
        if before and before != request.user.email:
            tell_of_new_address(request.user, before, was_confirmed)
        elif waiting and waiting.email != before.lower():
            get_adapter().send_notification_mail("account/email/email_change_asked", request.user)
        if waiting is None:
            messages.success(request, "Your e-mail address is saved.")
        else:
            send_confirmation(request, waiting)
        return redirect("account")
    return render(request, "web/account_email.html", {"form": form})


@own_button
def confirm_again(request):
    waiting = accounts.unconfirmed(request.user) if settings.SENDS_MAIL else None
    if waiting is None:
        messages.info(request, "No e-mail address waits to be confirmed.")
    else:
        send_confirmation(request, waiting)
    return redirect("account")


def send_confirmation(request, waiting):
    try:
        waiting.send_confirmation(request)
    except MailNotSent as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, f"A mail is on its way to {waiting.email}: open its link.")


@own_button
def make_token(request):
    """The only answer that ever holds the token, so it is no redirect."""
    if accounts.tokens_of(request.user).count() >= SHOWN_TOKENS:
        messages.error(
            request, f"You have {SHOWN_TOKENS} tokens already. Revoke one that you do not use."
        )
        return redirect("account")
    row, token = accounts.make_token(request.user)
    return render(request, "web/account_token.html", {"token": token, "row": row})


@own_button
def revoke_token(request, token_key):
    if not accounts.revoke(request.user, token_key):
        raise Http404("You have no such token.")
    messages.success(request, f"The token {token_key[:8]}… is revoked.")
    return redirect("account")


@own_button
def revoke_all_tokens(request):
    accounts.revoke_all(request.user)
    messages.success(request, "All tokens are revoked.")
    return redirect("account")
