"""Takes metrics apart by their points, of which one metric can have any number."""

from collections.abc import Iterator

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from a11i_ingest.splitting import MAX_PART_ITEMS, MAX_REPEATED_BYTES


def spread(payload: bytes) -> Iterator[bytes]:
    """Yield requests of one metric each that hold the points in order, as many as a part may have.

    `payload` is a serialized ExportMetricsServiceRequest. The same one makes the same parts.
    """
    for group in ExportMetricsServiceRequest.FromString(payload).resource_metrics:
        for scope in group.scope_metrics:
            around_bytes = group.resource.ByteSize() + scope.scope.ByteSize() + 1
            most = max(1, min(MAX_PART_ITEMS, MAX_REPEATED_BYTES // around_bytes))
            for metric in scope.metrics:
                for part in _parts(metric, most):
                    request = ExportMetricsServiceRequest()
                    made = request.resource_metrics.add(resource=group.resource, schema_url=group.schema_url)
                    made.scope_metrics.add(scope=scope.scope, schema_url=scope.schema_url, metrics=[part])
                    yield request.SerializeToString()


def _parts(metric: Metric, most: int) -> Iterator[Metric]:
    """Yield the metric with `most` of its points at a time; nothing if it has none."""
    data = metric.WhichOneof("data")
    if data is None:
        return
    points = list(getattr(metric, data).data_points)
    bare = Metric()
    bare.CopyFrom(metric)
    del getattr(bare, data).data_points[:]
    for start in range(0, len(points), most):
        part = Metric()
        part.CopyFrom(bare)
        getattr(part, data).data_points.extend(points[start : start + most])
        yield part
