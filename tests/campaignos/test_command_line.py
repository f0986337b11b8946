"""`manage.py` itself, whatever the command."""

import pytest

from campaignos import command_line


def test_ctrl_c_ends_any_command_without_a_traceback(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "execute_from_command_line", interrupted)
    with pytest.raises(SystemExit) as stopped:
        command_line.run(["manage.py", "check"])
    assert stopped.value.code == 130
    assert capsys.readouterr().err == "\nInterrupted.\n"
