// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// inspect: which model, may this key use it, what does the text hold, what goes out.
#include "flow/exchange.h"

#include "secret/token_key.h"

enum { SHORTEST_FINDING = 6, NAME_MOST = 128, PSEUDONYMS_CAP = 64 << 20 };

void exchange_inspector(struct exchange *x, enum direction d, struct inspector *i)
{
    const struct inspector_options o = {
        .engine = x->plane->shared->engine,
        .scratch = x->plane->scratch,
        .walker = x->upstream->walker,
        .policy = x->key->key->policy,
        .rules = &x->key->rules[d],
        .pseudonyms = x->has_pseudonyms && d == DIRECTION_REQUEST ? &x->pseudonyms : NULL,
        .known = x->pseudonyms.count > 0 && d == DIRECTION_RESPONSE ? &x->pseudonyms : NULL,
        .heard = d == DIRECTION_REQUEST ? &x->echo : NULL,
        .said = d == DIRECTION_RESPONSE ? &x->echo : NULL,
        .direction = d,
        .now_unix_s = x->unix_us / 1000000,
    };

    inspector_init(i, &o, &x->arena);
}

bool exchange_is_clean(const struct exchange *x, enum direction d, struct span text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(16);

    return text.n < SHORTEST_FINDING || (scan_text(x->plane->shared->engine, x->plane->scratch,
                                                   &x->key->rules[d], text, &found) == AIU_OK &&
                                         found.count == 0);
}

struct span exchange_name(const struct exchange *x, struct span name)
{
    if (name.n > NAME_MOST || !exchange_is_clean(x, DIRECTION_REQUEST, name)) {
        return SPAN_OF("?");
    }
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (c <= 0x20 || c >= 0x7F || c == '"' || c == '\\') {
            return SPAN_OF("?");
        }
    }
    return name;
}

static enum aiu_status parse_body(struct exchange *x)
{
    enum aiu_status st = json_finish(&x->json, buf_span(&x->body), &x->doc);

    if (st != AIU_OK) {
        x->error_offset = json_error_offset(&x->json);
        return st;
    }
    if (!json_is(&x->doc, 0, JSON_OBJECT)) {
        return AIU_JSON_INVALID;
    }
    facts_of_request(&x->doc, &x->request);
    uint32_t model = json_member(&x->doc, 0, SPAN_OF("model"));
    if (!json_is(&x->doc, model, JSON_STRING)) {
        return AIU_PROVIDER_NO_MODEL;
    }
    return json_string(&x->doc, model, &x->arena, &x->model);
}

// The list of models has no model: it comes from whoever serves "*", else from the first provider.
static const struct config_provider *default_provider(const struct config *c)
{
    const struct config_model *any = config_model(c, SPAN_OF("*"));

    if (any != NULL) {
        return any->provider;
    }
    return c->provider_count > 0 ? &c->providers[0] : NULL;
}

static enum aiu_status choose_provider(struct exchange *x)
{
    const struct config_provider *provider = default_provider(x->service->config);

    if (x->route.route->name != ROUTE_MODELS) {
        x->model_entry = config_model(x->service->config, x->model);
        if (x->model_entry == NULL) {
            return AIU_PROVIDER_NO_MODEL;
        }
        if (!key_allows_model(x->key->key, x->model)) {
            return AIU_MODEL_DENIED;
        }
        provider = x->model_entry->provider;
    }
    if (provider == NULL) {
        return AIU_PROVIDER_NO_MODEL;
    }
    x->upstream = service_upstream(x->service, provider);
    return AIU_OK;
}

static enum aiu_status check_control(const struct exchange *x)
{
    const struct control_subject subject = exchange_subject(x);

    return control_check(x->plane->shared->control, &subject);
}

// Where the provider knows the model by another name, that name goes out.
static enum aiu_status rename_model(struct exchange *x)
{
    struct span name = x->model_entry->model;
    uint32_t model = json_member(&x->doc, 0, SPAN_OF("model"));

