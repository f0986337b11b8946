"""What commands on data have in common."""

from pathlib import Path

import pytest
from django.core.management import find_commands, load_command_class

from analytics import management
from campaignos.command_line import WITHOUT_DATABASE

COMMANDS = find_commands(str(Path(management.__file__).parent))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_on_data_begins_without_a_check_of_the_whole_program(name: str) -> None:
    command = load_command_class("analytics", name)
    assert (command.requires_system_checks == ()) == (name not in WITHOUT_DATABASE)
