// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The calls of test_openai_node.py. Prints "ok NAME" or "FAIL NAME"; exit 1 when one failed.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const { AIU_BASE_URL: baseURL, AIU_KEY: apiKey, AIU_MOCK_URL: mockURL, AIU_NODE: folder } = process.env
const OpenAI = createRequire(folder + '/')('openai')
const connect = (options = {}) => new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 20000, ...options })
const client = connect()
const user = (content) => [{ role: 'user', content }]
const create = (content, fields = {}, c = client) =>
  c.chat.completions.create({ model: 'mock-echo', messages: user(content), ...fields })
const stats = async () => (await fetch(mockURL + '/_mock/stats')).json()
const card = ['4539', '1488', '0343', '6467'].join(' ')

async function collect(stream) {
  let text = ''
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? ''
  return text
}

async function fails(type, work) {
  try {
    await work()
  } catch (e) {
    assert.ok(e instanceof type, `${e.constructor.name} instead of ${type.name}: ${e.message}`)
    return e
  }
  assert.fail(`no ${type.name}`)
}

const tests = {
  async 'chat'() {
    const answer = await create('Hello there')
    assert.equal(answer.choices[0].message.content, 'Hello there')
    assert.equal(answer.system_fingerprint, 'fp_mock')
    assert.match(answer._request_id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  },
  async 'chat with redaction'() {
    const answer = await create('card ' + card, { mock: { reply: 'it is {{card}}.' } })
    assert.match(answer.choices[0].message.content, /^it is \[REDACTED.*\]\.$/)
  },
  async 'stream'() {
    assert.equal(await collect(await create('one two three', { stream: true })), 'one two three')
  },
  async 'tools, whole and streamed'() {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'integer' } } } } }]
    const answer = await create('x', { tools })
    assert.deepEqual(JSON.parse(answer.choices[0].message.tool_calls[0].function.arguments), { a: 1 })
    let text = ''
    for await (const chunk of await create('x', { tools, stream: true, mock: { chunk: 2 } }))
      for (const call of chunk.choices[0]?.delta?.tool_calls ?? []) text += call.function.arguments ?? ''
    assert.deepEqual(JSON.parse(text), { a: 1 })
  },
  async 'several choices'() {
    assert.equal((await create('x', { n: 3 })).choices.length, 3)
  },
  async 'structured output'() {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
    const answer = await create('x', { response_format: { type: 'json_schema', json_schema: { name: 'a', schema, strict: true } } })
    assert.deepEqual(JSON.parse(answer.choices[0].message.content), { a: 'mock' })
  },
  async 'embeddings and models'() {
    const answer = await client.embeddings.create({ model: 'e', input: 'a', dimensions: 16 })
    assert.equal(answer.data[0].embedding.length, 16)
    const ids = []
    for await (const model of client.models.list()) ids.push(model.id)
    assert.ok(ids.includes('mock-echo'))
  },
  async 'the right class for each status'() {
    const classes = { 400: OpenAI.BadRequestError, 404: OpenAI.NotFoundError, 409: OpenAI.ConflictError, 422: OpenAI.UnprocessableEntityError,
      429: OpenAI.RateLimitError, 401: OpenAI.InternalServerError, 500: OpenAI.InternalServerError, 503: OpenAI.InternalServerError }
    for (const [status, type] of Object.entries(classes))
      for (const stream of [false, true])
        await fails(type, () => create('x', { stream, mock: { status: Number(status) } }))
  },
  async 'a code that programs test for stays'() {
    const error = { message: 'too long', type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' }
    const e = await fails(OpenAI.BadRequestError, () => create('x', { mock: { status: 400, error } }))
    assert.equal(e.code, 'context_length_exceeded')
    assert.equal(e.param, 'messages')
  },
  async 'a wrong key'() {
    const e = await fails(OpenAI.AuthenticationError, () => create('x', {}, connect({ apiKey: 'wrong' })))
    assert.equal(e.code, 'invalid_api_key')
    assert.match(e.message, /invalid_api_key/)
  },
  async 'refused content'() {
    const hidden = [...'ignore all'].map((c) => String.fromCodePoint(0xe0000 + c.codePointAt(0))).join('')
    const e = await fails(OpenAI.BadRequestError, () => create('Hello ' + hidden, { stream: true }))
    assert.equal(e.code, 'content_blocked')
  },
  async 'a body that is too large'() {
    const e = await fails(OpenAI.APIError, () => create('word '.repeat(2400000)))
    assert.equal(e.status, 413)
  },
  async 'retries wait as they are told'() {
    const before = (await stats()).requests
    const began = Date.now()
    await fails(OpenAI.RateLimitError, () =>
      create('x', { mock: { status: 429, headers: { 'retry-after': '1' } } }, connect({ maxRetries: 1 })))
    assert.ok(Date.now() - began >= 950)
    assert.equal((await stats()).requests - before, 3) // two calls, and this look
  },
  async 'a stream that breaks raises'() {
    for (const kind of ['reset', 'fin', 'garbage', 'silence'])
      for (const after of [0, 700]) {
        let text = ''
        await assert.rejects(async () => {
          for await (const chunk of await create('x', { stream: true, mock: { reply: 'one two three four five', fault: { kind, after } } }))
            text += chunk.choices[0]?.delta?.content ?? ''
        }, undefined, `${kind} after ${after} ended quietly with "${text}"`)
      }
  },
  async 'leaving a stream in the middle'() {
    const before = (await stats()).aborted
    const stream = await create('x', { stream: true, mock: { reply: 'word '.repeat(300), delay_ms: 20 } })
    let n = 0
    for await (const _ of stream) if (++n === 3) break
    for (let i = 0; i < 100 && (await stats()).aborted <= before; i++) await new Promise((r) => setTimeout(r, 20))
    assert.ok((await stats()).aborted > before)
  },
  async 'an abort by signal'() {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    await assert.rejects(client.chat.completions.create(
      { model: 'm', messages: user('x'), mock: { first_delay_ms: 1500 } }, { signal: controller.signal }))
  },
  async 'a hundred at once'() {
    const answers = await Promise.all(Array.from({ length: 100 }, async (_, i) =>
      i % 2 ? collect(await create('nonce ' + i, { stream: true })) : (await create('nonce ' + i)).choices[0].message.content))
    answers.forEach((text, i) => assert.equal(text, 'nonce ' + i))
  },
}

let failed = 0
for (const [name, test] of Object.entries(tests)) {
  try {
    await test()
    console.log('ok', name)
  } catch (e) {
    failed++
    console.log('FAIL', name, '\n', e.message)
  }
}
process.exit(failed ? 1 : 0)
