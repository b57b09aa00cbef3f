"""The forms of accounts: allauth's, in our words, and with what each needs beside."""

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from django import forms
from django.core.validators import MaxLengthValidator

from learn import accounts

PASSWORD_HELP = "At least 8 characters, and none of the passwords that everybody uses."


class OurForm(forms.Form):
    """No placeholders, limits of length, and the first field that is wrong has the focus."""

    labels: dict[str, str] = {}
    help_texts: dict[str, str] = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.help_texts.get(name, "")
            if isinstance(field.widget, forms.PasswordInput):
                field.validators.append(MaxLengthValidator(accounts.LONGEST_PASSWORD))
            elif isinstance(field, forms.EmailField):
                field.validators.append(MaxLengthValidator(accounts.LONGEST_EMAIL))

    def full_clean(self):
        super().full_clean()
        for name in self.fields:
            if name in self._errors:
                self.fields[name].widget.attrs["autofocus"] = True
                break


class SignInForm(OurForm, allauth_forms.LoginForm):
    labels = {"login": "User name or e-mail address", "password": "Password"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}
        login.validators.append(MaxLengthValidator(accounts.LONGEST_EMAIL))

    def add_prefix(self, field_name):
        # What the field has always been called, here and in the API.
        return super().add_prefix("username" if field_name == "login" else field_name)


class SignUpForm(OurForm, allauth_forms.SignupForm):
    labels = {
        "username": "User name",
        "email": "E-mail address (may be left out)",
        "password1": "Password",
        "password2": "The password again",
    }
    help_texts = {"username": accounts.NAME_RULE, "password1": PASSWORD_HELP}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        self.order_fields(["username", "password1", "password2", "email"])

    def save(self, request):
        """Raises ValidationError for a name that was taken while the form was open."""
        adapter = get_adapter()
        user = adapter.save_user(request, adapter.new_user(request), self, commit=False)
        accounts.sign_up(user, self.cleaned_data["email"])
        return user


class ForgottenPasswordForm(OurForm, allauth_forms.ResetPasswordForm):
    labels = {"email": "E-mail address of the account"}

    def clean_email(self):
        email = self.cleaned_data["email"]
        self.users = accounts.owners_of(email)
        return email

    def save(self, request, **kwargs):
        email = self.cleaned_data["email"]
        get_adapter().send_reset_mail(email, self.users)
        return email


class NewPasswordForm(OurForm, allauth_forms.ResetPasswordKeyForm):
    labels = {"password1": "New password", "password2": "The new password again"}
    help_texts = {"password1": PASSWORD_HELP}


class CurrentPasswordForm(OurForm, allauth_forms.ReauthenticateForm):
    """What only somebody who knows the password may do; each try is counted as a sign-in."""

    labels = {"password": "Your current password"}


class EmailForm(CurrentPasswordForm):
    email = allauth_forms.EmailField(required=False)
    field_order = ["email", "password"]
    labels = CurrentPasswordForm.labels | {"email": "E-mail address"}
    help_texts = {"email": "Leave it empty to have none."}


class ChangePasswordForm(OurForm, allauth_forms.ChangePasswordForm):
    labels = {"oldpassword": "Your current password"} | NewPasswordForm.labels
    help_texts = NewPasswordForm.help_texts

    def clean_oldpassword(self):
        password = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("incorrect_password")
        return password
