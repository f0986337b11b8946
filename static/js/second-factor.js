// Wires django-allauth's script to the log-in's page for the second factor.

window.allauth.webauthn.forms.authenticateForm({
  ids: { authenticate: "mfa_webauthn_authenticate", credential: "id_credential", data: "js_data" },
});
