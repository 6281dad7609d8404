'use strict'

/** The node type: gives the text in capitals. `task` has the arguments, the idempotency key and the deadline. */
async function shout(task) {
  if (typeof task.arguments.text !== 'string') {
    throw Object.assign(new Error('expected `text`, a string'), { kind: 'validation', status: 400 })
  }
  return { text: task.arguments.text.toUpperCase(), key: task.idempotencyKey }
}

module.exports = { shout }