    if (name.n == 0 || span_equal(name, x->model)) {
        return AIU_OK;
    }
    struct json_edit *edits = arena_array(&x->arena, x->edit_count + 1, sizeof(*edits));
    if (edits == NULL) {
        return AIU_NO_MEMORY;
    }
    const struct json_edit rename = {x->doc.tokens[model].start, x->doc.tokens[model].end, name};
    size_t n = 0;
    bool placed = false;
    for (size_t i = 0; i < x->edit_count; i++) {
        if (!placed && x->edits[i].start >= rename.end) {
            edits[n++] = rename;
            placed = true;
        }
        // An edit of the name itself goes with the name.
        if (x->edits[i].end <= rename.start || x->edits[i].start >= rename.end) {
            edits[n++] = x->edits[i];
        }
    }
    if (!placed) {
        edits[n++] = rename;
    }
    x->edits = edits;
    x->edit_count = n;
    return AIU_OK;
}

static enum aiu_status make_pieces(struct exchange *x)
{
    x->pieces = arena_array(&x->arena, json_pieces_max(x->edit_count), sizeof(*x->pieces));
    if (x->pieces == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(json_apply_pieces(x->doc.text, x->edits, x->edit_count, x->pieces, &x->piece_count));
    for (size_t i = 0; i < x->piece_count; i++) {
        x->body_out += x->pieces[i].n;
    }
    return AIU_OK;
}

static void count_findings(const struct exchange *x, enum direction d, const struct verdict *v)
{
    for (uint32_t i = 0; i < v->count; i++) {
        const struct rule_info *rule = rules_get(v->reasons[i].rule);
        metric_add(&x->plane->metrics.findings[d][rule->kind], v->reasons[i].count);
    }
}

static enum aiu_status token_mac(void *ctx, struct span bytes, uint8_t out[TOKEN_MAC_SIZE])
{
    struct mac *mac = ctx;

    mac_start(mac);
    mac_update(mac, bytes);
    return mac_final(mac, out);
}

// The tenant's key is borrowed while the request is inspected, and not used after.
static enum aiu_status open_pseudonyms(struct exchange *x)
{
    struct mac *mac = NULL;

    if (!policy_uses(x->key->key->policy, DIRECTION_REQUEST, ACTION_PSEUDONYM)) {
        return AIU_OK;
    }
    TRY(token_keys_get(x->plane->token_keys, x->key->key->tenant, &mac));
    const struct pseudonym_keyer keyer = {token_mac, mac};
    pseudonyms_init(&x->pseudonyms, &keyer, PSEUDONYMS_CAP);
    x->has_pseudonyms = true;
    return AIU_OK;
}

static enum aiu_status inspect_body(struct exchange *x)
{
    TRY(open_pseudonyms(x));
    exchange_inspector(x, DIRECTION_REQUEST, &x->in);
    x->inspecting = true;
    enum aiu_status st = inspector_whole(&x->in, x->route.route->request, &x->doc, &x->arena,
                                         &x->edits, &x->edit_count);
    count_findings(x, DIRECTION_REQUEST, &x->in.verdict);
    if (st == AIU_CONTENT_BLOCKED || st == AIU_INVALID_PROMPT || st == AIU_INSPECTION_FAILED) {
        x->denied = true;
    }
    TRY(st);
    TRY(exchange_hold(x, x->pseudonyms.arena.used));
    TRY(rename_model(x));
    return make_pieces(x);
}

static enum aiu_status inspect(struct exchange *x)
{
    bool has_body = x->route.route->request != DOCUMENT_KINDS;

    if (has_body) {
        TRY(parse_body(x));
    } else {
        x->model = x->route.model;
    }
    TRY(choose_provider(x));
    TRY(check_control(x));
    if (!exchange_is_clean(x, DIRECTION_REQUEST, x->route.query) ||
        !exchange_is_clean(x, DIRECTION_REQUEST, x->route.model)) {
        x->denied = true;
        verdict_raise(&x->in.verdict, VERDICT_BLOCK);
        return AIU_CONTENT_BLOCKED;
    }
    return has_body ? inspect_body(x) : AIU_OK;
}

enum step_next step_inspect(struct exchange *x)
{
    if (x->route.route->guard == GUARD_NONE) {
        enum aiu_status why = AIU_OK;
        bool fine = x->route.route->name == ROUTE_HEALTH || plane_ready(x->plane, &why);
        x->status = fine ? AIU_OK : why;
        x->step = STEP_RELAY; // nothing to record, ask or relay
        return fine ? STEP_NEXT : STEP_STOP;
    }
    enum aiu_status st = inspect(x);
    return st == AIU_OK ? STEP_NEXT : exchange_stop(x, st);
}
