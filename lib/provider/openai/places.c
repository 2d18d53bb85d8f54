// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Where text stands in OpenAI's documents (API reference: chat, embeddings, models).
// docs/coverage.md is generated from these tables, and a test drives a canary through each row.
#include "provider/dialect.h"

#define TEXT(path, role, note)                                                                     \
    {                                                                                              \
        path, PLACE_TEXT, role, false, note                                                        \
    }
#define STREAM(path, note)                                                                         \
    {                                                                                              \
        path, PLACE_TEXT, ROLE_ASSISTANT, true, note                                               \
    }
#define NAME(path, role, note)                                                                     \
    {                                                                                              \
        path, PLACE_NAME, role, false, note                                                        \
    }

static const struct place chat_request[] = {
    NAME("model", ROLE_CALLER, "model"),
    NAME("messages[].role", ROLE_CALLER, "role"),
    TEXT("messages[].content", ROLE_USER, "message"),
    TEXT("messages[].content[].text", ROLE_USER, "text part"),
    TEXT("messages[].content[].refusal", ROLE_ASSISTANT, "refusal part"),
    NAME("messages[].content[].type", ROLE_CALLER, "part type"),
    {"messages[].content[].image_url.url", PLACE_OPAQUE, ROLE_USER, false,
     "image: text unless it is a data: URL"},
    NAME("messages[].content[].image_url.detail", ROLE_CALLER, "image detail"),
    {"messages[].content[].input_audio.data", PLACE_OPAQUE, ROLE_USER, false, "audio, base64"},
    NAME("messages[].content[].input_audio.format", ROLE_CALLER, "audio format"),
    {"messages[].content[].file.file_data", PLACE_OPAQUE, ROLE_USER, false, "file, base64"},
    TEXT("messages[].content[].file.filename", ROLE_USER, "file name"),
    NAME("messages[].content[].file.file_id", ROLE_CALLER, "file id"),
    TEXT("messages[].name", ROLE_CALLER, "name of the participant"),
    TEXT("messages[].refusal", ROLE_ASSISTANT, "earlier refusal"),
    TEXT("messages[].reasoning", ROLE_ASSISTANT, "earlier reasoning"),
    TEXT("messages[].reasoning_content", ROLE_ASSISTANT, "earlier reasoning"),
    NAME("messages[].audio.id", ROLE_CALLER, "earlier audio answer"),
    NAME("messages[].tool_call_id", ROLE_CALLER, "tool call answered"),
    NAME("messages[].tool_calls[].id", ROLE_CALLER, "tool call id"),
    NAME("messages[].tool_calls[].type", ROLE_CALLER, "tool call type"),
    NAME("messages[].tool_calls[].function.name", ROLE_ASSISTANT, "tool called"),
    {"messages[].tool_calls[].function.arguments", PLACE_JSON_TEXT, ROLE_ASSISTANT, false,
     "tool arguments: JSON inside a string"},
    NAME("messages[].tool_calls[].custom.name", ROLE_ASSISTANT, "custom tool called"),
    TEXT("messages[].tool_calls[].custom.input", ROLE_ASSISTANT, "custom tool input"),
    NAME("messages[].function_call.name", ROLE_ASSISTANT, "function called (old form)"),
    {"messages[].function_call.arguments", PLACE_JSON_TEXT, ROLE_ASSISTANT, false,
     "function arguments (old form)"},
    NAME("tools[].type", ROLE_CALLER, "tool type"),
    NAME("tools[].function.name", ROLE_DEFINITION, "tool name"),
    TEXT("tools[].function.description", ROLE_DEFINITION, "tool description"),
    NAME("functions[].name", ROLE_DEFINITION, "function name (old form)"),
    TEXT("functions[].description", ROLE_DEFINITION, "function description (old form)"),
    NAME("response_format.type", ROLE_CALLER, "answer format"),
    NAME("response_format.json_schema.name", ROLE_DEFINITION, "schema name"),
    TEXT("response_format.json_schema.description", ROLE_DEFINITION, "schema description"),
    TEXT("prediction.content", ROLE_ASSISTANT, "predicted answer"),
    TEXT("prediction.content[].text", ROLE_ASSISTANT, "predicted answer part"),
    TEXT("stop", ROLE_CALLER, "stop sequence"),
    TEXT("stop[]", ROLE_CALLER, "stop sequences"),
    TEXT("user", ROLE_CALLER, "user id"),
    TEXT("safety_identifier", ROLE_CALLER, "user id"),
    TEXT("prompt_cache_key", ROLE_CALLER, "cache key"),
    NAME("tool_choice", ROLE_CALLER, "tool choice"),
    NAME("tool_choice.type", ROLE_CALLER, "tool choice"),
    NAME("tool_choice.function.name", ROLE_CALLER, "tool choice"),
    NAME("service_tier", ROLE_CALLER, "service tier"),
    NAME("reasoning_effort", ROLE_CALLER, "reasoning effort"),
    NAME("verbosity", ROLE_CALLER, "verbosity"),
    NAME("modalities[]", ROLE_CALLER, "modalities"),
    TEXT("web_search_options.user_location.approximate.city", ROLE_CALLER, "user's city"),
};

