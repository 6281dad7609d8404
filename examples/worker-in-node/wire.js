'use strict'

/** Records as they are on Kafka: a zero byte, the schema's id in four bytes, then Avro. */

const fs = require('node:fs')
const path = require('node:path')
const avro = require('avsc')

const MAGIC = 0
const HEADER_BYTES = 5

/** Gives what reads and writes records, from the folder of released schemas (`NAME/ID.avsc`). */
function wire(folder) {
  const byId = new Map()
  const newest = new Map()
  for (const name of fs.readdirSync(folder)) {
    const ids = fs.readdirSync(path.join(folder, name)).map((file) => Number.parseInt(file, 10))
    for (const id of ids) {
      const schema = JSON.parse(fs.readFileSync(path.join(folder, name, `${id}.avsc`), 'utf8'))
      byId.set(id, { name, type: avro.Type.forSchema(schema, { wrapUnions: true }) })
    }
    newest.set(name, Math.max(...ids))
  }

  function decode(buffer) {
    const found = buffer && buffer[0] === MAGIC ? byId.get(buffer.readUInt32BE(1)) : undefined
    if (!found) throw new Error('expected a record of a known schema')
    return { name: found.name, value: found.type.fromBuffer(buffer.subarray(HEADER_BYTES)) }
  }

  function encode(name, value) {
    const id = newest.get(name)
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(id, 1)
    return Buffer.concat([header, byId.get(id).type.toBuffer(value)])
  }

  return { decode, encode }
}

module.exports = { wire }
