"""What is wrong with a file as a whole."""


class FileError(Exception):
    """The file as a whole cannot be read: what is wrong, and where."""


def nothing_in_file(resource: str) -> str:
    """What to say of a file with a header alone, with empty lines, or with nothing."""
    return (
        f"There are no {resource} in the file. Each line below the names of the columns is one, unless all its cells "
        "are empty."
    )
