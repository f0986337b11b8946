"""What programs that answer questions in words ask: tools by name, over the Model Context Protocol.

`tools.py` and what is below know no protocol; `server.py` needs the optional package `mcp` (requirements-mcp.txt).
"""
