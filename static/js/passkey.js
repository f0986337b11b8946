// Wires django-allauth's script to the log-in page's passkey button.

window.allauth.webauthn.forms.loginForm({ ids: { login: "passkey_login", credential: "mfa_credential" } });
