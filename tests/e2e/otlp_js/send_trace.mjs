// Sends the trace on standard input with OpenTelemetry's own exporters for Node.js.
//
//   node send_trace.mjs grpc|http/protobuf|http/json HOST:PORT [gzip] < request.json
//
// Standard input is an OTLP/JSON ExportTraceServiceRequest of one resource and one scope. The environment variable
// AUTHORIZATION is sent as that header. Exits 1 if the export fails.
import { createTraceState } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { Metadata, credentials } from "@grpc/grpc-js";
import { text } from "node:stream/consumers";

const REMOTE = 0x200; // OTLP's flag of a context that came from another process

const [protocol, endpoint, gzip] = process.argv.slice(2);
const [resourceSpans] = JSON.parse(await text(process.stdin)).resourceSpans;
const [scopeSpans] = resourceSpans.scopeSpans;
const resource = resourceFromAttributes(attributes(resourceSpans.resource.attributes), {
  schemaUrl: resourceSpans.schemaUrl,
});
const scope = {
  ...scopeSpans.scope,
  attributes: attributes(scopeSpans.scope.attributes),
  schemaUrl: scopeSpans.schemaUrl,
};

const exporter = makeExporter();
exporter.export(scopeSpans.spans.map(readable), async (result) => {
  await exporter.shutdown();
  if (result.code !== ExportResultCode.SUCCESS) {
    console.error(result.error);
    process.exit(1);
  }
});

function makeExporter() {
  const compression = gzip ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE;
  const authorization = process.env.AUTHORIZATION;
  if (protocol === "grpc") {
    const metadata = new Metadata();
    metadata.set("authorization", authorization);
    return new GrpcExporter({
      url: `http://${endpoint}`,
      credentials: credentials.createInsecure(),
      metadata,
      compression,
    });
  }
  const Exporter = { "http/protobuf": ProtobufExporter, "http/json": JsonExporter }[protocol];
  return new Exporter({ url: `http://${endpoint}/v1/traces`, headers: { authorization }, compression });
}

// What the SDK hands to an exporter, for a span of OTLP/JSON.
function readable(span) {
  const { traceId } = span;
  return {
    name: span.name,
    kind: span.kind - 1,
    spanContext: () => context(span),
    parentSpanContext: span.parentSpanId && context({ traceId, spanId: span.parentSpanId, flags: span.flags }),
    startTime: time(span.startTimeUnixNano),
    endTime: time(span.endTimeUnixNano),
    status: { code: 0, ...span.status },
    attributes: attributes(span.attributes),
    links: (span.links ?? []).map((link) => ({ context: context(link), attributes: attributes(link.attributes) })),
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      time: time(event.timeUnixNano),
      attributes: attributes(event.attributes),
    })),
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function context({ traceId, spanId, traceState, flags }) {
  return {
    traceId,
    spanId,
    traceFlags: flags & 0xff,
    isRemote: Boolean(flags & REMOTE),
    traceState: traceState && createTraceState(traceState),
  };
}

function time(nanoseconds) {
  const whole = BigInt(nanoseconds);
  return [Number(whole / 1_000_000_000n), Number(whole % 1_000_000_000n)];
}

function attributes(items = []) {
  return Object.fromEntries(items.map((item) => [item.key, value(item.value)]));
}

function value(any) {
  const [[kind, content] = []] = Object.entries(any);
  switch (kind) {
    case "intValue":
      return Number(content);
    case "bytesValue":
      return new Uint8Array(Buffer.from(content, "base64"));
    case "arrayValue":
      return content.values.map(value);
    case "kvlistValue":
      return attributes(content.values);
    default:
      return kind === undefined ? null : content;
  }
}
