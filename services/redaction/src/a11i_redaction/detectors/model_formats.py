"""The formats of keys of those who serve language models, or what agents call beside them, as data."""

from typing import Final

from a11i_redaction.detectors.secret_formats import SecretFormat

_URL = r"[A-Za-z0-9_\-]"

MODEL_FORMATS: Final[tuple[SecretFormat, ...]] = (
    SecretFormat(
        "openai",
        # Between parts of 20, 58 or 74 characters stands T3BlbkFJ, base64 of their name; keys of projects had its name.
        rf"sk-(?:proj|svcacct|admin|service|None)-{_URL}{{20,300}}|sk-{_URL}{{20,160}}T3BlbkFJ{_URL}{{20,100}}"
        r"|sess-[A-Za-z0-9]{40}",
        "platform.openai.com: API keys; Admin keys",
        mixed=True,
    ),
    SecretFormat(
        "anthropic", rf"sk-ant-{_URL}{{16,250}}", "docs.anthropic.com: Getting started; Admin API", mixed=True
    ),
    SecretFormat("openrouter", r"sk-or-(?:v1-)?[A-Za-z0-9]{20,128}", "openrouter.ai/docs: Authentication", mixed=True),
    SecretFormat(
        "openai or compatible",
        r"sk-[A-Za-z0-9]{20,128}",
        "platform.openai.com: Authentication; DeepSeek and others take the same form",
        mixed=True,
    ),
    SecretFormat("langfuse", r"[sp]k-lf-[0-9a-zA-Z\-]{20,64}", "langfuse.com/docs: API keys", mixed=True),
    SecretFormat(
        "langsmith",
        r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",
        "docs.smith.langchain.com: Create an account and API key",
    ),
    SecretFormat(
        "hugging face",
        r"(?:hf|api_org)_[A-Za-z0-9]{34,40}",  # 34 letters; digits are rare.
        "huggingface.co/docs: User access tokens",
    ),
    SecretFormat("groq", r"gsk_[A-Za-z0-9]{40,80}", "console.groq.com/docs: API keys", mixed=True),
    SecretFormat("xai", r"xai-[A-Za-z0-9]{60,100}", "docs.x.ai: Authentication", mixed=True),
    SecretFormat("perplexity", r"pplx-[A-Za-z0-9]{40,64}", "docs.perplexity.ai: API keys", mixed=True),
    SecretFormat("replicate", r"r8_[A-Za-z0-9]{37,40}", "replicate.com/docs: API tokens", mixed=True),
    SecretFormat("fireworks", r"fw_[A-Za-z0-9]{22,32}", "docs.fireworks.ai: API keys", mixed=True),
    SecretFormat("together", rf"tgp_v1_{_URL}{{40,60}}", "docs.together.ai: API keys and authentication", mixed=True),
    SecretFormat("anyscale", r"esecret_[A-Za-z0-9]{24,60}", "docs.anyscale.com: Endpoints, API keys", mixed=True),
    SecretFormat(
        "zhipu",
        r"[0-9a-f]{32}\.[A-Za-z0-9]{16}(?![A-Za-z0-9])",
        "docs.z.ai: HTTP API, authentication",
        mixed=True,
        gate=r"[0-9a-f]{32}\.[A-Za-z0-9]{16}",
    ),
    SecretFormat("litellm", rf"sk-litellm-{_URL}{{16,100}}", "docs.litellm.ai: Virtual keys", mixed=True),
    SecretFormat("cursor", rf"crsr_{_URL}{{32,80}}", "cursor.com/docs: API keys", mixed=True),
    SecretFormat("e2b", r"(?:e2b|sk_e2b)_[0-9a-f]{40}", "e2b.dev/docs: API key", mixed=True),
    SecretFormat("nvidia", rf"nvapi-{_URL}{{50,80}}", "docs.nvidia.com: NIM, API key", mixed=True),
    SecretFormat("tavily", rf"tvly-{_URL}{{20,60}}", "docs.tavily.com: Authentication", mixed=True),
    SecretFormat("elevenlabs", r"sk_[0-9a-f]{48}", "elevenlabs.io/docs: Authentication", mixed=True),
    SecretFormat("pinecone", rf"pcsk_{_URL}{{40,90}}", "docs.pinecone.io: Manage API keys", mixed=True),
    SecretFormat("cerebras", r"csk-[a-z0-9]{40,60}", "inference-docs.cerebras.ai: Quickstart", mixed=True),
    SecretFormat("weights and biases", r"wandb_v1_[A-Za-z0-9_]{70,90}", "docs.wandb.ai: API keys", mixed=True),
    SecretFormat("llamacloud", r"llx-[A-Za-z0-9]{40,64}", "docs.cloud.llamaindex.ai: API key", mixed=True),
    SecretFormat("jina", r"jina_[0-9a-f]{32}[A-Za-z0-9_\-]{20,40}", "jina.ai: Reader API key", mixed=True),
    SecretFormat("firecrawl", r"fc-[0-9a-f]{32}", "docs.firecrawl.dev: Authentication", mixed=True),
    SecretFormat("helicone", r"(?:sk|pk)-helicone-[a-z0-9\-]{20,50}", "docs.helicone.ai: API keys", mixed=True),
    SecretFormat("posthog", r"ph[cx]_[A-Za-z0-9]{40,50}", "posthog.com/docs: API; personal API keys", mixed=True),
    SecretFormat(
        "a11i", r"a11i_[A-Za-z0-9]{12}_[A-Za-z0-9]{20,43}(?:_[A-Za-z0-9]{6})?", "this project: keys of its auth service"
    ),
    SecretFormat("apify", r"apify_api_[A-Za-z0-9]{34,40}", "docs.apify.com: API integration", mixed=True),
    SecretFormat("voyage", rf"pa-{_URL}{{43}}", "docs.voyageai.com: API key", mixed=True),
)
"""Keys for models, their tools and those who watch over them."""
