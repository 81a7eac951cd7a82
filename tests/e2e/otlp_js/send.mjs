// Sends one LLM span with OpenTelemetry's own exporter for Node.js and prints its trace id.
// Reads A11I_OTLP_GRPC (host:port) and A11I_API_KEY from the environment; exits 1 if the export fails.
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { Metadata, credentials } from "@grpc/grpc-js";

const kept = new InMemorySpanExporter();
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": "js-agent" }),
  spanProcessors: [new SimpleSpanProcessor(kept)],
});
const span = provider.getTracer("js-e2e", "1.0").startSpan("chat gpt-4o", {
  kind: SpanKind.CLIENT,
  attributes: {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 5,
    "gen_ai.response.finish_reasons": ["stop"],
  },
});
span.setStatus({ code: SpanStatusCode.OK });
span.end();

const metadata = new Metadata();
metadata.set("authorization", `Bearer ${process.env.A11I_API_KEY}`);
const exporter = new OTLPTraceExporter({
  url: `http://${process.env.A11I_OTLP_GRPC}`,
  credentials: credentials.createInsecure(),
  metadata,
});
exporter.export(kept.getFinishedSpans(), async (result) => {
  await exporter.shutdown();
  if (result.code !== ExportResultCode.SUCCESS) {
    console.error(result.error);
    process.exit(1);
  }
  console.log(span.spanContext().traceId);
});
