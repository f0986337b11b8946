"""Texts that only this program reads, encrypted with keys made from SECRET_KEY."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def encrypt(text: str, *, purpose: str) -> str:
    return _encryption(purpose).encrypt(text.encode()).decode()


def decrypt(encrypted: str, *, purpose: str) -> str | None:
    """None for what was not encrypted here for this purpose, with this key or a former one."""
    try:
        return _encryption(purpose).decrypt(encrypted.encode()).decode()
    except (InvalidToken, UnicodeEncodeError):
        return None


def _encryption(purpose: str) -> MultiFernet:
    """Encrypts with the newest key, decrypts with the former ones, too."""
    return MultiFernet([_fernet(key, purpose) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(secret: str, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
