"""The shipped scenarios, TOML only."""

ORDER = (
    *("chatgpt-query", "chatgpt-2023", "deepseek-v3-h800", "deepseek-r1-10x-reasoning"),
    *("chatgpt-2023-chain", "epoch-query-energy", "waterfall-2023-to-2025", "h100-rent-through-time"),
    *("openai-2024-crossover", "chatgpt-2025-crossover", "gpt-4-training-accounts"),
    *("agent-128k-mla", "agent-128k-gqa", "llama-3.1-405b-h200"),
    *("deepseek-r1-h20", "deepseek-r1-h200"),
    *("gpt-4-training-eu", "deepseek-v3-training-eu", "training-run-1e26"),
    *("inference-like-1e27", "r1-distill-qwen-32b-h100"),
    *("llama-3.1-70b-h100", "llama-3.1-70b-mi300x-as-h100", "llama-3.1-70b-mi300x", "llama-3.3-70b-tpu-v6e"),
    *("gpt-oss-120b-h100", "gpt-oss-120b-b200", "gpt-oss-120b-m3-ultra"),
    *("llama-3.1-70b-a100", "llama-3.1-70b-tpu-v5e", "llama-3.1-8b-l40s", "llama-3-8b-inferentia2"),
    *("deepseek-r1-gb200-nvl72", "deepseek-r1-h100-h20", "llama-3.1-405b-optical", "llama-2-70b-groq"),
    *("llama-3-8b-rtx-4090", "llama-3-8b-m3-max", "host-in-kenya"),
    *("serve-kenya", "serve-india", "serve-brazil", "serve-uae", "llama-3.2-3b-phone"),
    *("lever-standards-off", "lever-standards-on", "lever-research-off", "lever-research-on"),
    *("lever-infrastructure-off", "lever-infrastructure-on", "lever-efficiency-off", "lever-efficiency-on"),
    *("lever-security-off", "lever-security-on"),
)
"""The presets by topic: cost and energy, export controls and policy, speed and hardware, places,
and the five levers of an essay on US policy, each as a pair: without and with."""
