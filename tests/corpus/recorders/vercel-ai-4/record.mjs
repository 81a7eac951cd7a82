// The AI SDK's telemetry (https://ai-sdk.dev/docs/ai-sdk-core/telemetry) with OpenTelemetry's Node tracer.
import { readFileSync } from 'node:fs';
import { createOpenAI } from '@ai-sdk/openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { generateText, streamText, tool } from 'ai';
import { z } from 'zod';

const scenario = JSON.parse(readFileSync(process.env.CORPUS_SCENARIO, 'utf8'));
const name = process.argv[2];

const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();

// This version's provider reads no base URL from the environment.
const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, compatibility: 'strict' });

const asked = {
  model: openai('gpt-4o-mini'),
  system: scenario.system,
  prompt: scenario.user,
  experimental_telemetry: {
    isEnabled: true,
    functionId: 'travel-assistant',
    metadata: { sessionId: scenario.session_id, userId: scenario.user_id },
  },
};

if (name.startsWith('stream')) {
  const { textStream } = streamText(asked);
  for await (const text of textStream) process.stdout.write(text);
} else {
  const { text } = await generateText({
    ...asked,
    tools: {
      [scenario.tool.name]: tool({
        description: scenario.tool.description,
        parameters: z.object({ city: z.string().describe('Name of the city') }),
        execute: async () => scenario.tool.result,
      }),
    },
    maxSteps: 5,
  });
  process.stdout.write(text);
}
process.stdout.write('\n');
await provider.shutdown();
