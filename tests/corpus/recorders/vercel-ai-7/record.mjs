// The AI SDK's telemetry (https://ai-sdk.dev/docs/ai-sdk-core/telemetry) with OpenTelemetry's Node tracer.
import { readFileSync } from 'node:fs';
import { anthropic } from '@ai-sdk/anthropic';
import { openai } from '@ai-sdk/openai';
import { LegacyOpenTelemetry, OpenTelemetry } from '@ai-sdk/otel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { embed, generateText, isStepCount, registerTelemetry, streamText, tool } from 'ai';
import { z } from 'zod';

const scenario = JSON.parse(readFileSync(process.env.CORPUS_SCENARIO, 'utf8'));
const name = process.argv[2];

const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
const more = name.endsWith('supplemental') ? { usage: true, providerMetadata: true, runtimeContext: true } : {};
registerTelemetry(name.endsWith('legacy') ? new LegacyOpenTelemetry() : new OpenTelemetry(more));

const asked = {
  model: name.includes('anthropic') ? anthropic('claude-sonnet-4-5') : openai('gpt-4o-mini'),
  instructions: scenario.system,
  prompt: scenario.user,
  runtimeContext: { sessionId: scenario.session_id, userId: scenario.user_id },
  telemetry: {
    functionId: 'travel-assistant',
    includeRuntimeContext: { sessionId: true, userId: true },
  },
};

if (name === 'embedding') {
  const model = openai.embedding('text-embedding-3-small');
  await embed({ model, value: scenario.embedding.input, telemetry: asked.telemetry });
} else if (name.startsWith('stream')) {
  const { textStream } = streamText(asked);
  for await (const text of textStream) process.stdout.write(text);
} else {
  const { text } = await generateText({
    ...asked,
    tools: {
      [scenario.tool.name]: tool({
        description: scenario.tool.description,
        inputSchema: z.object({ city: z.string().describe('Name of the city') }),
        execute: async () => scenario.tool.result,
      }),
    },
    stopWhen: isStepCount(5),
  });
  process.stdout.write(text);
}
process.stdout.write('\n');
await provider.shutdown();
