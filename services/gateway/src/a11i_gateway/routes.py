"""REST routes from the google.api.http annotations of gRPC methods.

https://github.com/googleapis/googleapis/blob/master/google/api/http.proto, of which GET with plain `{field}` variables
is understood; any other rule is refused at the start, so that none is served wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from google.api import annotations_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

VARIABLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A GET that stands for a gRPC method."""

    path: str
    """As in the annotation, such as /v1/traces/{trace_id}."""
    method: str
    """The gRPC method: /package.Service/Method."""
    request: type[Message]
    response: type[Message]


def routes(service: ServiceDescriptor) -> Iterator[Route]:
    """The routes of a service's annotated methods. Raises ValueError for a rule that isn't understood."""
    for method in service.methods:
        options = method.GetOptions()
        if options.HasExtension(annotations_pb2.http):
            rule = options.Extensions[annotations_pb2.http]
            for each in (rule, *rule.additional_bindings):
                yield _route(method, each)


def _route(method: MethodDescriptor, rule: HttpRule) -> Route:
    if rule.WhichOneof("pattern") != "get" or rule.body or rule.response_body:
        raise ValueError(f"{method.full_name}: only GET without a body is served")
    for variable in VARIABLE.findall(rule.get):
        if variable not in method.input_type.fields_by_name:
            raise ValueError(f"{method.full_name}: {{{variable}}} is no field of {method.input_type.full_name}")
    return Route(
        path=rule.get,
        method=f"/{method.containing_service.full_name}/{method.name}",
        request=GetMessageClass(method.input_type),
        response=GetMessageClass(method.output_type),
    )