static const struct place chat_answer[] = {
    NAME("id", ROLE_CALLER, "answer id"),
    NAME("object", ROLE_CALLER, "document type"),
    NAME("model", ROLE_CALLER, "model"),
    NAME("system_fingerprint", ROLE_CALLER, "fingerprint"),
    NAME("service_tier", ROLE_CALLER, "service tier"),
    NAME("choices[].finish_reason", ROLE_CALLER, "finish reason"),
    NAME("choices[].message.role", ROLE_CALLER, "role"),
    TEXT("choices[].message.content", ROLE_ASSISTANT, "answer"),
    TEXT("choices[].message.content[].text", ROLE_ASSISTANT, "answer part"),
    TEXT("choices[].message.refusal", ROLE_ASSISTANT, "refusal"),
    TEXT("choices[].message.reasoning", ROLE_ASSISTANT, "reasoning"),
    TEXT("choices[].message.reasoning_content", ROLE_ASSISTANT, "reasoning"),
    NAME("choices[].message.tool_calls[].id", ROLE_CALLER, "tool call id"),
    NAME("choices[].message.tool_calls[].type", ROLE_CALLER, "tool call type"),
    NAME("choices[].message.tool_calls[].function.name", ROLE_ASSISTANT, "tool called"),
    {"choices[].message.tool_calls[].function.arguments", PLACE_JSON_TEXT, ROLE_ASSISTANT, false,
     "tool arguments: JSON inside a string"},
    TEXT("choices[].message.tool_calls[].custom.input", ROLE_ASSISTANT, "custom tool input"),
    NAME("choices[].message.function_call.name", ROLE_ASSISTANT, "function called (old form)"),
    {"choices[].message.function_call.arguments", PLACE_JSON_TEXT, ROLE_ASSISTANT, false,
     "function arguments (old form)"},
    TEXT("choices[].message.annotations[].url_citation.title", ROLE_ASSISTANT, "citation title"),
    TEXT("choices[].message.annotations[].url_citation.url", ROLE_ASSISTANT, "citation link"),
    TEXT("choices[].message.audio.transcript", ROLE_ASSISTANT, "audio transcript"),
    {"choices[].message.audio.data", PLACE_OPAQUE, ROLE_ASSISTANT, false, "audio, base64"},
    {"choices[].logprobs", PLACE_SHADOW, ROLE_ASSISTANT, false,
     "log probabilities: null when text of the choice is redacted"},
    {"choices[].logprobs.content[].token", PLACE_TOKEN, ROLE_ASSISTANT, true,
     "tokens of the answer, joined"},
    {"choices[].logprobs.refusal[].token", PLACE_TOKEN, ROLE_ASSISTANT, true,
     "tokens of the refusal, joined"},
    TEXT("choices[].logprobs.content[].top_logprobs[].token", ROLE_ASSISTANT, "other tokens"),
};

