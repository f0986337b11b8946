// Wires django-allauth's script to the page where a passkey or security key is added.

window.allauth.webauthn.forms.addForm({
  ids: { add: "mfa_webauthn_add", passwordless: "id_passwordless", credential: "id_credential", data: "js_data" },
});
