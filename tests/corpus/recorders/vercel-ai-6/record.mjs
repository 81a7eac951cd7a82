// The AI SDK's telemetry (https://ai-sdk.dev/docs/ai-sdk-core/telemetry) with OpenTelemetry's Node tracer.
import { readFileSync } from 'node:fs';
import { anthropic } from '@ai-sdk/anthropic';
import { openai } from '@ai-sdk/openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { embed, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

const scenario = JSON.parse(readFileSync(process.env.CORPUS_SCENARIO, 'utf8'));
const name = process.argv[2];

const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();

const asked = {
  model: name.includes('anthropic') ? anthropic('claude-sonnet-4-5') : openai('gpt-4o-mini'),
  system: scenario.system,
  prompt: scenario.user,
  experimental_telemetry: {
    isEnabled: true,
    functionId: 'travel-assistant',
    metadata: { sessionId: scenario.session_id, userId: scenario.user_id },
  },
};

if (name === 'embedding') {
  const model = openai.embedding('text-embedding-3-small');
  await embed({ model, value: scenario.embedding.input, experimental_telemetry: asked.experimental_telemetry });
} else if (name === 'vision') {
  const { prompt, ...rest } = asked;
  const content = [
    { type: 'text', text: scenario.vision.user },
    { type: 'image', image: `data:image/png;base64,${scenario.vision.png}` },
    { type: 'image', image: new URL(scenario.vision.url) },
  ];
  const { text } = await generateText({ ...rest, messages: [{ role: 'user', content }] });
  process.stdout.write(text);
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
    stopWhen: stepCountIs(5),
  });
  process.stdout.write(text);
}
process.stdout.write('\n');
await provider.shutdown();
