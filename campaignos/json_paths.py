"""Paths into JSON objects: names joined by dots. Pure."""

MAX_PATH_NAMES = 10


def is_path(text: str) -> bool:
    """Whether it can lead to a value: 1 to MAX_PATH_NAMES names, none of them empty."""
    return text.count(".") < MAX_PATH_NAMES and all(text.split(".")) and "\0" not in text
