'use strict'

/**
 * Serves one node type: reads its tasks, runs them, and orders their runs to complete or fail.
 * docs/reference/worker-protocol.md says what each line is for.
 */

const os = require('node:os')
const path = require('node:path')
const { setTimeout } = require('node:timers/promises')
const { Kafka, Partitioners, logLevel } = require('kafkajs')
const { shout } = require('./shout')
const { wire } = require('./wire')

const STANDARD = 'https://serverlessworkflow.io/spec/1.0.0/errors/'
const NODE_TYPE = 'shout'
const ALL_IN_SYNC = -1
const TOPIC_TIMEOUT_MS = 30000
const POLL_MS = 100

const env = process.env
const prefix = env.AGENTOS_TOPIC_PREFIX ?? 'agentos.'
const tasks = `${prefix}tasks.${NODE_TYPE}`
const commands = `${prefix}commands`
const actor = `worker:${os.hostname()}/${process.pid}`
const origin = `worker:${os.hostname()}`
const { decode, encode } = wire(env.AGENTOS_SCHEMAS ?? path.join(__dirname, '../../schemas/released'))

const keyOf = (record) => `${record.run_id}${record.path}/${record.attempt}`

function failed(kind, status, detail, retryable) {
  const error = JSON.stringify({ type: STANDARD + kind, status, title: kind, detail })
  return { name: 'FailTask', fields: { error, retryable } }
}

async function result(task) {
  if (task.deadline_ms > 0 && task.deadline_ms <= Date.now()) {
    return failed('timeout', 408, 'the task did not end before its deadline', false)
  }
  if (task.secret_expressions !== null) {
    return failed('configuration', 400, 'this worker has no secrets', false)
  }
  try {
    const given = { arguments: JSON.parse(task.arguments), idempotencyKey: keyOf(task), deadlineAtMs: task.deadline_ms }
    return { name: 'CompleteTask', fields: { output: JSON.stringify(await shout(given)), details: '{}' } }
  } catch (error) {
    return failed(error.kind ?? 'runtime', error.status ?? 500, error.message, error.retryable ?? false)
  }
}

async function order(task) {
  const { name, fields } = await result(task)
  const body = { [`agentos.${name}`]: { path: task.path, attempt: task.attempt, ...fields } }
  const command = { run_id: task.run_id, command_id: `${keyOf(task)}/result`, actor, origin, body }
  return { key: task.run_id, value: encode('Command', command) }
}

/** Gives the tasks of a batch that somebody still waits for. What can't be read is told and passed over. */
function wanted(messages) {
  const found = new Map()
  for (const message of messages) {
    try {
      const { name, value } = decode(message.value)
      if (name === 'Task') found.set(keyOf(value), value)
      if (name === 'TaskCancellation') found.delete(keyOf(value))
    } catch (error) {
      console.error(`offset ${message.offset}: ${error.message}`)
    }
  }
  return [...found.values()]
}

/** Gives the topic of tasks as many partitions as that of commands, and waits until it is there. */
async function ensureTopic(kafka) {
  const admin = kafka.admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: [commands] })
  const topic = { topic: tasks, numPartitions: topics[0].partitions.length }
  await admin.createTopics({ topics: [topic], waitForLeaders: false })
  const givesUpAt = Date.now() + TOPIC_TIMEOUT_MS
  while (!(await admin.listTopics()).includes(tasks)) {
    if (Date.now() > givesUpAt) throw new Error(`expected the topic ${tasks}, found none`)
    await setTimeout(POLL_MS)
  }
  await admin.disconnect()
}

async function main() {
  const brokers = env.KAFKA_BOOTSTRAP_SERVERS.split(',')
  const kafka = new Kafka({ clientId: 'worker-in-node', brokers, logLevel: logLevel.ERROR })
  await ensureTopic(kafka)
  // Murmur2, as Kafka's Java clients place keys: orders must lie in the partition of their run.
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent: true })
  const consumer = kafka.consumer({ groupId: `${prefix}nodes.${NODE_TYPE}`, sessionTimeout: 10000 })
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topic: tasks, fromBeginning: true })
  await consumer.run({
    // The batch is acknowledged when this ends without an error: not before its results are with the brokers.
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch }) => {
      const messages = await Promise.all(wanted(batch.messages).map(order))
      if (messages.length > 0) await producer.send({ topic: commands, acks: ALL_IN_SYNC, messages })
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await consumer.disconnect()
      await producer.disconnect()
    })
  }
  console.log(`serving ${NODE_TYPE}`)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
