"""IP addresses, which are not kept, wherever they stand in what is sent."""

import re
from typing import Any

IP_NAMES = frozenset({"ip", "$ip", "ip_address", "ipAddress"})
"""What clients call the address that a person has in the network. It is not kept, wherever it stands."""
_IP_KEYS = tuple(f'"{name}"' for name in IP_NAMES)
_SAID_IP = re.compile(rf'("(?:{"|".join(map(re.escape, sorted(IP_NAMES)))})"\s*:\s*)(?:"[^"]*"?|\[[^\]]*\]?)')


def without_ips(value: Any) -> Any:
    """JSON without the IP addresses that are called so. As deep as an item may be."""
    match value:
        case dict():
            return {key: without_ips(inner) for key, inner in value.items() if key not in IP_NAMES}
        case list():
            return [without_ips(inner) for inner in value]
    return value


def may_name_ips(written: str) -> bool:
    """Whether some key in a JSON text may be that of an IP address: nearly always not."""
    return ('"ip' in written or '"$ip' in written) and any(key in written for key in _IP_KEYS)


def struck_out_ips(written: str) -> str:
    """As `without_ips`, for JSON that may be broken or cut off."""
    return _SAID_IP.sub(r'\1"…"', written)
