// Sentry's AI monitoring. Its Node SDK is built on OpenTelemetry; a span processor of one's own exports its spans.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import * as Sentry from '@sentry/node';

const scenario = JSON.parse(readFileSync(process.env.CORPUS_SCENARIO, 'utf8'));
const name = process.argv[2];
const processor = new BatchSpanProcessor(new OTLPTraceExporter());
// Without a DSN no integration is set up. This one's server takes no envelopes, only what the processor exports.
const dsn = process.env.CORPUS_COLLECTOR.replace('//', '//public@') + '/1';
Sentry.init({ dsn, tracesSampleRate: 1.0, sendDefaultPii: true, openTelemetrySpanProcessors: [processor] });
Sentry.setConversationId(scenario.session_id);
Sentry.setUser({ id: scenario.user_id });
const require = createRequire(import.meta.url);
const { OpenAI } = require('openai');
const { Anthropic } = require('@anthropic-ai/sdk');

const { tool, user, system } = scenario;
const described = { name: tool.name, description: tool.description };

async function openaiChatTool() {
  const client = new OpenAI();
  const model = 'gpt-4o-mini';
  const tools = [{ type: 'function', function: { ...described, parameters: tool.parameters } }];
  const messages = [{ role: 'system', content: system }, { role: 'user', content: user }];
  const first = await client.chat.completions.create({ model, messages, tools });
  const { role, content, tool_calls } = first.choices[0].message;
  messages.push({ role, content, tool_calls });
  messages.push({ role: 'tool', tool_call_id: tool_calls[0].id, content: JSON.stringify(tool.result) });
  const second = await client.chat.completions.create({ model, messages, tools });
  return second.choices[0].message.content;
}

async function openaiStream() {
  const messages = [{ role: 'system', content: system }, { role: 'user', content: user }];
  const given = { model: 'gpt-4o-mini', messages, stream: true, stream_options: { include_usage: true } };
  let text = '';
  for await (const chunk of await new OpenAI().chat.completions.create(given)) {
    text += chunk.choices[0]?.delta.content ?? '';
  }
  return text;
}

async function anthropicChatTool() {
  const client = new Anthropic();
  const given = {
    model: 'claude-sonnet-4-5',
    max_tokens: 1024,
    system,
    tools: [{ ...described, input_schema: tool.parameters }],
  };
  const messages = [{ role: 'user', content: user }];
  const first = await client.messages.create({ ...given, messages });
  const { type, id, name, input } = first.content[0];
  messages.push({ role: 'assistant', content: [{ type, id, name, input }] });
  messages.push({
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: id, content: JSON.stringify(tool.result) }],
  });
  const second = await client.messages.create({ ...given, messages });
  return second.content[0].text;
}

const run = { 'chat-tool': openaiChatTool, 'chat-tool-anthropic': anthropicChatTool, stream: openaiStream }[name];
process.stdout.write(`${await Sentry.startSpan({ name: 'travel-assistant', op: 'function' }, run)}\n`);
await processor.forceFlush();
