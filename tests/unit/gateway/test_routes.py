"""Routes come from the contracts; what isn't understood is refused at the start."""

from __future__ import annotations

import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor

from a11i.query.v1 import query_service_pb2
from a11i_gateway.routes import routes


def service(**rule: str) -> ServiceDescriptor:
    """A service with one method of that google.api.http rule."""
    file = descriptor_pb2.FileDescriptorProto(name="things.proto", package="things", syntax="proto3")
    file.message_type.add(name="Ask").field.add(
        name="id", number=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
        label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
    )  # fmt: skip
    method = file.service.add(name="Things").method.add(name="Get", input_type=".things.Ask", output_type=".things.Ask")
    for name, value in rule.items():
        setattr(method.options.Extensions[annotations_pb2.http], name, value)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindServiceByName("things.Things")


def test_every_annotated_read_has_its_route() -> None:
    found = routes(query_service_pb2.DESCRIPTOR.services_by_name["QueryService"])

    assert {(route.path, route.method) for route in found} == {
        ("/v1/ingest-issues", "/a11i.query.v1.QueryService/ListIngestIssues"),
        ("/v1/logs", "/a11i.query.v1.QueryService/ListLogs"),
        ("/v1/metric-points", "/a11i.query.v1.QueryService/ListMetricPoints"),
        ("/v1/redactions", "/a11i.query.v1.QueryService/SummariseRedactions"),
        ("/v1/token-comparisons", "/a11i.query.v1.QueryService/CompareTokenCounts"),
        ("/v1/unpriced-models", "/a11i.query.v1.QueryService/ListUnpricedModels"),
        ("/v1/traces", "/a11i.query.v1.QueryService/ListTraces"),
        ("/v1/traces/{trace_id}", "/a11i.query.v1.QueryService/GetTrace"),
    }


@pytest.mark.parametrize(
    "rule", [{"post": "/things", "body": "*"}, {"get": "/things/{name}"}, {"get": "/{id=things/*}"}]
)
def test_a_rule_that_is_not_understood_is_refused(rule: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"things\.Things\.Get"):
        list(routes(service(**rule)))
