"""What every endpoint of the API is."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request

from campaignos.parameters import SEVERAL_TIMES, TellsIgnored, checked_format, ignored_parameters


class ApiView(TellsIgnored):
    """Answers 405 to a method that is not its own before anybody is asked who they are.

    `parameters` are those of an address that a GET understands; what writes has none.
    """

    parameters: ClassVar[Sequence[str]] = ()
    formats: ClassVar[Sequence[str]] = ("json",)
    several: ClassVar[Collection[str]] = SEVERAL_TIMES
    """Those that may be there with different values."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = str(request.method).lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise MethodNotAllowed(str(request.method))
        checked_format(request.query_params, self.formats)
        super().initial(request, *args, **kwargs)
        own = self.parameters if method in ("get", "head") else ()
        self.ignored = ignored_parameters(request, ("format", *own), self.several)
