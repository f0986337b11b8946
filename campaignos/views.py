"""What every endpoint of the API is."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView


class ApiView(APIView):
    """Answers 405 to a method that is not its own before anybody is asked who they are."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = str(request.method).lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
