"""The tools over the Model Context Protocol, by its official SDK: an optional package (requirements-mcp.txt)."""

import json
import logging
from collections.abc import Callable
from typing import Any

import mcp_types as types
from asgiref.sync import sync_to_async
from mcp.server import Server
from mcp.shared.exceptions import MCPError

from analytics.machines.report_questions import Arguments, Asker, QuestionRefused
from analytics.machines.tools import TOOLS, Tool, call_tool
from campaignos import __version__

logger = logging.getLogger(__name__)

INSTRUCTIONS = (
    "Marketing analytics of one workspace: campaigns, messages, events, people in numbers, money. Ask list_metrics "
    "what there is, `ask` for numbers and explain_number for what one means. Every answer says of which instant it is; "
    "where `complete` is false, its last day is still running. Answers never name people."
)

FAILED = "The tool failed. The server's log says why."


def _log_failure(error: Exception) -> None:
    logger.error("A tool failed.", exc_info=error)


def tool_server(asker: Callable[[], Asker], *, note_failure: Callable[[Exception], None] = _log_failure) -> Server[Any]:
    """Answers what the asker of each call may know. Tools run in the thread that runs the server's loop.

    `note_failure` is called with what a tool raises that is no refusal; its text is told to nobody.
    """

    async def list_tools(context: Any, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool_description(tool) for tool in TOOLS.values()])

    async def call(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            return await sync_to_async(_result)(params.name, params.arguments or {}, asker)
        except Exception as error:
            note_failure(error)
            raise MCPError(types.INTERNAL_ERROR, FAILED) from None  # the library would tell its text

    return Server(
        "campaignos-analytics",
        version=__version__,
        title="CampaignOS Analytics",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call,
    )


def _tool_description(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema={**tool.schema},
        annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


def _result(name: str, arguments: Arguments, asker: Callable[[], Asker]) -> types.CallToolResult:
    if name not in TOOLS:
        return _refusal(f"There is no tool {name[:100]!r}; there are {', '.join(TOOLS)}.")
    try:
        answer = call_tool(TOOLS[name], asker(), arguments)
    except QuestionRefused as refused:
        return _refusal(str(refused))
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=answer)


def _refusal(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)