static const struct place chat_chunk[] = {
    NAME("id", ROLE_CALLER, "answer id"),
    NAME("object", ROLE_CALLER, "document type"),
    NAME("model", ROLE_CALLER, "model"),
    NAME("system_fingerprint", ROLE_CALLER, "fingerprint"),
    NAME("service_tier", ROLE_CALLER, "service tier"),
    NAME("obfuscation", ROLE_CALLER, "random padding"),
    NAME("choices[].finish_reason", ROLE_CALLER, "finish reason"),
    NAME("choices[].delta.role", ROLE_CALLER, "role"),
    STREAM("choices[].delta.content", "answer"),
    STREAM("choices[].delta.refusal", "refusal"),
    STREAM("choices[].delta.reasoning", "reasoning"),
    STREAM("choices[].delta.reasoning_content", "reasoning"),
    NAME("choices[].delta.tool_calls[].id", ROLE_CALLER, "tool call id"),
    NAME("choices[].delta.tool_calls[].type", ROLE_CALLER, "tool call type"),
    NAME("choices[].delta.tool_calls[].function.name", ROLE_ASSISTANT, "tool called"),
    {"choices[].delta.tool_calls[].function.arguments", PLACE_JSON_TEXT, ROLE_ASSISTANT, true,
     "tool arguments: JSON inside a string, in pieces"},
    STREAM("choices[].delta.tool_calls[].custom.input", "custom tool input"),
    NAME("choices[].delta.function_call.name", ROLE_ASSISTANT, "function called (old form)"),
    {"choices[].delta.function_call.arguments", PLACE_JSON_TEXT, ROLE_ASSISTANT, true,
     "function arguments (old form), in pieces"},
    TEXT("choices[].delta.annotations[].url_citation.title", ROLE_ASSISTANT, "citation title"),
    TEXT("choices[].delta.annotations[].url_citation.url", ROLE_ASSISTANT, "citation link"),
    STREAM("choices[].delta.audio.transcript", "audio transcript"),
    {"choices[].delta.audio.data", PLACE_OPAQUE, ROLE_ASSISTANT, false, "audio, base64"},
    {"choices[].logprobs", PLACE_SHADOW, ROLE_ASSISTANT, false,
     "log probabilities: null when text of the choice is redacted"},
    {"choices[].logprobs.content[].token", PLACE_TOKEN, ROLE_ASSISTANT, true,
     "tokens of the answer, joined"},
    {"choices[].logprobs.refusal[].token", PLACE_TOKEN, ROLE_ASSISTANT, true,
     "tokens of the refusal, joined"},
    TEXT("choices[].logprobs.content[].top_logprobs[].token", ROLE_ASSISTANT, "other tokens"),
};

static const struct place embedding_request[] = {
    NAME("model", ROLE_CALLER, "model"),  TEXT("input", ROLE_USER, "text"),
    TEXT("input[]", ROLE_USER, "texts"),  NAME("encoding_format", ROLE_CALLER, "encoding"),
    TEXT("user", ROLE_CALLER, "user id"),
};

static const struct place embedding_answer[] = {
    NAME("object", ROLE_CALLER, "document type"),
    NAME("data[].object", ROLE_CALLER, "document type"),
    NAME("model", ROLE_CALLER, "model"),
    {"data[].embedding", PLACE_OPAQUE, ROLE_ASSISTANT, false, "vector, base64"},
    {"data[].embedding[]", PLACE_OPAQUE, ROLE_ASSISTANT, false, "vector"},
};

static const struct place models_answer[] = {
    NAME("object", ROLE_CALLER, "document type"),
    NAME("id", ROLE_CALLER, "model"),
    NAME("owned_by", ROLE_CALLER, "owner"),
    NAME("data[].id", ROLE_CALLER, "model"),
    NAME("data[].object", ROLE_CALLER, "document type"),
    NAME("data[].owned_by", ROLE_CALLER, "owner"),
};

static const struct place error_answer[] = {
    TEXT("error.message", ROLE_ASSISTANT, "message"),
    NAME("error.type", ROLE_CALLER, "type"),
    NAME("error.param", ROLE_CALLER, "parameter"),
    NAME("error.code", ROLE_CALLER, "code"),
};

#define TABLE(kind, title, rows)                                                                   \
    {                                                                                              \
        kind, title, rows, ARRAY_SIZE(rows)                                                        \
    }

static const struct place_table tables[] = {
    TABLE(DOCUMENT_CHAT_REQUEST, "Chat completion request", chat_request),
    TABLE(DOCUMENT_CHAT_ANSWER, "Chat completion answer", chat_answer),
    TABLE(DOCUMENT_CHAT_CHUNK, "Chat completion stream event", chat_chunk),
    TABLE(DOCUMENT_EMBEDDING_REQUEST, "Embedding request", embedding_request),
    TABLE(DOCUMENT_EMBEDDING_ANSWER, "Embedding answer", embedding_answer),
    TABLE(DOCUMENT_MODELS_ANSWER, "Model list and model", models_answer),
    TABLE(DOCUMENT_ERROR_ANSWER, "Error", error_answer),
};

const struct dialect dialect_openai = {"openai", tables, ARRAY_SIZE(tables)};
